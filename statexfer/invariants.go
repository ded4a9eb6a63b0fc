package statexfer

// What is always true of a Reader between two calls. The list with its reasons is in doc.go; the numbers here are the numbers there.

import (
	"errors"
	"fmt"
	"io"
)

// Invariant returns the first invariant that does not hold, or nil. It changes nothing.
func (r *Reader) Invariant() error {
	broken := func(number int, format string, args ...any) error {
		return fmt.Errorf("statexfer invariant %d: %s", number, fmt.Sprintf(format, args...))
	}
	var donor *DonorError
	switch {
	case len(r.buf) != 0 && len(r.buf) != ChunkSize || len(r.rest) > len(r.buf):
		return broken(1, "%d bytes wait, in room for %d", len(r.rest), len(r.buf))
	case uint64(len(r.rest)) > r.total:
		return broken(2, "%d bytes wait and %d came", len(r.rest), r.total)
	case r.err != nil && len(r.rest) > 0:
		return broken(3, "%d bytes wait behind %v", len(r.rest), r.err)
	case r.err != io.EOF && (errors.Is(r.err, io.EOF) || errors.Is(r.err, io.ErrUnexpectedEOF)):
		return broken(4, "what is no end passes for one: %v", r.err)
	case errors.As(r.err, &donor) && len(donor.Text) > maxText:
		return broken(5, "the donor's text has %d bytes", len(donor.Text))
	case r.total > r.req.Offset && !r.told || r.info.Size > 0 && r.total > r.info.Size:
		return broken(6, "%d bytes came of %d, told %v", r.total, r.info.Size, r.told)
	}
	return nil
}
