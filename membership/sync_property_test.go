package membership

// The property: whatever is lost, split, merged, crashed and started again, in whatever order, no two sides of a group are primary
// at once, those on one ring know the same, those who go on together have the same state, and nothing that somebody may have
// been answered for is forgotten while a memory of it lives.

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A coverage counts what the property met in all its runs, so that it cannot pass by meeting nothing.
type coverage struct {
	primary, replays, attempts, loads, spared, merges, blocked, failed, overrides, twoFounders, resizes int
}

func (c *coverage) add(w *world) {
	c.primary += w.primary
	c.replays += w.replays
	c.attempts += w.attempts
	c.loads += w.loads
	c.spared += w.spared
	c.merges += w.merges
}

func TestPropertyPrimary(t *testing.T) {
	var c coverage
	rapid.Check(t, func(rt *rapid.T) {
		config := wire.GroupConfig{Size: rapid.SampledFrom([]uint16{0, 0, 3, 5}).Draw(rt, "size"), Spares: drawSpares(rt)}
		disturb(rt, config, drawn{}, &c)
	})
	t.Logf("met %+v", c)
	if c.primary == 0 || c.replays == 0 || c.attempts == 0 || c.loads == 0 || c.spared == 0 || c.blocked == 0 {
		t.Errorf("not everything happened: %+v", c)
	}
}

func TestPropertyPartitionable(t *testing.T) {
	var c coverage
	rapid.Check(t, func(rt *rapid.T) {
		disturb(rt, wire.GroupConfig{Partition: wire.PolicyPartitionable, Spares: drawSpares(rt)}, drawn{}, &c)
	})
	t.Logf("met %+v", c)
	if c.loads == 0 || c.spared == 0 || c.merges == 0 {
		t.Errorf("not everything happened: %+v", c)
	}
}

// TestPropertyOverride: somebody overrides the quorum wherever there is none, also on several sides of a cut, and also though those given
// up live. Each founding keeps to the rules, whatever becomes of the others.
func TestPropertyOverride(t *testing.T) {
	var c coverage
	rapid.Check(t, func(rt *rapid.T) {
		config := wire.GroupConfig{Size: rapid.SampledFrom([]uint16{0, 0, 3, 5}).Draw(rt, "size")}
		disturb(rt, config, drawn{overrides: true}, &c)
	})
	t.Logf("met %+v", c)
	if c.primary == 0 || c.overrides == 0 {
		t.Errorf("not everything happened: %+v", c)
	}
}

// drawSpares draws how many save for a joiner besides its donor.
func drawSpares(rt *rapid.T) uint8 { return rapid.SampledFrom([]uint8{0, 0, 1, 2}).Draw(rt, "spares") }

// TestPropertyResize: the size is changed again and again, also where a cut is under way. All are seeds of each, as docs/partitions.md wants
// of a group that grows.
func TestPropertyResize(t *testing.T) {
	var c coverage
	rapid.Check(t, func(rt *rapid.T) {
		config := wire.GroupConfig{Size: rapid.SampledFrom([]uint16{1, 2, 3, 5}).Draw(rt, "size")}
		disturb(rt, config, drawn{resizes: true}, &c)
	})
	t.Logf("met %+v", c)
	if c.primary == 0 || c.resizes == 0 || c.attempts == 0 || c.blocked == 0 {
		t.Errorf("not everything happened: %+v", c)
	}
}

// drawn says what is drawn besides faults.
type drawn struct{ overrides, resizes bool }

// disturb does what rapid draws to a cluster of up to five, and heals it at the end.
func disturb(rt *rapid.T, config wire.GroupConfig, also drawn, c *coverage) {
	w := newWorld(rt)
	letters := []string{"a", "b", "c", "d", "e"}[:rapid.IntRange(max(2, min(3, int(config.Size))), 5).Draw(rt, "n")]
	if config.Size == 5 {
		letters = []string{"a", "b", "c", "d", "e"}
	}
	join := func(p *proc) {
		w.ask(p, "g", config, func(a *app) {
			if config.Size == 0 && p.name != "a" {
				a.seeds = append(a.seeds, address("a"))
			}
			if also.resizes {
				for _, n := range letters {
					a.seeds = append(a.seeds, address(n))
				}
				p.dir.SetSeeds(a.seeds, false)
			}
		})
	}
	all := ""
	for _, n := range letters {
		all += n
		w.start(n)
	}
	w.regroup(all)
	faults := false
	for _, n := range letters {
		join(w.proc(n))
		if rapid.Bool().Draw(rt, "one by one") {
			w.settle()
		}
	}
	if rapid.IntRange(0, 3).Draw(rt, "settled") > 0 {
		w.settle()
	}
	alive := func() []*proc {
		return slices.DeleteFunc(slices.Clone(w.procs), func(p *proc) bool { return !p.alive })
	}
	pick := func() *proc {
		list := alive()
		return list[rapid.IntRange(0, len(list)-1).Draw(rt, "who")]
	}
	for range rapid.IntRange(5, 80).Draw(rt, "steps") {
		kinds := 19
		if also != (drawn{}) {
			kinds = 21
		}
		switch rapid.IntRange(0, kinds).Draw(rt, "what") {
		case 0, 1, 2, 3:
			p := pick()
			for n := rapid.IntRange(1, 4).Draw(rt, "packets"); n > 0; n-- {
				if k := p.missing(); k >= 0 {
					if skip := rapid.IntRange(0, 5).Draw(rt, "skip"); skip == 0 && k+1 < len(p.ring.log) {
						k++ // a later one came first
					}
					p.receive(k)
				}
			}
		case 4, 5, 6, 7:
			p := pick()
			for n := rapid.IntRange(1, 4).Draw(rt, "deliveries"); n > 0 && p.step(); n-- {
				p.reconcile()
			}
		case 8, 9, 10:
			pick().say("g")
		case 11:
			for _, a := range pick().sorted() {
				a.finishLoad()
			}
		case 12:
			p := pick()
			p.reconcile()
			p.ring.stable(w)
		case 13:
			if p := pick(); rapid.IntRange(0, 4).Draw(rt, "rare") == 0 && len(alive()) > 1 {
				p.alive, faults = false, true
			}
		case 14:
			for _, n := range letters {
				if w.proc(n) == nil {
					join(w.start(n))
					break
				}
			}
		case 15:
			if a := pick().app("g"); a != nil && rapid.IntRange(0, 4).Draw(rt, "rare") == 0 {
				switch {
				case a.in || a.join:
					if a.has && rapid.Bool().Draw(rt, "fails") {
						a.fail()
						c.failed++
					}
					a.leave, a.join, faults = true, false, true
				case !a.leave:
					join(a.p)
				}
			}
		case 16, 17:
			var parts [3][]*proc
			for _, p := range alive() {
				i := rapid.IntRange(0, 2).Draw(rt, "part")
				parts[i] = append(parts[i], p)
			}
			for _, part := range parts {
				w.formSome(rt, part)
			}
		case 18:
			w.formSome(rt, alive())
		case 19:
			w.settle()
			for _, p := range alive() {
				p.ring.stable(w)
			}
		case 20, 21:
			if also.resizes {
				c.resizes += pick().resize(rapid.IntRange(1, 5).Draw(rt, "new size"))
				continue
			}
			if pick().override() {
				c.overrides++
				faults = true
			}
		}
		w.check()
		for _, p := range alive() {
			if a := p.app("g"); a != nil && a.ended == RefusalTwoFounders {
				c.twoFounders++
			}
		}
		for _, p := range alive() {
			if a := p.app("g"); a != nil && a.blocked {
				c.blocked++
			}
		}
	}
	members := alive()
	w.form(members, members)
	w.settle()
	w.check()
	c.add(w)
	if faults {
		return
	}
	// Nobody crashed and nobody left: the group must be whole.
	for _, p := range members {
		if config.Partition == wire.PolicyPartitionable && p.app("g").ended == RefusalTwoFounders {
			continue // a side went on from a founding that its founder never knew of
		}
		if m := p.dir.Membership(wire.NewGroupID("g")); m != MembershipMember {
			rt.Fatalf("%s is %v in the end: %s", p.name, m, p.dir.Explain(wire.NewGroupID("g")))
		}
		if config.Partition == wire.PolicyPartitionable {
			continue
		}
		if a, b := p.app("g"), members[0].app("g"); !slices.Equal(a.state, b.state) {
			rt.Fatalf("%s has %v, %s has %v", a.p.name, a.state, b.p.name, b.state)
		}
	}
}

// formSome forms a ring, and now and then cuts some off before they have installed it.
func (w *world) formSome(rt *rapid.T, members []*proc) {
	if len(members) == 0 {
		return
	}
	installing := members
	if rapid.IntRange(0, 3).Draw(rt, "cut off") == 0 {
		installing = slices.DeleteFunc(slices.Clone(members), func(*proc) bool { return rapid.Bool().Draw(rt, "not installed") })
	}
	w.form(members, installing)
	for range rapid.IntRange(0, 12).Draw(rt, "progress") {
		p := members[rapid.IntRange(0, len(members)-1).Draw(rt, "who")]
		for k := range p.ring.log {
			p.receive(k)
		}
		for p.step() {
			p.reconcile()
		}
	}
}

// override gives an operator's word that the group goes on here, if it does not.
func (p *proc) override() bool {
	if !p.dir.Synced() || p.moving != nil || p.frozen {
		return false
	}
	founding, _, ok := p.dir.Loss(wire.NewGroupID("g"))
	if ok {
		p.w.overridden = true
		p.send(wire.KindOverride, wire.NewGroupID("g"), wire.Override{By: p.info.ID, Ring: p.ring.id, Founding: founding}.Append(nil))
	}
	return ok
}

// resize asks for another size of the group, if it can be had.
func (p *proc) resize(size int) int {
	if !p.dir.Synced() || p.moving != nil || p.frozen {
		return 0
	}
	s := p.dir.Sizing(wire.NewGroupID("g"), size)
	if !s.Live || s.Done || s.Why != "" {
		return 0
	}
	p.send(wire.KindResize, wire.NewGroupID("g"), s.Event.Append(nil))
	return 1
}

// missing is the first packet p lacks, -1 for none.
func (p *proc) missing() int {
	for k := range p.ring.log {
		if !p.ring.recv[p][k] {
			return k
		}
	}
	return -1
}

// check looks at all at once: no two whole rings have primaries of one founding, and each process is what its directory says.
func (w *world) check() {
	type claim struct {
		ring *fakeRing
		who  *proc
	}
	primaries := map[uint64]claim{}
	for _, p := range w.procs {
		if !p.alive {
			continue
		}
		seen := 0
		for _, r := range p.dir.records {
			g := &r.GroupRecord
			if p.dir.holds(r) {
				seen++
			}
			if live(g) && len(loaded(g)) == 0 {
				w.t.Fatalf("%s: a group goes on without anybody's state: %v", p.name, g)
			}
			if !p.dir.Synced() || !p.ring.whole() || !g.Primary || g.Config.Partition == wire.PolicyPartitionable {
				continue
			}
			if c, ok := primaries[g.Founding]; ok && c.ring != p.ring {
				w.t.Fatalf("two primaries: %s on %v, %s on %v", c.who.name, c.ring.id, p.name, p.ring.id)
			}
			primaries[g.Founding] = claim{p.ring, p}
		}
		if seen > 1 {
			w.t.Fatalf("%s holds %d memories of one group", p.name, seen)
		}
		a := p.app("g")
		if a == nil || !p.dir.Synced() {
			continue
		}
		in := p.dir.Membership(wire.NewGroupID("g"))
		if in == MembershipWaiting && (!a.has || w.overridden) {
			continue // it was loading in a founding that came to nothing, or had just loaded where that has not been ordered
		}
		if (in >= MembershipLoading) != a.in {
			w.t.Fatalf("%s: in is %v, the directory says %v: %v %v %v done %d of %d", p.name, a.in, p.dir.Membership(wire.NewGroupID("g")), a.trace, digest(p.dir), p.ring.id, p.done, len(p.ring.log))
		}
	}
}
