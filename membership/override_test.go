package membership

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// word is an override as a member brings it.
func word(p *proc, ring wire.RingID, founding uint64) []byte {
	return wire.Override{By: p.info.ID, Ring: ring, Founding: founding}.Append(nil)
}

// TestOverrideCountsOnce: an override is void where the group goes on, of another founding, and on another ring than its own; where it
// counts, the newest state goes on as a founding that goes before the old one, and whoever has an older state loads.
func TestOverrideCountsOnce(t *testing.T) {
	g := wire.NewGroupID("g")
	for _, size := range []uint16{0, 5} {
		w, apps := cluster(t, "abcde", wire.GroupConfig{Size: size})
		a, d, e := w.proc("a"), w.proc("d"), w.proc("e")
		first := a.dir.index[g][0].Founding
		if _, _, ok := a.dir.Loss(g); ok {
			t.Error("something is lost where the group goes on")
		}
		a.send(wire.KindOverride, g, word(a, a.ring.id, first))
		w.settle()
		w.regroup("abcd", "e")
		a.say("g")
		w.settle()
		for _, n := range "abc" {
			w.crash(string(n))
		}
		w.regroup("de")
		for _, a := range apps {
			a.told()
		}
		founding, names, ok := d.dir.Loss(g)
		if !ok || founding != first || len(names) < 3 || names[0] != "a" || names[1] != "b" || names[2] != "c" {
			t.Fatalf("size %d: lost are %d %v, %v", size, founding, names, ok)
		}
		d.send(wire.KindOverride, g, word(d, d.ring.id, first+1))
		d.send(wire.KindOverride, g, word(d, wire.RingID{Seq: 1, Rep: d.info.ID}, first))
		d.send(wire.KindOverride, g, word(d, d.ring.id, 0))
		d.send(wire.KindOverride, wire.NewGroupID("h"), word(d, d.ring.id, first))
		w.settle()
		want(t, apps["d"])
		e.send(wire.KindOverride, g, word(e, e.ring.id, first))
		e.send(wire.KindOverride, g, word(e, e.ring.id, first)) // it goes on by then
		w.settle()
		r := d.dir.index[g][0]
		if !d.dir.Accepts(g) || !e.dir.Accepts(g) || r.Founding >= first || r.Founding == 0 || len(d.dir.index[g]) != 1 {
			t.Errorf("size %d: d has founding %d after %d, accepts %v", size, r.Founding, first, d.dir.Accepts(g))
		}
		if size == 5 && (r.Votes != 3 || len(r.Voters) != 2) {
			t.Errorf("%d votes, voters %v", r.Votes, r.Voters)
		}
		if len(apps["e"].state) != 1 || len(apps["d"].state) != 1 {
			t.Errorf("size %d: d has %v, e has %v", size, apps["d"].state, apps["e"].state)
		}
		for _, p := range []*proc{d, e} {
			if err := p.dir.Invariant(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestOverrideOnTheWay: who meets the override in a transitional configuration does nothing, and is of the old founding still.
func TestOverrideOnTheWay(t *testing.T) {
	g := wire.NewGroupID("g")
	w, apps := cluster(t, "abcde", wire.GroupConfig{Size: 5})
	w.regroup("ab", "cde")
	a, b := w.proc("a"), w.proc("b")
	first := a.dir.index[g][0].Founding
	a.send(wire.KindOverride, g, word(a, a.ring.id, first))
	for _, p := range []*proc{a, b} {
		for k := range p.ring.log {
			p.receive(k)
		}
	}
	for a.step() {
	}
	w.form([]*proc{b}, []*proc{b})
	w.form([]*proc{a}, []*proc{a})
	w.settle()
	if f := b.dir.index[g][0].Founding; f != first || b.dir.Accepts(g) {
		t.Errorf("b is of founding %d, not %d", f, first)
	}
	if f := a.dir.index[g][0].Founding; f >= first || a.dir.Accepts(g) {
		t.Errorf("a is of founding %d, and of two votes it has one: goes on %v", f, a.dir.Accepts(g))
	}
	w.regroup("ab")
	if apps["b"].ended != RefusalTwoFounders || len(apps["a"].state) != 0 {
		t.Errorf("b ended with %v", apps["b"].ended)
	}
}

// TestSupersedeOnTwoSides: the sides of a cut count positions alike, and their rings may have the ten bits in common that an id ends with.
func TestSupersedeOnTwoSides(t *testing.T) {
	const founding, place = uint64(1)<<60 | 1, wire.Position(1 << 50)
	seen := map[uint64]uint64{}
	for i := range uint64(1000) {
		d := NewDirectory(Member{})
		d.context = 0x5a5<<52 | i*0x3a7f1c0b97
		id := d.supersede(founding, place)
		if other, ok := seen[id]; ok || id == 0 || id >= founding {
			t.Fatalf("rings %x and %x: founding %x is superseded by %x", d.context, other, founding, id)
		}
		seen[id] = d.context
	}
}

// TestOverrideWithOpenPlaces: of two that go on on somebody's word one dies before a third has filled the place that is left for it. When its
// name is there again, all who have a vote are, and the group goes on; but not while somebody is missing who may have got that place, and
// the state, from those two.
func TestOverrideWithOpenPlaces(t *testing.T) {
	g, config := wire.NewGroupID("g"), wire.GroupConfig{Size: 5}
	for _, missing := range []bool{false, true} {
		w, _ := cluster(t, "abcde", config)
		for _, n := range "abc" {
			w.crash(string(n))
		}
		w.regroup("de")
		d := w.proc("d")
		d.send(wire.KindOverride, g, word(d, d.ring.id, d.dir.index[g][0].Founding))
		w.settle()
		d.say("g")
		w.settle()
		if r := d.dir.index[g][0]; !d.dir.Accepts(g) || r.Votes != 3 || len(r.Voters) != 2 {
			t.Fatalf("d goes on %v, %d vote of %d", d.dir.Accepts(g), len(r.Voters), r.Votes)
		}
		w.crash("e")
		w.regroup("d")
		if d.dir.Accepts(g) {
			t.Error("one of three goes on")
		}
		e := w.start("e")
		w.regroup("de")
		a := w.ask(e, "g", config, func(a *app) {
			if missing {
				a.seeds = append(a.seeds, address("f"))
			}
		})
		w.settle()
		if d.dir.Accepts(g) == missing || !missing && len(a.state) != 1 {
			t.Errorf("while somebody is missing %v: d goes on %v, e has %v", missing, d.dir.Accepts(g), a.state)
		}
	}
}

// TestFoundedAgainWithOpenPlaces: a size was made larger than there are names, and one of them was given up by an override, so places are open
// when all who have the state die. The others found the group again, for nobody comes to fill them.
func TestFoundedAgainWithOpenPlaces(t *testing.T) {
	g, config := wire.NewGroupID("g"), wire.GroupConfig{Size: 3}
	w, _ := cluster(t, "abc", config)
	a := w.proc("a")
	a.resize(4)
	w.settle()
	w.crash("c")
	w.regroup("ab")
	a.send(wire.KindOverride, g, word(a, a.ring.id, a.dir.index[g][0].Founding))
	w.settle()
	c := w.start("c")
	w.regroup("abc")
	loader := w.ask(c, "g", config, func(c *app) { c.giving = "nobody" })
	w.settle()
	if r := a.dir.index[g][0]; !a.dir.Accepts(g) || r.Votes != 3 || len(r.Voters) != 3 || !loader.in {
		t.Fatalf("a goes on %v, %v vote, of %d", a.dir.Accepts(g), r.Voters, r.Votes)
	}
	w.crash("a")
	w.crash("b")
	w.regroup("c")
	loader.giving = ""
	for _, n := range "ab" {
		p := w.start(string(n))
		w.regroup("abc")
		if c.dir.Accepts(g) {
			t.Errorf("the group goes on before %c is there", n)
		}
		w.ask(p, "g", config)
		w.settle()
	}
	if !c.dir.Accepts(g) || len(c.dir.index[g][0].Members) != 3 {
		t.Errorf("c goes on %v: %s", c.dir.Accepts(g), c.dir.Explain(g))
	}
}
