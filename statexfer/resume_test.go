package statexfer

// A state from two donors: the second goes on behind the last byte of the first, or says that it cannot.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
)

// dying is a donor's end of a stream that breaks after so many bytes of what the donor writes.
type dying struct {
	net.Conn
	left int
}

func (d *dying) Write(p []byte) (int, error) {
	if len(p) < d.left {
		d.left -= len(p)
		return d.Conn.Write(p)
	}
	n, _ := d.Conn.Write(p[:d.left])
	d.left = 0
	d.Conn.Close()
	return n, errors.New("killed")
}

// giver is a donor of b; sent counts what it says it sends.
func giver(b []byte, info Info, sent *int) Open {
	return func(context.Context, Request) (Source, error) {
		return Source{ReadCloser: io.NopCloser(bytes.NewReader(b)), Info: info, Sent: func(n int) { *sent += n }}, nil
	}
}

// half fetches what comes of b before its donor dies, after so many bytes on the stream.
func half(t *testing.T, b []byte, info Info, after int) (*Reader, []byte) {
	t.Helper()
	joiner, donor := net.Pipe()
	go Serve(t.Context(), &dying{donor, after}, giver(b, info, new(int)), nil)
	r, err := Fetch(t.Context(), joiner, request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	got, err := io.ReadAll(checked{t, r})
	if err == nil {
		t.Fatal("all of it came from a donor that died")
	}
	return r, got
}

func TestResumeBehindTheLastByte(t *testing.T) {
	want := state(5*ChunkSize + 1234)
	info := Info{Size: uint64(len(want))}
	// Before the first frame, in it, before and in the first chunk, between chunks, in the last, and in the end frame.
	for _, after := range []int{0, 5, 14, 30, 14 + ChunkSize + 9, 14 + 3*(ChunkSize+9) + 7, 14 + 5*(ChunkSize+9) + 500, 14 + 5*(ChunkSize+9) + 1234 + 9 + 20} {
		r, got := half(t, want, info, after)
		for from := 0; from < 2; from++ { // the second dies at once, and the third goes on
			joiner, donor := net.Pipe()
			before, sent := len(got), 0
			served := make(chan error, 1)
			go func() {
				if from == 0 {
					donor = &dying{donor, 0}
				}
				served <- Serve(t.Context(), donor, giver(want, info, &sent), nil)
			}()
			if err := r.Resume(t.Context(), joiner); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(checked{t, r})
			said := <-served
			if from == 0 {
				if err == nil || said == nil || len(rest) > 0 {
					t.Fatalf("after %d: %d bytes, %v, %v from a donor that says nothing", after, len(rest), err, said)
				}
				continue
			}
			if err != nil || said != nil {
				t.Fatalf("after %d: %v, %v", after, err, said)
			}
			if got = append(got, rest...); !bytes.Equal(got, want) || sent != len(want)-before || r.Bytes() != uint64(len(want)) {
				t.Fatalf("after %d: %d bytes came, then %d, and %d were sent", after, before, len(rest), sent)
			}
		}
	}
}

// TestResumeFromOtherBytes: a donor whose bytes differ before the offset, or that has fewer, says so and sends nothing.
func TestResumeFromOtherBytes(t *testing.T) {
	want := state(3 * ChunkSize)
	info := Info{Size: uint64(len(want))}
	other := slices.Clone(want)
	other[77] ^= 1
	for name, b := range map[string][]byte{"other": other, "fewer": want[:ChunkSize], "none": nil} {
		r, got := half(t, want, info, 14+2*(ChunkSize+9))
		if len(got) != 2*ChunkSize {
			t.Fatalf("%d bytes came", len(got))
		}
		joiner, donor := net.Pipe()
		sent := 0
		served := make(chan error, 1)
		go func() { served <- Serve(t.Context(), donor, giver(b, Info{Size: uint64(len(b))}, &sent), nil) }()
		if err := r.Resume(t.Context(), joiner); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Info(); !errors.Is(err, ErrOther) {
			t.Errorf("%s: Info says %v", name, err)
		}
		if n, err := r.Read(make([]byte, 10)); n > 0 || !errors.Is(err, ErrOther) {
			t.Errorf("%s: Read gives %d bytes and says %v", name, n, err)
		}
		if err := <-served; !errors.Is(err, ErrOther) || sent > 0 {
			t.Errorf("%s: the donor sent %d bytes and says %v", name, sent, err)
		}
	}
}

// TestResumeOfADelta: what a whole state began a delta does not end, even where nothing came yet.
func TestResumeOfADelta(t *testing.T) {
	want := state(2 * ChunkSize)
	for _, after := range []int{14, 14 + ChunkSize + 9} {
		r, _ := half(t, want, Info{Delta: true}, after)
		joiner, donor := net.Pipe()
		go Serve(t.Context(), donor, giver(want, Info{Size: uint64(len(want))}, new(int)), nil)
		if err := r.Resume(t.Context(), joiner); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Info(); !errors.Is(err, ErrOther) {
			t.Errorf("after %d: %v", after, err)
		}
	}
}

// TestResumeAfterDamage: a chunk that was damaged on the way is not counted, and comes again from the next donor.
func TestResumeAfterDamage(t *testing.T) {
	want := state(2 * ChunkSize)
	raw := recorded(t, want)
	raw[14+ChunkSize+9+100] ^= 1
	joiner, donor := net.Pipe()
	go func() {
		readRequest(donor)
		donor.Write(raw)
		donor.Close()
	}()
	r, err := Fetch(t.Context(), joiner, request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(checked{t, r})
	if !errors.Is(err, ErrCorrupt) || len(got) != ChunkSize {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	second, other := net.Pipe()
	go Serve(t.Context(), other, from(want), nil)
	if err := r.Resume(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(checked{t, r})
	if err != nil || !bytes.Equal(append(got, rest...), want) {
		t.Fatalf("%d bytes and %d, %v", len(got), len(rest), err)
	}
}

// TestResumeRequests: what no joiner sends is refused, and a resumption is told from a request for all.
func TestResumeRequests(t *testing.T) {
	r := request
	r.Offset, r.Prefix = 1<<40, [32]byte{1, 2, 3}
	raw := r.append(nil)
	back, err := readRequest(bytes.NewReader(raw))
	if err != nil || back.String() != r.String() || back.Offset != r.Offset || back.Prefix != r.Prefix || !bytes.Equal(back.Have, r.Have) {
		t.Errorf("got %v, %v", back, err)
	}
	for n := range raw {
		if _, err := readRequest(bytes.NewReader(raw[:n])); err == nil {
			t.Errorf("cut after %d bytes and nobody noticed", n)
		}
	}
	clear(raw[requestSize : requestSize+8])
	if _, err := readRequest(bytes.NewReader(raw)); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), "byte 0") {
		t.Error(err)
	}
	// Only whoever asked for the rest can be told that it is another state's.
	joiner, donor := net.Pipe()
	go func() {
		readRequest(donor)
		donor.Write([]byte{frameOther})
		donor.Close()
	}()
	f, err := Fetch(t.Context(), joiner, request)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Info(); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

// TestResumeEndsWithItsContext: a donor that reads over what came is given up like any other.
func TestResumeEndsWithItsContext(t *testing.T) {
	r, _ := half(t, state(2*ChunkSize), Info{}, 14+ChunkSize+9)
	joiner, donor := net.Pipe()
	slow, end := io.Pipe()
	defer end.Close()
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		served <- Serve(t.Context(), donor, func(context.Context, Request) (Source, error) {
			cancel()
			return Source{ReadCloser: slow}, nil
		}, nil)
	}()
	if err := r.Resume(ctx, joiner); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Info(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	r.Close()
	if err := <-served; err == nil {
		t.Error("the donor is done")
	}
}
