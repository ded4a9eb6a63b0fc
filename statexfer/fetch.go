package statexfer

// The joiner's side: a reader that reports the end of the state only when all of it came and every checksum agrees.

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"net"
	"time"
)

// A Reader gives the bytes of one state. It is used by one goroutine. Read returns io.EOF only after the donor's end frame
// agreed with what came; every other end is an error that says what happened. Errors stay, until [Reader.Resume].
type Reader struct {
	req   Request
	ctx   context.Context
	stop  func() bool
	conn  net.Conn
	in    *bufio.Reader
	buf   []byte // one chunk
	rest  []byte // what of it was not yet read
	total uint64
	info  Info
	told  bool // the donor has said what comes
	was   bool // the donor before it sent a delta
	bound bool // and it had said so
	sum   hash.Hash
	err   error
}

// Fetch asks for a state on a fresh stream. It returns when the request is written; the state comes through the Reader, which
// owns the stream and must be closed. When ctx ends, reads end with its error.
func Fetch(ctx context.Context, conn net.Conn, r Request) (*Reader, error) {
	if len(r.Have) > MaxHave {
		conn.Close()
		return nil, fmt.Errorf("statexfer: %d bytes to say what is there, at most %d", len(r.Have), MaxHave)
	}
	if err := write(ctx, conn, r.append(nil)); err != nil {
		conn.Close()
		return nil, err
	}
	f := &Reader{req: r, sum: sha256.New()}
	f.take(ctx, conn)
	return f, nil
}

// take begins to read from a stream.
func (r *Reader) take(ctx context.Context, conn net.Conn) {
	r.ctx, r.conn = ctx, conn
	r.stop = context.AfterFunc(ctx, func() { conn.SetDeadline(past) })
	r.in = bufio.NewReaderSize(conn, ChunkSize)
}

// Resume goes on after an error, on a fresh stream from another donor of the same cut, behind the last byte that came. Nothing comes
// again: the donor compares the SHA-256 of what came with that of its own bytes. Where they are others, Info and Read return [ErrOther],
// and the state has to be fetched anew. The reader owns the stream, and closes the one it had; when ctx ends, reads end with its error.
// An error of Resume's own is that of the stream, and stays too.
func (r *Reader) Resume(ctx context.Context, conn net.Conn) error {
	r.stop()
	r.conn.Close()
	if r.told {
		r.was, r.bound = r.info.Delta, true
	}
	r.told, r.info, r.err = false, Info{}, nil
	r.take(ctx, conn)
	r.req.Offset, r.req.Prefix = r.total, [sha256.Size]byte(r.sum.Sum(nil))
	r.err = write(ctx, conn, r.req.append(nil))
	return r.err
}

// Info blocks until the donor says what will come, at most [Patience] without a sign of life from it.
func (r *Reader) Info() (Info, error) {
	for !r.told {
		if r.err != nil {
			return Info{}, r.err
		}
		r.err = r.frame()
	}
	return r.info, nil
}

// Read blocks for the next bytes, at most [Patience] without a sign of life from the donor.
func (r *Reader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		if len(p) == 0 {
			return 0, nil
		}
		r.err = r.frame()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Finish reads and checks what the caller of Read left over, and returns nil if the state came whole.
func (r *Reader) Finish() error {
	for r.err == nil {
		r.rest = nil
		r.err = r.frame()
	}
	r.rest = nil
	if r.err == io.EOF {
		return nil
	}
	return r.err
}

// Bytes is how much of the state came so far.
func (r *Reader) Bytes() uint64 { return r.total }

// Close ends the stream. The state need not have been read to its end.
func (r *Reader) Close() error {
	r.stop()
	if r.err == nil {
		r.err = net.ErrClosed
	}
	return r.conn.Close()
}

// frame reads one frame: nil after a chunk or a wait, io.EOF after an end that agrees.
func (r *Reader) frame() error {
	// The deadline is set before ctx is looked at: the other way round a cancellation between the two would be undone.
	r.conn.SetReadDeadline(time.Now().Add(Patience))
	if err := r.ctx.Err(); err != nil {
		return err
	}
	kind, err := r.in.ReadByte()
	if err != nil {
		return r.broken(err)
	}
	switch kind {
	case frameWait:
		return nil
	case frameError:
		return r.donor()
	case frameOther:
		if r.req.Offset > 0 && !r.told {
			return ErrOther
		}
	case frameInfo:
		if !r.told {
			return r.begin()
		}
	case frameChunk:
		if r.told {
			return r.chunk()
		}
	case frameEnd:
		if r.told {
			return r.end()
		}
	}
	return fmt.Errorf("%w: frame type %#x in the wrong place", ErrCorrupt, kind)
}

func (r *Reader) begin() error {
	var b [infoSize]byte
	if _, err := io.ReadFull(r.in, b[:]); err != nil {
		return r.broken(err)
	}
	info, err := parseInfo(b)
	if err != nil {
		return err
	}
	if r.bound && info.Delta != r.was {
		return ErrOther
	}
	r.info, r.told = info, true
	return nil
}

func (r *Reader) chunk() error {
	var head [8]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return r.broken(err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > ChunkSize {
		return fmt.Errorf("%w: chunk of %d bytes", ErrCorrupt, n)
	}
	if r.buf == nil {
		r.buf = make([]byte, ChunkSize)
	}
	if size := r.info.Size; size > 0 && r.total+uint64(n) > size {
		return fmt.Errorf("%w: more than the %d bytes that were to come", ErrCorrupt, size)
	}
	data := r.buf[:n]
	if _, err := io.ReadFull(r.in, data); err != nil {
		return r.broken(err)
	}
	if crc32.Checksum(data, castagnoli) != binary.BigEndian.Uint32(head[4:]) {
		return fmt.Errorf("%w: checksum of the chunk at byte %d", ErrCorrupt, r.total)
	}
	r.sum.Write(data)
	r.total += uint64(n)
	r.rest = data
	return nil
}

func (r *Reader) end() error {
	var tail [8 + sha256.Size]byte
	if _, err := io.ReadFull(r.in, tail[:]); err != nil {
		return r.broken(err)
	}
	if n := binary.BigEndian.Uint64(tail[:]); n != r.total {
		return fmt.Errorf("%w: %d bytes came, %d were sent", ErrCorrupt, r.total, n)
	}
	if size := r.info.Size; size > 0 && r.total != size {
		return fmt.Errorf("%w: %d bytes came, %d were to come", ErrCorrupt, r.total, size)
	}
	if [sha256.Size]byte(r.sum.Sum(nil)) != [sha256.Size]byte(tail[8:]) {
		return fmt.Errorf("%w: hash of %d bytes", ErrCorrupt, r.total)
	}
	return io.EOF
}

func (r *Reader) donor() error {
	var head [2]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return r.broken(err)
	}
	n := binary.BigEndian.Uint16(head[:])
	if n > maxText {
		return fmt.Errorf("%w: error text of %d bytes", ErrCorrupt, n)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r.in, text); err != nil {
		return r.broken(err)
	}
	return &DonorError{Text: string(text)}
}

// broken says what a failed read means: never io.EOF, which stands for a whole state.
func (r *Reader) broken(err error) error {
	if ctxErr := r.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) {
		return fmt.Errorf("%w after %d bytes", ErrTruncated, r.total)
	}
	return fmt.Errorf("statexfer: receive: %w", err)
}
