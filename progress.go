package lockstep

// How far state transfers are, at both ends: for the EventListener, Status and Stats. Nothing depends on it.

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// progressEvery is the least time between two events of one transfer that say how far it is.
const progressEvery = 250 * time.Millisecond

// A TransferPhase says where a transfer stands.
type TransferPhase uint8

const (
	// TransferBegan: the joiner has asked for the state. The donor may still be saving it, so Total may not be known.
	TransferBegan TransferPhase = iota + 1
	// TransferGoesOn: bytes have come since the last event; given at most four times a second.
	TransferGoesOn
	// TransferDone: at the joiner, everything came, agreed with its checksums, and was loaded. At the donor, everything was sent.
	TransferDone
	// TransferFailed: it ended before; Err says why. The joiner goes on from another donor or asks for another cut, unless its membership
	// has ended.
	TransferFailed
)

// String is "began", "goes on", "done" or "failed", and "unknown" for any other value.
func (p TransferPhase) String() string {
	switch p {
	case TransferBegan:
		return "began"
	case TransferGoesOn:
		return "goes on"
	case TransferDone:
		return "done"
	case TransferFailed:
		return "failed"
	}
	return "unknown"
}

// A Transfer is one state on its way from a member that has it to one that joins, or that merges, as one of the two sees it.
type Transfer struct {
	Group string
	// Peer is the other end, and Giving says that this end is the donor.
	Peer   Member
	Giving bool
	Phase  TransferPhase
	// Delta says that only what the joiner lacks is sent; see State.Have.
	Delta bool
	// Bytes have passed so far, of Total; Total is zero as long as it is not known, and of a delta always. Resumed of them had come from
	// another donor before, and were not sent again; see GroupConfig.Donors.
	Bytes, Total, Resumed uint64
	// Lasted is the time since it began.
	Lasted time.Duration
	// Err says why it failed.
	Err error
}

// Percent is how much of the state has passed, from 0 to 100; -1 where the total is not known.
func (t Transfer) Percent() float64 {
	if t.Total == 0 {
		return -1
	}
	return 100 * float64(t.Bytes) / float64(t.Total)
}

// transfers are those that go on. Any goroutine may use it.
type transfers struct {
	mu   sync.Mutex
	live map[*transfer]bool
}

// A transfer is moved on by the goroutine that moves its bytes, and looked at by any.
type transfer struct {
	n      *Node
	what   Transfer // Bytes, Total, Delta, Phase, Lasted and Err aside it does not change
	began  time.Time
	told   time.Time // when the listener was last told; the moving goroutine's own
	total  atomic.Uint64
	bytes  atomic.Uint64
	delta  atomic.Bool
	counts *atomic.Uint64 // of the node's bytes
}

// beginTransfer tells of a transfer and keeps it until end. counts takes the bytes that pass.
func (n *Node) beginTransfer(what Transfer, counts *atomic.Uint64) *transfer {
	now := time.Now()
	x := &transfer{n: n, what: what, began: now, told: now, counts: counts}
	x.bytes.Store(what.Resumed)
	n.transfers.mu.Lock()
	n.transfers.live[x] = true
	n.transfers.mu.Unlock()
	n.events.transfer(x.look(TransferBegan, nil))
	return x
}

// info takes in what the donor says before the first byte.
func (x *transfer) info(delta bool, total uint64) {
	x.delta.Store(delta)
	x.total.Store(total)
}

// moved counts bytes and tells of them, if that is due.
func (x *transfer) moved(bytes int) {
	x.bytes.Add(uint64(bytes))
	x.counts.Add(uint64(bytes))
	if now := time.Now(); now.Sub(x.told) >= progressEvery {
		x.told = now
		x.n.events.transfer(x.look(TransferGoesOn, nil))
	}
}

// end tells of the end.
func (x *transfer) end(err error) {
	x.n.transfers.mu.Lock()
	delete(x.n.transfers.live, x)
	x.n.transfers.mu.Unlock()
	phase := TransferDone
	if err != nil {
		phase = TransferFailed
	}
	x.n.events.transfer(x.look(phase, err))
}

// look is the transfer at this moment.
func (x *transfer) look(phase TransferPhase, err error) Transfer {
	t := x.what
	t.Phase, t.Err, t.Lasted = phase, err, time.Since(x.began)
	t.Bytes, t.Total, t.Delta = x.bytes.Load(), x.total.Load(), x.delta.Load()
	return t
}

// now are the transfers that go on, the oldest first.
func (t *transfers) now() []Transfer {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Transfer
	for x := range t.live {
		list = append(list, x.look(TransferGoesOn, nil))
	}
	slices.SortFunc(list, func(a, b Transfer) int {
		return cmp.Or(cmp.Compare(b.Lasted, a.Lasted), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Peer.Name, b.Peer.Name))
	})
	return list
}
