package lockstep

// The EventListener: what an operator or a test may want to see as it happens. Nothing depends on it.

import (
	"net/netip"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// eventsMost bounds the events that wait for the listener; more are dropped and counted.
const eventsMost = 256

// An EventListener is a set of functions, each of which may be nil. They are called one at a time, in order, on a goroutine of the
// node's own, and should not block: while one does, up to 256 events wait and further ones are dropped, which Lost tells.
type EventListener struct {
	// RingInstalled: a ring was installed, with these members in ring order.
	RingInstalled func(ring string, members []Member)
	// StateChanged: the node passed from one protocol state to another; text says from, to and why.
	StateChanged func(text string)
	// Suspected: a member is believed gone, and why. A report (Node.Report) is given at every member, the reported one too, and says
	// who made it.
	Suspected func(m Member, why string)
	// ViewInstalled: a view of a group is handed to its OnView.
	ViewInstalled func(group string, v View)
	// Blocked: this side of a group lost the primary.
	Blocked func(group string)
	// MembershipEnded: a membership ended, asked to or not; err is what Group.Err says.
	MembershipEnded func(group string, err error)
	// HandlerBlocked: a handler or callback of the group has not returned for so long (GroupConfig.HandlerWarn at least); given once for
	// each. What says which: "message Change", "apply Set", "OnView".
	HandlerBlocked func(group, what string, lasted time.Duration)
	// JoinWaiting: a Join has waited for 3 s; why says per seed what stands in the way, and what the group lacks.
	JoinWaiting func(group string, why string)
	// LoadFailed: a state transfer failed, at the last of its donors; another is asked for.
	LoadFailed func(group string, donor Member, err error)
	// TransferProgress: a state begins its way from or to this member, is on it (at most four times a second), has arrived, or will not.
	TransferProgress func(t Transfer)
	// Diverged: a member, this one or another, delivered something else than those it was together with, and is put out. text has
	// the sums of each and what was delivered last here. It never happens, or lockstep or a host's memory has a fault.
	Diverged func(m Member, text string)
	// OffloadGivenUp: the kernel no longer cuts or joins this node's datagrams, because that failed; why says how. Given at most twice.
	OffloadGivenUp func(why string)
	// PathChanged: the largest datagram that passes to an address is now of so many bytes. Fewer than this node's MTU: larger ones were
	// lost on the way without a word, and packets go there in parts. The whole MTU: the path is mended.
	PathChanged func(to netip.AddrPort, mtu int)
	// PacketDropped: a packet was dropped after its seal was opened, or a point-to-point message was; text says why.
	PacketDropped func(text string)
	// Lost: so many events were dropped since the last call.
	Lost func(events uint64)
}

// eventQueue carries events from the node's goroutines to the listener's.
type eventQueue struct {
	n    *Node
	to   *EventListener
	ch   chan func()
	lost atomic.Uint64
}

func newEventQueue(n *Node, to *EventListener) *eventQueue {
	q := &eventQueue{n: n, ch: make(chan func(), eventsMost), to: &EventListener{}}
	if to != nil {
		*q.to = *to
	}
	return q
}

// run is the listener's goroutine. What was queued before the node's end is still told.
func (q *eventQueue) run() {
	for {
		select {
		case f := <-q.ch:
			q.call(f)
		case <-q.n.ctx.Done():
			for {
				select {
				case f := <-q.ch:
					q.call(f)
				default:
					return
				}
			}
		}
	}
}

func (q *eventQueue) call(f func()) {
	if lost := q.lost.Swap(0); lost > 0 && q.to.Lost != nil {
		q.to.Lost(lost)
	}
	f()
}

// add queues an event. It never blocks and may be called with locks held.
func (q *eventQueue) add(f func()) {
	select {
	case q.ch <- f:
	default:
		q.lost.Add(1)
		q.n.counts.eventsDropped.Add(1)
	}
}

func (q *eventQueue) ringInstalled(ring string, members []Member) {
	if f := q.to.RingInstalled; f != nil {
		q.add(func() { f(ring, members) })
	}
}

func (q *eventQueue) stateChanged(text string) {
	if f := q.to.StateChanged; f != nil {
		q.add(func() { f(text) })
	}
}

func (q *eventQueue) suspected(m Member, why string) {
	if f := q.to.Suspected; f != nil {
		q.add(func() { f(m, why) })
	}
}

func (q *eventQueue) viewInstalled(group string, v View) {
	q.n.log.Info("view", zap.String("group", group), zap.Stringer("view", v))
	if f := q.to.ViewInstalled; f != nil {
		q.add(func() { f(group, v) })
	}
}

func (q *eventQueue) blocked(group string) {
	q.n.log.Warn("the primary was lost", zap.String("group", group))
	if f := q.to.Blocked; f != nil {
		q.add(func() { f(group) })
	}
}

func (q *eventQueue) membershipEnded(group string, err error) {
	q.n.log.Info("membership ended", zap.String("group", group), zap.Error(err))
	if f := q.to.MembershipEnded; f != nil {
		q.add(func() { f(group, err) })
	}
}

func (q *eventQueue) handlerBlocked(group, what string, lasted time.Duration) {
	q.n.log.Warn("a handler does not return", zap.String("group", group), zap.String("what", what), zap.Duration("lasted", lasted))
	if f := q.to.HandlerBlocked; f != nil {
		q.add(func() { f(group, what, lasted) })
	}
}

func (q *eventQueue) joinWaiting(group, why string) {
	q.n.log.Warn("still joining", zap.String("group", group), zap.String("why", why))
	if f := q.to.JoinWaiting; f != nil {
		q.add(func() { f(group, why) })
	}
}

func (q *eventQueue) loadFailed(group string, donor Member, err error) {
	q.n.log.Warn("state transfer failed", zap.String("group", group), zap.Stringer("donor", donor), zap.Error(err))
	if f := q.to.LoadFailed; f != nil {
		q.add(func() { f(group, donor, err) })
	}
}

func (q *eventQueue) transfer(t Transfer) {
	if t.Phase != TransferGoesOn {
		q.n.log.Info("state transfer "+t.Phase.String(), zap.String("group", t.Group), zap.Stringer("peer", t.Peer), zap.Bool("giving", t.Giving),
			zap.Bool("delta", t.Delta), zap.Uint64("bytes", t.Bytes), zap.Duration("lasted", t.Lasted), zap.Error(t.Err))
	}
	if f := q.to.TransferProgress; f != nil {
		q.add(func() { f(t) })
	}
}

func (q *eventQueue) diverged(m Member, text string) {
	if f := q.to.Diverged; f != nil {
		q.add(func() { f(m, text) })
	}
}

func (q *eventQueue) offloadGivenUp(why string) {
	q.n.log.Warn("offload given up", zap.String("why", why))
	if f := q.to.OffloadGivenUp; f != nil {
		q.add(func() { f(why) })
	}
}

func (q *eventQueue) pathChanged(to netip.AddrPort, mtu, full int) {
	if mtu < full {
		q.n.log.Warn("a path loses large datagrams; packets go there in parts", zap.Stringer("to", to), zap.Int("passes", mtu), zap.Int("mtu", full))
	} else {
		q.n.log.Info("a path carries large datagrams again", zap.Stringer("to", to), zap.Int("mtu", full))
	}
	if f := q.to.PathChanged; f != nil {
		q.add(func() { f(to, mtu) })
	}
}

func (q *eventQueue) packetDropped(text string) {
	if f := q.to.PacketDropped; f != nil {
		q.add(func() { f(text) })
	}
}
