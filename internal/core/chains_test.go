package core

// The production check, on three cores that talk without delay: who differs is found at the next ring, and only who differs.

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A few is some cores on a network that neither loses nor delays.
type few struct {
	t     *testing.T
	now   time.Time
	cores []*Core
	addrs []netip.AddrPort
	count []uint64
	ups   [][]Upcall

	notices [][]Notice
	numbers Numbers
}

func newFew(t *testing.T) *few { return &few{t: t, now: time.UnixMilli(1_700_000_000_000)} }

// start adds a core that looks for all before it and joins group "g".
func (f *few) start() int {
	i := len(f.cores)
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 7946)
	name := string(rune('a' + i))
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	c := New(Config{Self: wire.Info{ID: wire.NewMemberID(name, 1), Name: name, Addrs: []wire.Addr{{Addr: addr}}},
		Timing: Timing{TokenLoss: ms(900), TokenRetransmit: ms(20), Rest: ms(200), Join: ms(30), Consensus: ms(250),
			CommitRetransmit: ms(25), Probe: ms(200), Silence: ms(900), Beacon: ms(500), DirectRetransmit: ms(50)},
		MaxBody: 1344, MaxMessage: 1 << 20, Numbers: f.numbers, Secret: [32]byte{byte(i + 1)}}, f.now)
	seeds := append([]netip.AddrPort(nil), f.addrs...)
	f.cores, f.addrs, f.count, f.ups = append(f.cores, c), append(f.addrs, addr), append(f.count, 0), append(f.ups, nil)
	f.notices = append(f.notices, nil)
	f.step(i, Seeds{Addrs: seeds})
	f.step(i, JoinGroup{Name: "g", Config: wire.GroupConfig{Stateless: true}})
	return i
}

func (f *few) step(i int, ev Event) {
	c := f.cores[i]
	c.Step(f.now, ev)
	e := c.Effects()
	f.ups[i] = append(f.ups[i], e.Upcalls...)
	f.notices[i] = append(f.notices[i], e.Notices...)
	type parcel struct {
		to int
		r  Received
	}
	var parcels []parcel
	for _, s := range e.Sends {
		f.count[i]++
		for _, to := range s.To {
			for k, a := range f.addrs {
				if a != to || k == i {
					continue
				}
				p, err := wire.Parse(append([]byte(nil), s.Body...))
				if err != nil {
					f.t.Fatal(err)
				}
				parcels = append(parcels, parcel{k, Received{From: f.addrs[i], Packet: p,
					Header: wire.Header{Class: s.Class, Context: s.Context, Sealer: c.cfg.Self.ID, Counter: f.count[i]}}})
			}
		}
	}
	for _, u := range e.Upcalls {
		if u.Kind == UpLoad { // nobody here has a state worth the name
			defer f.step(i, Loaded{Group: u.Group, Cut: u.Cut})
		}
	}
	for _, p := range parcels {
		f.step(p.to, &p.r)
	}
}

func (f *few) run(d time.Duration) {
	for end := f.now.Add(d); f.now.Before(end); f.now = f.now.Add(time.Millisecond) {
		for i, c := range f.cores {
			if at := c.Deadline(); !at.IsZero() && !at.After(f.now) {
				f.step(i, nil)
			}
		}
	}
}

// diverges is the text of a core's UpDiverged, or empty.
func (f *few) diverges(i int) string {
	for _, u := range f.ups[i] {
		if u.Kind == UpDiverged {
			return u.Text
		}
	}
	return ""
}

func TestWhoDivergedIsFoundAtTheNextRing(t *testing.T) {
	g := wire.NewGroupID("g")
	for _, x := range []struct {
		name    string
		members int // before the ring on which it is found
		victim  int // -1: nobody
		spoil   func(c *Core)
		says    string
		out     int // who has to go; -1: nobody
	}{
		{"nobody", 3, -1, nil, "", -1},
		{"a message handed to one member's group alone", 3, 1, func(c *Core) {
			c.groups[g].delivers(&Upcall{Position: 9, Message: wire.KindApp, Messages: make([]wire.Chunk, 1)})
		}, "group " + g.String(), 1},
		{"a view of one member alone", 3, 2, func(c *Core) { c.groups[g].chain.Next(7, 7) }, "group " + g.String(), 2},
		{"one of two: nobody can tell which", 1, 1, func(c *Core) { c.groups[g].chain.Next(1, 1) }, "group " + g.String(), -2},
	} {
		t.Run(x.name, func(t *testing.T) {
			f := newFew(t)
			for range x.members {
				f.start()
				f.run(3 * time.Second)
			}
			for i := range 20 {
				f.step(i%x.members, &Submit{Group: g, Messages: []Submission{{Kind: wire.KindApp, Order: wire.OrderAgreed, Tag: uint64(i + 1), Payload: fmt.Append(nil, i)}}})
			}
			f.run(time.Second)
			f.joinAgain(t) // a ring with everybody: from here on all before are whole
			all := x.members + 2
			if x.members == 1 {
				// The second one becomes whole when a third was there and has left.
				f.joinAgain(t)
				f.step(2, LeaveGroup{Group: g})
				f.run(time.Second)
				f.step(2, Close{})
				f.run(2 * time.Second)
			}
			if x.victim >= 0 {
				x.spoil(f.cores[x.victim])
			}
			last := f.start()
			f.run(4 * time.Second)
			out := x.out
			if out == -2 { // of two, the one that is not the lowest on the ring
				out = 0
				if f.cores[0].cfg.Self.ID.Compare(f.cores[1].cfg.Self.ID) < 0 {
					out = 1
				}
			}
			for i := range f.cores {
				text := f.diverges(i)
				if (i == out) != (text != "") || i == out && !(strings.Contains(text, x.says) && strings.Contains(text, "delivered last here: ")) {
					t.Errorf("core %d of %d: found to have diverged: %q", i, len(f.cores), text)
				}
			}
			want := all
			if out >= 0 {
				want--
			}
			if ring := f.cores[last].ring.Members(); len(ring) != want {
				t.Errorf("the others are %v, want %d", ring, want)
			}
			// Where the one of two that went was the oldest, the group waits: that is its quorum's rule.
			if m, v, ok := f.cores[last].Members(g); x.members > 1 && (!ok || len(m) != want || !v.Primary) {
				t.Errorf("the others: %d members in view %+v, want %d", len(m), v, want)
			}
		})
	}
}

// joinAgain adds a member, and lets the ring that it makes come to rest.
func (f *few) joinAgain(t *testing.T) {
	t.Helper()
	f.start()
	f.run(4 * time.Second)
	for i, c := range f.cores {
		if !c.dir.Synced() || len(c.ring.Members()) != len(f.cores) || f.diverges(i) != "" {
			t.Fatalf("core %d is on a ring of %d: %s", i, len(c.ring.Members()), f.diverges(i))
		}
	}
}

func TestMinority(t *testing.T) {
	id := func(n byte) wire.MemberID { return wire.MemberID{n} }
	for _, x := range []struct {
		sums string // one letter a member
		out  string // indices
	}{{"", ""}, {"a", ""}, {"aaa", ""}, {"aab", "2"}, {"baa", "0"}, {"ab", "1"}, {"abc", "12"}, {"abab", "13"}, {"abb", "0"}, {"abbcc", "034"}} {
		var claims []claim
		for i := range x.sums {
			claims = append(claims, claim{id(byte(i)), 1, uint64(x.sums[i])})
		}
		got := ""
		for _, id := range minority(claims) {
			got += fmt.Sprint(id[0])
		}
		if got != x.out {
			t.Errorf("%s: %s goes, not %s", x.sums, got, x.out)
		}
	}
}

// A member of a group without a state that is taken in anew loads nothing, and was told of less than the others all the same: what they made
// good, for one. So it says nothing of the ring on which that was.
func TestWhoIsTakenInAnewIsNotCompared(t *testing.T) {
	f := threeOf(t)
	g := wire.NewGroupID("g")
	f.step(0, Report{Member: f.cores[2].cfg.Self.ID, Why: "its disk is full"})
	f.run(6 * time.Second)
	for i, c := range f.cores {
		if len(c.ring.Members()) != 3 || c.groups[g].whole != (i != 2) {
			t.Errorf("core %d is on a ring of %d and compares what it delivers there: %v", i, len(c.ring.Members()), c.groups[g].whole)
		}
	}
}
