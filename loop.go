package lockstep

// The loop: whoever holds its turn owns the core. Packets, commands and time go in; keys, packets, upcalls and notices come out.
//
// Two goroutines take turns. The reader has what came from the network and, when nobody else is at it, works it off itself: a token
// that arrives is gone again before any other goroutine has to wake up. The loop's own goroutine waits for commands and for time, and
// takes over packets when the reader finds the core busy. Where the core keeps the token for what handlers send, whoever worked comes back
// when they have run.

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/transport"
)

const (
	// headMost is what stands before a message's value, which the application's limit does not count.
	headMost = callSize + indexSize
	// drainMost is how many batches of packets are taken in before commands have their turn.
	drainMost = 32
	// afterLeast is how many packets there are behind a token that has gone before they are sealed.
	afterLeast = 4
	// refusalEvery is how often the socket is asked who refused datagrams.
	refusalEvery = 20 * time.Millisecond
)

// machine is what the loop drives: *core.Core, or a script in tests.
type machine interface {
	Step(now time.Time, ev core.Event)
	Deadline() time.Time
	Expects() bool
	Stays() bool
	Effects() *core.Effects
	Status() core.Status
	Explain(wire.GroupID) string
	Loss(wire.GroupID) (ring wire.RingID, founding uint64, names []string, ok bool)
	Sizing(id wire.GroupID, size int) (ring wire.RingID, s membership.Sizing)
	Members(wire.GroupID) ([]membership.Member, membership.View, bool)
	Groups() []string
	Neighbours() []wire.Info
	Info(wire.MemberID) wire.Info
	Table(wire.GroupID) []wire.HandlerEntry
}

type loop struct {
	n *Node

	turn    sync.Mutex // held by whichever goroutine works; guards all that follows
	over    bool       // the core was closed
	core    machine
	alarm   alarm           // rings at the core's deadline
	late    []core.Received // tokens that wait until all else that has arrived is taken in
	out     []transport.Outgoing
	cmds    []command
	refused []netip.AddrPort
	asked   time.Time // when refusals were last asked for
	watched map[wire.MemberID]func()

	lending bool    // the goroutine that works may be lent to a group
	ready   *tenure // it is to be lent to this one
	loan    loan
}

func newLoop(n *Node, drive func(core.Config) machine) (*loop, error) {
	l := &loop{n: n, alarm: newAlarm(), watched: map[wire.MemberID]func(){}}
	cfg := core.Config{
		Self:       wire.Info{ID: n.id, Name: n.cfg.Name, Addrs: []wire.Addr{{Addr: n.addr}}},
		Timing:     core.Timing(n.cfg.Timing),
		MaxBody:    n.end.MaxBody(),
		MaxMessage: n.cfg.MaxMessage + headMost,
		Begin:      n.keeper.begin,
		Stored:     n.keeper.first,
		Room:       n.room,
	}
	if _, err := rand.Read(cfg.Secret[:]); err != nil {
		return nil, fmt.Errorf("lockstep: start: %w", err)
	}
	l.loan.look = time.AfterFunc(time.Hour, l.lookAfter)
	l.loan.look.Stop()
	l.core = drive(cfg)
	l.alarm.set(time.Now(), time.Now())
	l.n.ring.store(l.core)
	return l, nil
}

// room gives the core memory for messages that are put together; it comes back in core.Effects.
func (n *Node) room(size int) ([]byte, any) {
	room, slab := n.assembled.Get(size)
	if slab == nil {
		return room, nil
	}
	return room, slab
}

// run is the loop's own goroutine.
func (l *loop) run() {
	defer l.last()
	rings := l.alarm.timers
	for {
		fired := false
		var batch []core.Received
		select {
		case batch = <-l.n.batches:
		case <-l.n.in.bell:
		case <-rings[0].C:
			fired = true
		case <-rings[1].C:
			fired = true
		case <-l.n.stopping:
			return
		}
		l.turn.Lock()
		if fired {
			l.alarm.rang()
		}
		l.work(batch)
		l.stay()
		l.turn.Unlock()
	}
}

// work does all that there is to do, in this order: what has arrived is taken in before time is allowed to pass, so that after a pause of
// the whole process packets that waited in the socket speak before timers that expired meanwhile; data before tokens, so that a
// token that overtook packets on its way finds them here; commands before tokens, so that what waits to be sent goes with this
// one. Then packets leave, and only then is anything handed to groups. It reports whether that may have woken other goroutines. The turn
// is held.
func (l *loop) work(batch []core.Received) (handed bool) {
	now := time.Now()
	l.packets(now, batch)
	l.drain(now)
	l.commands(now)
	l.tokens(now)
	if d := l.core.Deadline(); !d.IsZero() && !now.Before(d) {
		l.core.Step(now, nil)
	}
	handed = l.apply()
	l.refusals(now)
	if !l.core.Stays() { // else whoever works comes back at once, or is relieved
		l.alarm.set(now, l.core.Deadline())
	}
	l.n.in.expect(l.core.Expects())
	l.n.counts.rounds.Add(1)
	return handed
}

// stay comes back after work as long as that leaves the token here. The turn is held, but not all the time.
func (l *loop) stay() {
	for l.core.Stays() {
		l.turn.Unlock()
		runtime.Gosched() // whoever was just woken goes first
		l.turn.Lock()
		l.settle()
	}
}

// settle is the work that follows when handlers have had their chance: what they sent goes with the token that stays here. The turn is
// held.
func (l *loop) settle() (handed bool) {
	now := time.Now()
	l.commands(now)
	l.core.Step(now, core.Settled{})
	return l.work(nil)
}

// drain takes in what the reader had to hand over, up to a bound.
func (l *loop) drain(now time.Time) {
	for range drainMost {
		select {
		case b := <-l.n.batches:
			l.packets(now, b)
		default:
			return
		}
	}
}

// packets takes in a batch, its tokens excepted, and gives it back to the reader.
func (l *loop) packets(now time.Time, batch []core.Received) {
	for i := range batch {
		if batch[i].Header.Class == wire.ClassToken {
			l.late = append(l.late, batch[i])
		} else {
			l.core.Step(now, &batch[i])
		}
		batch[i] = core.Received{}
	}
	if cap(batch) == 0 {
		return
	}
	select {
	case l.n.spare <- batch[:0]:
	default:
	}
}

// tokens takes in the tokens, and what else is of their class.
func (l *loop) tokens(now time.Time) {
	for i := range l.late {
		l.core.Step(now, &l.late[i])
		l.late[i] = core.Received{}
	}
	l.late = l.late[:0]
}

func (l *loop) commands(now time.Time) {
	l.cmds = l.n.in.take(l.cmds)
	for i := range l.cmds {
		if c := &l.cmds[i]; c.ev != nil {
			l.core.Step(now, c.ev)
		} else {
			c.do(l)
		}
	}
}

// apply carries out what the core wants done. It reports whether that may have woken other goroutines.
func (l *loop) apply() (handed bool) {
	e := l.core.Effects()
	for i := range e.Keys {
		if k := &e.Keys[i]; k.Remove {
			l.n.end.RemoveRing(k.Context)
		} else {
			l.n.end.InstallRing(k.Context, k.Salt)
		}
	}
	if len(e.Sends) > 0 {
		l.out = l.out[:0]
		for i := range e.Sends {
			s := &e.Sends[i]
			l.out = append(l.out, transport.Outgoing{To: s.To, Class: s.Class, Context: s.Context, Body: s.Body})
			if s.Class == wire.ClassToken && len(e.Sends)-i > afterLeast {
				l.send() // what comes after the token is sealed when that is on its way
			}
		}
		l.send()
	}
	if e.Persist != (core.Mark{}) {
		l.n.keeper.want(e.Persist)
	}
	for _, m := range e.Kept {
		m.(*transport.Slab).Hold()
	}
	handed = l.dispatch(e.Upcalls)
	for _, m := range e.Freed {
		m.(*transport.Slab).Release()
	}
	for i := range e.Notices {
		l.notice(&e.Notices[i])
	}
	return handed
}

// send gives the packets to the endpoint.
func (l *loop) send() {
	l.n.end.Send(l.out)
	clear(l.out)
	l.out = l.out[:0]
}

// notice passes on what an operator may want to know, and follows the ring's changes.
func (l *loop) notice(x *core.Notice) {
	switch x.Kind {
	case membership.NoticeRing:
		l.n.ring.store(l.core)
		l.watch()
		l.n.counts.rings.Add(1)
		l.n.log.Info("ring installed", zap.Stringer("ring", x.Ring), zap.Stringers("members", l.n.ring.members()))
		l.n.events.ringInstalled(x.Ring.String(), l.n.ring.members())
	case membership.NoticeState:
		l.n.log.Debug("state", zap.String("text", x.Text))
		l.n.events.stateChanged(x.Text)
	case membership.NoticeSuspect:
		m := infoMember(l.core.Info(x.Member))
		l.n.log.Info("member suspected", zap.Stringer("member", m), zap.String("why", x.Text))
		l.n.events.suspected(m, x.Text)
	case membership.NoticeDrop:
		l.n.log.Debug("packet dropped", zap.String("why", x.Text))
		l.n.events.packetDropped(x.Text)
	case membership.NoticeDiverged:
		m := infoMember(l.core.Info(x.Member))
		l.n.log.Error("a member delivered something else than others and is put out", zap.Stringer("member", m), zap.Stringer("ring", x.Ring),
			zap.String("chains", x.Text))
		l.n.events.diverged(m, x.Text)
	case membership.NoticeInvariant:
		l.n.counts.invariants.Add(1)
		l.n.log.Error("a broken invariant sent the node back to gather", zap.Stringer("ring", x.Ring), zap.String("what", x.Text))
		l.n.events.stateChanged("invariant: " + x.Text)
	}
}

// refusals turns addresses that refused datagrams into hints about the members there.
func (l *loop) refusals(now time.Time) {
	if now.Sub(l.asked) < refusalEvery {
		return
	}
	l.asked = now
	if l.n.end.Spent() {
		l.n.stop(&Error{Op: "number", Err: ErrExhausted, Detail: "packet counters"})
	}
	l.refused = l.n.end.Refusals(l.refused[:0])
	for _, a := range l.refused {
		if id, ok := l.n.ring.at(a); ok {
			l.n.in.push(core.Hint{Member: id})
		}
	}
}

// last says good-bye, and lets whoever waits for the loop go.
func (l *loop) last() {
	l.turn.Lock()
	now := time.Now()
	l.commands(now)
	l.core.Step(now, core.Close{})
	l.apply()
	l.over = true
	for _, end := range l.watched {
		end()
	}
	l.alarm.stop()
	l.turn.Unlock()
	close(l.n.ended)
	l.n.in.close()
}

// read is the reader's goroutine: from the endpoint to the core.
func (l *loop) read() {
	n := l.n
	var packets []transport.Packet
	for {
		var err error
		if packets, err = n.end.Receive(packets[:0]); err != nil {
			n.stop(&Error{Op: "receive", Err: err})
			return
		}
		var batch []core.Received
		select {
		case batch = <-n.spare:
		default:
		}
		for i := range packets {
			p := &packets[i]
			parsed, err := wire.Parse(p.Body)
			if err != nil {
				n.counts.malformed.Add(1)
				continue
			}
			if d, ok := parsed.(*wire.Data); ok && p.Slab != nil {
				d.Memory = p.Slab // its hold goes with it, and comes back in Effects.Freed
			}
			batch = append(batch, core.Received{From: p.From, Header: p.Header, Packet: parsed})
		}
		clear(packets)
		if len(batch) > 0 && !l.received(batch) {
			return
		}
	}
}

// received has the core take in a batch, here if nobody is at it and else by whoever comes next. It reports false if the reader is to
// end: after the loop's end, or because it was relieved.
func (l *loop) received(batch []core.Received) bool {
	if !l.turn.TryLock() {
		select {
		case l.n.batches <- batch:
			return true
		case <-l.n.ended:
			return false
		}
	}
	if l.over {
		l.turn.Unlock()
		return false
	}
	l.drain(time.Now()) // what was handed over before comes first
	l.lending = true
	handed := l.work(batch)
	for {
		ready, stays := l.ready, l.core.Stays()
		l.ready, l.lending = nil, false
		l.turn.Unlock()
		if ready != nil && !l.lend(ready) {
			return false
		}
		if handed || stays {
			// Others go first: from the system call that the reader goes back to, what it has woken would have to be fetched.
			runtime.Gosched()
		}
		if !stays {
			return true
		}
		l.turn.Lock()
		l.lending = true
		handed = l.settle()
	}
}
