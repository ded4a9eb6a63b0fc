package core

// Point to point between runs of a process: what was meant for one is not the next one's.

import (
	"net/netip"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// give hands core to a point-to-point packet as if core from had sealed it.
func (f *few) give(from, to int, p wire.Packet) {
	f.count[from]++
	f.step(to, &Received{From: f.addrs[from], Packet: p,
		Header: wire.Header{Class: wire.ClassDirect, Sealer: f.cores[from].cfg.Self.ID, Counter: f.count[from]}})
}

func (f *few) told(i int, kind UpcallKind) (n int) {
	for _, u := range f.ups[i] {
		if u.Kind == kind {
			n++
		}
	}
	return n
}

// An address outlives a run of a process, and who sends to it cannot know when the next one begins.
func TestWhatWasMeantForTheFormerRunIsNotTaken(t *testing.T) {
	f := newFew(t)
	for range 2 {
		f.start()
		f.run(3 * time.Second)
	}
	g, self := wire.NewGroupID("g"), f.cores[1].cfg.Self
	former := wire.NewMemberID(self.Name, self.ID.Incarnation()-1)
	for _, x := range []struct {
		kind wire.DirectKind
		up   UpcallKind
	}{{wire.DirectMessage, UpDirect}, {wire.DirectAnswer, UpAnswer}} {
		packet := func(to wire.MemberID, seq uint64) *wire.Direct {
			return &wire.Direct{To: to, Epoch: 7, Seq: seq, First: true, Last: true, Kind: x.kind, Group: g, Call: 1, Payload: []byte("x")}
		}
		seq := uint64(x.kind)
		f.give(0, 1, packet(former, seq))
		if n := f.told(1, x.up); n != 0 {
			t.Errorf("%v: one for the former run was handed up %d times", x.kind, n)
		}
		f.give(0, 1, packet(self.ID, seq))
		if n := f.told(1, x.up); n != 1 {
			t.Errorf("%v: its own was handed up %d times", x.kind, n)
		}
	}
}

// Epochs begin at 1 in each run, so an acknowledgement's epoch and number alone could be those of the run before.
func TestAnAcknowledgementForTheFormerRunCountsNothing(t *testing.T) {
	f := newFew(t)
	for range 2 {
		f.start()
		f.run(3 * time.Second)
	}
	g, self, other := wire.NewGroupID("g"), f.cores[0].cfg.Self, f.cores[1].cfg.Self.ID
	former := wire.NewMemberID(self.Name, self.ID.Incarnation()-1)
	at := f.addrs[1]
	f.addrs[1] = netip.AddrPort{} // what it sends is lost
	f.step(0, SendDirect{To: other, Kind: wire.DirectMessage, Group: g, Tag: 1, Payload: []byte("x")})
	f.addrs[1] = at
	epoch := f.cores[0].direct.peers[other].epoch
	f.give(1, 0, &wire.DirectAck{To: former, Epoch: epoch, Seq: 1})
	if n := f.told(0, UpDirectDone); n != 0 {
		t.Errorf("a message was acknowledged to another run, and %d times done", n)
	}
	f.give(1, 0, &wire.DirectAck{To: self.ID, Epoch: epoch, Seq: 1})
	if n := f.told(0, UpDirectDone); n != 1 {
		t.Errorf("a message was acknowledged, and %d times done", n)
	}
}
