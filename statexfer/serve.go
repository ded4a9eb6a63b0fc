package statexfer

// The donor's side: one stream, one request, one state.

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"time"
)

// A Source gives the bytes of one state, and what is said before them.
type Source struct {
	io.ReadCloser
	Info
}

// An Open gives the bytes of one state. It may block until the state stands ready, or until ctx ends, and is called on a
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
	src, err := await(ctx, conn, open, req)
	if err != nil {
		return err
	}
	defer src.Close()
	defer context.AfterFunc(ctx, func() { src.Close() })()
	return send(ctx, conn, src, rate)
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

// send says what comes, cuts the source into chunks and ends with its length and hash.
func send(ctx context.Context, conn net.Conn, src Source, rate *Rate) error {
	if err := write(ctx, conn, src.Info.append(nil)); err != nil {
		return err
	}
	const head = 1 + 4 + 4
	buf := make([]byte, head+rate.chunk())
	sum := sha256.New()
	var total uint64
	for {
		n, err := io.ReadFull(src, buf[head:])
		if n > 0 {
			data := buf[head : head+n]
			buf[0] = frameChunk
			binary.BigEndian.PutUint32(buf[1:], uint32(n))
			binary.BigEndian.PutUint32(buf[5:], crc32.Checksum(data, castagnoli))
			sum.Write(data)
			total += uint64(n)
			if err := hold(ctx, conn, rate.Take(time.Now(), n)); err != nil {
				return err
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
