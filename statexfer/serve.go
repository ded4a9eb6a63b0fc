package statexfer

// The donor's side: one stream, one request, one state.

import (
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

// A Source gives the bytes of one state from the first on, and what is said before them.
type Source struct {
	io.ReadCloser
	Info
	// Sent is told of each piece of the state before it leaves, in bytes; what another donor has given already is left out. Nil: nobody is.
	Sent func(bytes int)
}

// An Open gives the bytes of one state, whatever of it the joiner has from another donor. It may block until the state stands ready, or until ctx ends, and is called on a
// goroutine of its own; the text of its error is shown to the joiner. ctx ends when it has returned. The reader is closed when the stream
// ends, perhaps while it is read, and perhaps twice.
type Open func(ctx context.Context, r Request) (Source, error)

// Serve answers the one request on the stream, at the rate that all with this Rate share, and closes it. It blocks until the state is
// sent, the joiner is gone, ctx ends or [Patience] is exhausted. The error says why the state was not sent in full.
func Serve(ctx context.Context, conn net.Conn, open Open, rate *Rate) error {
	defer conn.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(past) })
	defer stop()

	conn.SetReadDeadline(time.Now().Add(Patience))
	req, err := readRequest(conn)
	if err != nil {
		return err
	}
	sum := sha256.New()
	src, err := await(ctx, conn, func(ctx context.Context, r Request) (Source, error) {
		src, err := open(ctx, r)
		if err == nil && r.Offset > 0 {
			err = pass(ctx, src, sum, r)
		}
		return src, err
	}, req)
	if err != nil {
		return err
	}
	defer src.Close()
	defer context.AfterFunc(ctx, func() { src.Close() })()
	return send(ctx, conn, src, sum, req.Offset, rate)
}

// pass reads over what the joiner has from another donor, which goes on only if the bytes are the same, and closes the source if they are not.
func pass(ctx context.Context, src Source, sum hash.Hash, r Request) (err error) {
	stop := context.AfterFunc(ctx, func() { src.Close() })
	defer func() {
		stop()
		if err != nil {
			src.Close()
		}
	}()
	// In pieces: an offset is only what somebody says.
	for rest := r.Offset; rest > 0; {
		n, err := io.CopyN(sum, src, int64(min(rest, 1<<20)))
		rest -= uint64(n)
		if err == io.EOF {
			return ErrOther
		}
		if err != nil {
			return fmt.Errorf("statexfer: source: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if [sha256.Size]byte(sum.Sum(nil)) != r.Prefix {
		return ErrOther
	}
	return nil
}

// hold waits for the rate's sake, and says meanwhile that the donor is alive.
func hold(ctx context.Context, conn net.Conn, d time.Duration) error {
	for d > 0 {
		step := min(d, waitEvery)
		timer := time.NewTimer(step)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		if d -= step; d > 0 {
			if err := write(ctx, conn, []byte{frameWait}); err != nil {
				return err
			}
		}
	}
	return nil
}

// past is a deadline that every reader and writer has missed.
var past = time.Unix(1, 0)

// await calls open and tells the joiner once a second that it is not forgotten.
func await(ctx context.Context, conn net.Conn, open Open, req Request) (Source, error) {
	type opened struct {
		src Source
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := make(chan opened, 1)
	go func() {
		src, err := open(ctx, req)
		ready <- opened{src, err}
	}()
	// Whoever gives up here leaves the source to be closed when open returns, which cancel makes it do.
	drop := func() {
		cancel()
		if o := <-ready; o.src.ReadCloser != nil {
			o.src.Close()
		}
	}
	tick := time.NewTicker(waitEvery)
	defer tick.Stop()
	for {
		select {
		case o := <-ready:
			if errors.Is(o.err, ErrOther) {
				_ = write(ctx, conn, []byte{frameOther}) // if that does not reach it the stream's end does
				return Source{}, o.err
			}
			if o.err != nil {
				sendError(ctx, conn, o.err)
				return Source{}, o.err
			}
			return o.src, nil
		case <-tick.C:
			if err := write(ctx, conn, []byte{frameWait}); err != nil {
				drop()
				return Source{}, err
			}
		case <-ctx.Done():
			drop()
			return Source{}, ctx.Err()
		}
	}
}

// send says what comes, cuts what is left of the source into chunks and ends with the state's length and hash. total bytes were there
// before, and are in sum.
func send(ctx context.Context, conn net.Conn, src Source, sum hash.Hash, total uint64, rate *Rate) error {
	if err := write(ctx, conn, src.Info.append(nil)); err != nil {
		return err
	}
	const head = 1 + 4 + 4
	buf := make([]byte, head+rate.chunk())
	for {
		n, err := io.ReadFull(src, buf[head:])
		if n > 0 {
			data := buf[head : head+n]
			buf[0] = frameChunk
			binary.BigEndian.PutUint32(buf[1:], uint32(n))
			binary.BigEndian.PutUint32(buf[5:], crc32.Checksum(data, castagnoli))
			sum.Write(data)
			total += uint64(n)
			if src.Sent != nil {
				src.Sent(n)
			}
			if wait := rate.Take(time.Now(), n); wait >= holdLeast {
				if err := hold(ctx, conn, wait); err != nil {
					return err
				}
			}
			if err := write(ctx, conn, buf[:head+n]); err != nil {
				return err
			}
		}
		switch err {
		case nil:
			continue
		case io.EOF, io.ErrUnexpectedEOF:
		default:
			sendError(ctx, conn, err)
			return fmt.Errorf("statexfer: source: %w", err)
		}
		end := append(buf[:0], frameEnd)
		end = binary.BigEndian.AppendUint64(end, total)
		return write(ctx, conn, sum.Sum(end))
	}
}

// sendError tells the joiner why there is no state; that it could not be told does not matter any more.
func sendError(ctx context.Context, conn net.Conn, err error) {
	text := err.Error()
	if len(text) > maxText {
		text = text[:maxText]
	}
	frame := append([]byte{frameError}, byte(len(text)>>8), byte(len(text)))
	_ = write(ctx, conn, append(frame, text...))
}

// write sets the deadline before it looks at ctx: the other way round a cancellation between the two would be undone.
func write(ctx context.Context, conn net.Conn, b []byte) error {
	conn.SetWriteDeadline(time.Now().Add(Patience))
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := conn.Write(b); err != nil {
		return fmt.Errorf("statexfer: send: %w", err)
	}
	return nil
}
