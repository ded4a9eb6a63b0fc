package transport

// Streams: opened by DialStream, taken by AcceptStream, each with a kind that says what it is for and a peer that proved who it is.

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// handshakeLimit is how long the two sides of a stream have to prove who they are, the kind included.
const handshakeLimit = 5 * time.Second

// ErrPeerIdentity is matched by DialStream's error when another member than the expected one answers.
var ErrPeerIdentity = errors.New("transport: another member answers there")

// DialStream opens a stream of the given kind to the member at an address. If expect is not zero, any other member that answers
// there is refused with ErrPeerIdentity. It returns when the context ends at the latest, or after 5 s of handshake.
func (e *Endpoint) DialStream(ctx context.Context, to netip.AddrPort, kind byte, expect wire.MemberID) (net.Conn, error) {
	raw, err := e.transport.Dial(ctx, to)
	if err != nil {
		return nil, fmt.Errorf("stream to %s: %w", to, err)
	}
	conn, peer, err := e.greet(ctx, raw, kind)
	if err == nil && !expect.IsZero() && peer != expect {
		conn.Close()
		return nil, fmt.Errorf("stream to %s: %w: %s, not %s", to, ErrPeerIdentity, peer, expect)
	}
	if err != nil {
		raw.Close()
		return nil, fmt.Errorf("stream to %s: %w", to, err)
	}
	return conn, nil
}

// AcceptStream returns the next stream that another member opened, its kind and who the member is. It blocks until there is one,
// the context ends, or the Endpoint is closed, which is net.ErrClosed.
func (e *Endpoint) AcceptStream(ctx context.Context) (conn net.Conn, kind byte, peer wire.MemberID, err error) {
	if e.ctx.Err() != nil {
		return nil, 0, wire.MemberID{}, net.ErrClosed
	}
	select {
	case a := <-e.door.ready:
		return a.conn, a.kind, a.peer, nil
	case <-ctx.Done():
		return nil, 0, wire.MemberID{}, ctx.Err()
	case <-e.ctx.Done():
		return nil, 0, wire.MemberID{}, net.ErrClosed
	}
}

// greet is the dialling side of a handshake.
func (e *Endpoint) greet(ctx context.Context, raw net.Conn, kind byte) (conn net.Conn, peer wire.MemberID, err error) {
	err = e.bounded(ctx, raw, func(ctx context.Context) error {
		if e.door.identity == nil {
			conn = raw
			peer, err = e.greetClear(raw, kind)
			return err
		}
		below := &corked{Conn: raw}
		secure := tls.Client(below, e.door.identity.config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return err
		}
		conn = &stream{Conn: secure, raw: below}
		if peer, err = e.door.identity.member(secure.ConnectionState()); err != nil {
			return err
		}
		_, err := secure.Write([]byte{kind})
		return err
	})
	return conn, peer, err
}

// meet is the accepting side.
func (e *Endpoint) meet(ctx context.Context, raw net.Conn) (a accepted, err error) {
	err = e.bounded(ctx, raw, func(ctx context.Context) error {
		if e.door.identity == nil {
			a.conn = raw
			a.kind, a.peer, err = e.meetClear(raw)
			return err
		}
		below := &corked{Conn: raw}
		secure := tls.Server(below, e.door.identity.config)
		if err := secure.HandshakeContext(ctx); err != nil {
			return err
		}
		a.conn = &stream{Conn: secure, raw: below}
		if a.peer, err = e.door.identity.member(secure.ConnectionState()); err != nil {
			return err
		}
		var kind [1]byte
		_, err := io.ReadFull(secure, kind[:])
		a.kind = kind[0]
		return err
	})
	return a, err
}

// bounded runs one side's handshake within its limit, the context and the Endpoint's life, and leaves no deadline behind.
func (e *Endpoint) bounded(ctx context.Context, raw net.Conn, run func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeLimit)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		raw.SetDeadline(time.Unix(1, 0)) // wakes reads and writes; one that fails means that the stream is dead anyway
	})
	err := run(ctx)
	if !stop() {
		<-interrupted
		cause := ctx.Err()
		if e.ctx.Err() != nil {
			cause = net.ErrClosed
		}
		return fmt.Errorf("handshake: %w", cause)
	}
	if err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return nil
}

// preambleSize is the length of what both sides say first in insecure mode: kind, member id, and a CRC-32C of the label and
// these, which tells members of another label and those with a key.
const preambleSize = 1 + 16 + 4

var errPreamble = errors.New("not a member of this cluster, or one with a key")

func (e *Endpoint) preamble(kind byte, id wire.MemberID) []byte {
	b := append([]byte{kind}, id[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Update(crc32.Checksum([]byte(e.cluster.label), castagnoli), castagnoli, b))
}

func (e *Endpoint) greetClear(raw net.Conn, kind byte) (wire.MemberID, error) {
	if _, err := raw.Write(e.preamble(kind, e.self)); err != nil {
		return wire.MemberID{}, err
	}
	_, peer, err := e.readPreamble(raw)
	return peer, err
}

func (e *Endpoint) meetClear(raw net.Conn) (byte, wire.MemberID, error) {
	kind, peer, err := e.readPreamble(raw)
	if err != nil {
		return 0, peer, err
	}
	_, err = raw.Write(e.preamble(kind, e.self))
	return kind, peer, err
}

func (e *Endpoint) readPreamble(raw net.Conn) (byte, wire.MemberID, error) {
	var b [preambleSize]byte
	if _, err := io.ReadFull(raw, b[:]); err != nil {
		return 0, wire.MemberID{}, err
	}
	kind, id := b[0], wire.MemberID(b[1:17])
	if [preambleSize]byte(e.preamble(kind, id)) != b {
		return 0, wire.MemberID{}, errPreamble
	}
	return kind, id, nil
}
