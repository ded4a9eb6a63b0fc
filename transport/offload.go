package transport

// Offload: the kernel cuts a run of datagrams to one address out of one long buffer (UDP_SEGMENT), and joins a run from one address
// into one long buffer (UDP_GRO). A datagram costs the kernel about the same whatever its length, so a run of forty costs little more
// than one. It is an optimization that some kernels and cards get wrong; what here decides is when it is believed no more.

import (
	"sync/atomic"
)

// An OffloadState says whether one direction's offload is used.
type OffloadState uint8

// The states. A state changes only from OffloadOn to OffloadGivenUp, and never back.
const (
	OffloadNone     OffloadState = 0 // this system has none
	OffloadDisabled OffloadState = 1 // UDPConfig.NoOffload
	OffloadOn       OffloadState = 2
	OffloadGivenUp  OffloadState = 3 // it failed on this socket, or is known to fail on this kernel; TransportStats.OffloadWhy says how
)

// String is the state in a word or two.
func (s OffloadState) String() string {
	switch s {
	case OffloadNone:
		return "none"
	case OffloadDisabled:
		return "disabled"
	case OffloadOn:
		return "on"
	case OffloadGivenUp:
		return "given up"
	}
	return "unknown"
}

const (
	segmentsMost = 64    // datagrams in one run: what every kernel takes
	runBytes     = 65000 // bytes in one run: with headers less than IPv4 and IPv6 can say
)

// offloads are the states of a socket's two directions. Send's, Receive's and any other goroutine may touch them.
type offloads struct {
	segment, coalesce atomic.Uint32
	why               atomic.Pointer[string] // of both, the earlier first
}

func (o *offloads) on(d *atomic.Uint32) bool { return OffloadState(d.Load()) == OffloadOn }

// giveUp ends the use of one direction, and keeps the reason. It reports whether it was in use.
func (o *offloads) giveUp(d *atomic.Uint32, why string) bool {
	if !d.CompareAndSwap(uint32(OffloadOn), uint32(OffloadGivenUp)) {
		return false
	}
	for {
		earlier, text := o.why.Load(), why
		if earlier != nil {
			text = *earlier + "; " + why
		}
		if o.why.CompareAndSwap(earlier, &text) {
			return true
		}
	}
}

func (o *offloads) reason() string {
	if why := o.why.Load(); why != nil {
		return *why
	}
	return ""
}

// An offloader is a Transport that the Endpoint may ask whether runs pay, and tell that runs are lost, or that what was joined does not open.
type offloader interface {
	segmenting() bool
	distrustSegmenting(why string)
	distrustCoalescing(why string)
}

func (u *UDP) segmenting() bool { return u.offload.on(&u.offload.segment) }

func (u *UDP) distrustSegmenting(why string) { u.offload.giveUp(&u.offload.segment, why) }

// runLength is how many datagrams from the first on can travel as one run: one address, one length, the last at most as long.
func runLength(batch []Datagram) int {
	size := len(batch[0].Buf)
	total := size
	n := 1
	for n < len(batch) && n < segmentsMost {
		d := &batch[n]
		k := len(d.Buf)
		if k == 0 || k > size || total+k > runBytes || d.Addr != batch[0].Addr {
			break
		}
		n++
		total += k
		if k < size {
			break
		}
	}
	return n
}
