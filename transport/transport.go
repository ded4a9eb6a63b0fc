package transport

// What a carrier of datagrams and streams must do, and what it counts. Everything above this file works on any carrier.

import (
	"context"
	"net"
	"net/netip"
)

// MaxDatagram is the largest datagram, in bytes, that any Transport carries. A receiver holds room for it whatever its own
// MTU is, so that members of different MTUs understand each other.
const MaxDatagram = 9216

// MinMTU is the smallest MTU a Transport may have: what the smallest IPv4 link leaves after the IP and UDP headers.
const MinMTU = 548

// A Transport moves raw datagrams and streams between addresses. It neither seals nor understands what it carries, and it may
// lose, repeat or reorder datagrams; a stream is reliable while it lives. lockstep's Config takes any implementation, and this
// interface is kept compatible.
//
// Send is called by one goroutine at a time and Receive by one; the rest by any.
type Transport interface {
	// Addr is the bound address. Datagrams and streams share its port. It does not block.
	Addr() netip.AddrPort

	// MTU is the largest datagram, in bytes, that is carried in one piece: IP and UDP headers are already taken off. It is
	// between MinMTU and MaxDatagram and never changes.
	MTU() int

	// Send writes the batch, each datagram to its own address, and keeps nothing of it. It may block for a moment when the
	// kernel's buffer is full. What becomes of one datagram is counted in Stats and not returned; an error means that nothing
	// can be sent any more, net.ErrClosed after Close.
	Send(batch []Datagram) error

	// Receive blocks until there is at least one datagram and fills as many elements as are at hand. It reuses the capacity of
	// each Buf, or sets it to a buffer of its own, and sets Addr to the source. What it returns is good until the next Receive, of
	// which the same batch may be given. The error is net.ErrClosed after Close; any error ends the use of the Transport.
	Receive(batch []Datagram) (int, error)

	// Dial opens a stream to a member's address. It returns when the context ends at the latest.
	Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error)

	// Accept blocks for the next stream that another member has opened. The error is net.ErrClosed after Close; after another
	// error the caller may try again.
	Accept() (net.Conn, error)

	// Close releases the address and unblocks Receive and Accept. Streams go on until they are closed themselves. It may be
	// called more than once.
	Close() error

	// Stats is a snapshot of the counts since the start. It does not block.
	Stats() TransportStats
}

// A Datagram is one packet and the address it goes to or comes from. Addresses are unmapped: an IPv4 peer has an IPv4 address
// on a dual-stack socket too.
type Datagram struct {
	Addr netip.AddrPort
	Buf  []byte

	joined bool // the kernel had joined it with others (see offload.go)
}

// TransportStats counts what a Transport did since its start.
type TransportStats struct {
	In          uint64 // datagrams received
	Out         uint64 // datagrams handed to the network
	BytesIn     uint64 // bytes in them, IP and UDP headers left out
	BytesOut    uint64 // bytes in them, IP and UDP headers left out
	SendErrors  uint64 // datagrams that could not be handed to the network: no route, too long, no buffer
	KernelDrops uint64 // datagrams that arrived and found the receive queue full
	Truncated   uint64 // datagrams longer than MaxDatagram, dropped
	Refused     uint64 // answers "nobody listens there" that came back

	SendCalls    uint64       // system calls that sent
	ReceiveCalls uint64       // system calls that received
	SegmentsOut  uint64       // of Out, datagrams that the kernel cut out of a longer buffer
	SegmentsIn   uint64       // of In, datagrams that the kernel joined to a longer buffer
	Segmenting   OffloadState // whether datagrams are given to the kernel to be cut
	Coalescing   OffloadState // whether datagrams may come from the kernel joined
	OffloadWhy   string       // why one of the two was given up, or why both were
}

// A Refuser is a Transport that also learns which addresses refuse datagrams because no socket is open there. Anyone on the
// path could forge such an answer: it is a hint to look, never a proof.
type Refuser interface {
	// Refusals appends to dst the addresses that refused since the last call, each once, and forgets them. At most 64 are
	// remembered. Any goroutine may call it; it does not block.
	Refusals(dst []netip.AddrPort) []netip.AddrPort
}
