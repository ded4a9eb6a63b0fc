//go:build linux

package main

// A good stream to break: what the members of a small cluster print, told by hand, with a partition, a reload, a crash and a leave.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// A narrator plays an ideal cluster and writes down what each process prints.
type narrator struct {
	runs  map[string]*run
	order []*run
	view  map[string]string // by member, as is what follows
	count map[string]uint64
	chain map[string]string
	at    int64
	place uint64
	tag   int
}

func newNarrator() *narrator {
	return &narrator{runs: map[string]*run{}, view: map[string]string{}, count: map[string]uint64{}, chain: map[string]string{}, place: 100}
}

// say adds a line of a member.
func (n *narrator) say(member string, l lab.Line) {
	n.at++
	l.At = n.at
	n.runs[member].lines = append(n.runs[member].lines, l)
}

func (n *narrator) start(members ...string) {
	for _, m := range members {
		r := &run{name: m[:1]}
		n.runs[m] = r
		n.order = append(n.order, r)
		n.chain[m] = noLog
		n.say(m, lab.Line{Ev: "start", Member: m})
	}
}

// load gives the joiners the donor's state at the next place, where their view follows.
func (n *narrator) load(donor string, joiners ...string) {
	cut := n.place + 1
	for _, j := range joiners {
		n.say(j, lab.Line{Ev: "upcall", Kind: "load", Cut: cut, Donor: donor})
	}
	n.say(donor, lab.Line{Ev: "upcall", Kind: "save", Cut: cut})
	n.say(donor, lab.Line{Ev: "saved", Count: n.count[donor], Chain: n.chain[donor]})
	for _, j := range joiners {
		n.count[j], n.chain[j] = n.count[donor], n.chain[donor]
		n.say(j, lab.Line{Ev: "loaded", Count: n.count[j], Chain: n.chain[j]})
	}
}

// install shows a view to all of its members, at the next place.
func (n *narrator) install(id string, members, joined []string, left ...lab.Departure) {
	n.place++
	var with []string
	for _, m := range members {
		if !slices.Contains(joined, m) {
			with = append(with, m)
		}
	}
	for _, m := range members {
		w := with
		if slices.Contains(joined, m) {
			w = []string{m}
		}
		n.view[m] = id
		n.say(m, lab.Line{Ev: "upcall", Kind: "view", View: id, Position: n.place})
		n.say(m, lab.Line{Ev: "view", View: id, Members: members, Joined: joined, With: w, Left: left, Primary: true, Count: n.count[m], Chain: n.chain[m]})
	}
}

// fresh is a tag that nobody used.
func (n *narrator) fresh() string {
	n.tag++
	return "t" + string(rune('a'+n.tag/26)) + string(rune('a'+n.tag%26))
}

// send has a member send data, which is unique.
func (n *narrator) send(m, order, data string) {
	tag := n.fresh()
	n.say(m, lab.Line{Ev: "sending", Op: "send", Order: order, Data: data, Tag: tag})
	n.say(m, lab.Line{Ev: "accepted", Op: "send", Tag: tag, Count: 1})
}

func (n *narrator) deliver(sender, order, data string, to ...string) uint64 {
	return n.hand(sender, order, data, false, to...)
}

func (n *narrator) hand(sender, order, data string, transitional bool, to ...string) uint64 {
	n.place++
	for _, m := range to {
		if orderOf(order).Total() {
			n.count[m]++
			n.chain[m] = linked(n.chain[m], sender, data)
		}
		n.say(m, lab.Line{Ev: "deliver", View: n.view[m], Seq: n.place, Order: order, Sender: sender, Data: data, Count: n.count[m],
			Chain: n.chain[m], Transitional: transitional})
	}
	return n.place
}

// apply has a member apply data, all of to deliver it, and the member get its answer.
func (n *narrator) apply(m, order, data string, to ...string) {
	tag := n.fresh()
	n.say(m, lab.Line{Ev: "calling", Op: "apply", Order: order, Data: data, Tag: tag})
	seq := n.deliver(m, order, data, to...)
	n.say(m, lab.Line{Ev: "applied", Tag: tag, Seq: seq})
}

// query has a member ask all of to.
func (n *narrator) query(m string, of ...string) {
	tag := n.fresh()
	n.say(m, lab.Line{Ev: "calling", Op: "query", Tag: tag, Data: readAll, Raw: `{"need":"all"}`})
	n.place++
	replies := map[string]string{}
	for _, x := range of {
		replies[x] = x[:1] + ":" + count(n.count[x])
	}
	n.say(m, lab.Line{Ev: "replies", Tag: tag, View: n.view[m], Replies: replies})
}

func (n *narrator) flush(m string) {
	tag := n.fresh()
	n.say(m, lab.Line{Ev: "calling", Op: "flush", Tag: tag})
	n.place++
	n.say(m, lab.Line{Ev: "flushed", Tag: tag})
}

const a, b, c, c2 = "a/1", "b/1", "c/1", "c/2"

// good is the story.
func good() []run {
	n := newNarrator()
	all := []string{a, b, c}
	n.start(a, b, c)
	n.say(a, lab.Line{Ev: "upcall", Kind: "founded"})
	n.install("1.00000007", []string{a}, []string{a})
	n.send(a, "ordered", "a1")
	n.deliver(a, "ordered", "a1", a)
	n.load(a, b, c)
	n.install("2.00000007", all, []string{b, c})
	n.send(a, "fifo", "a2")
	n.deliver(a, "fifo", "a2", all...)
	n.send(b, "causal", "b1")
	n.send(c, "safe", "c1")
	n.deliver(b, "causal", "b1", all...)
	n.deliver(c, "safe", "c1", all...)
	n.say(b, lab.Line{Ev: "sending", Op: "burst", Order: "ordered", Prefix: "bb", Count: 2, Size: 6, Tag: "burst"})
	n.deliver(b, "ordered", "bb-0..", all...)
	n.say(b, lab.Line{Ev: "accepted", Op: "burst", Tag: "burst", Count: 2})
	n.deliver(b, "ordered", "bb-1..", all...)
	n.apply(b, "safe", "t1 lock 0", all...)
	n.apply(c, "ordered", "t2 lock 0", all...)
	n.query(a, all...)
	n.flush(b)
	// c is cut off: it has delivered a message alone, loses the next, and does not know of an apply.
	n.send(c, "ordered", "c2")
	n.deliver(c, "ordered", "c2", c)
	n.send(c, "ordered", "c3")
	n.say(c, lab.Line{Ev: "calling", Op: "apply", Data: "t3 write 1", Tag: "unknown"})
	n.say(c, lab.Line{Ev: "blocked"})
	n.say(c, lab.Line{Ev: "lost", Data: "c3", Uncertain: true})
	n.say(c, lab.Line{Ev: "error", Op: "apply", Tag: "unknown", Uncertain: true})
	n.say(c, lab.Line{Ev: "sending", Op: "send", Order: "ordered", Data: "c4", Tag: "refused"})
	n.say(c, lab.Line{Ev: "error", Op: "send", Tag: "refused"})
	for _, m := range []string{a, b} {
		n.say(m, lab.Line{Ev: "transitional", Members: []string{a, b}})
	}
	n.send(b, "ordered", "b2")
	n.hand(b, "ordered", "b2", true, a, b)
	n.install("3.00000009", []string{a, b}, nil, lab.Departure{Member: c, Reason: "partition"})
	n.apply(a, "ordered", "t4 write 1", a, b)
	n.query(b, a, b)
	// c comes back, and dies.
	n.load(a, c)
	n.install("4.0000000a", all, []string{c})
	n.send(c, "fifo", "c5")
	n.deliver(c, "fifo", "c5", all...)
	n.apply(a, "safe", "t5 unlock 0", all...)
	n.runs[c].ended = n.at + 1
	n.at++
	n.install("5.0000000b", []string{a, b}, nil, lab.Departure{Member: c, Reason: "crash"})
	n.start(c2)
	n.load(b, c2)
	n.install("6.0000000c", []string{a, b, c2}, []string{c2})
	n.apply(c2, "safe", "t6 break 0", a, b, c2)
	n.send(a, "safe", "a3")
	n.deliver(a, "safe", "a3", a, b, c2)
	n.query(c2, a, b, c2)
	// b leaves.
	n.say(b, lab.Line{Ev: "left"})
	n.install("7.0000000c", []string{a, c2}, nil, lab.Departure{Member: b, Reason: "leave"})
	n.apply(a, "ordered", "t7 write 1", a, c2)
	n.query(a, a, c2)
	var list []run
	for _, r := range n.order {
		list = append(list, *r)
	}
	return list
}
