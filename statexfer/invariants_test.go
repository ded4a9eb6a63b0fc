package statexfer

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
)

// checked asks for the invariants after each Read.
type checked struct {
	t *testing.T
	r *Reader
}

func (c checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if broken := c.r.Invariant(); broken != nil {
		c.t.Error(broken)
	}
	return n, err
}

func TestABrokenReaderIsNamed(t *testing.T) {
	for _, c := range []struct {
		name, want string
		spoil      func(*Reader)
	}{
		{"room for half a chunk", "invariant 1:", func(r *Reader) { r.buf = r.buf[:100] }},
		{"more than a chunk waits", "invariant 1:", func(r *Reader) { r.rest = make([]byte, ChunkSize+1) }},
		{"what waits never came", "invariant 2:", func(r *Reader) { r.total = 5 }},
		{"bytes behind an error", "invariant 3:", func(r *Reader) { r.err = ErrCorrupt }},
		{"an error that passes for the end", "invariant 4:", func(r *Reader) { r.rest, r.err = nil, fmt.Errorf("read: %w", io.EOF) }},
		{"half a state that passes for an end", "invariant 4:", func(r *Reader) { r.rest, r.err = nil, io.ErrUnexpectedEOF }},
		{"a donor without end", "invariant 5:", func(r *Reader) { r.rest, r.err = nil, &DonorError{strings.Repeat("x", maxText+1)} }},
		{"bytes before a word", "invariant 6:", func(r *Reader) { r.told = false }},
		{"more than was to come", "invariant 6:", func(r *Reader) { r.info.Size = 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			joiner, donor := net.Pipe()
			go Serve(t.Context(), donor, from(state(3*ChunkSize)), nil)
			r, err := Fetch(t.Context(), joiner, request)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := io.ReadFull(checked{t, r}, make([]byte, 10)); err != nil {
				t.Fatal(err)
			}
			c.spoil(r)
			if err := r.Invariant(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
