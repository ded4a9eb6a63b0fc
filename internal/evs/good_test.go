package evs

// A good history to break: a small cluster told by hand, with a partition, a reload, a crash and a leave in it.

import "cmp"

// A teller writes histories: it plays an ideal cluster of one group and records what each process would see.
type teller struct {
	h     *History
	logs  map[Member]*Log
	state map[Member]*content
	views map[Member]ViewID
	sent  map[Member]uint64
	place uint64
	order map[UID]Order

	group          string // of logs that begin
	founding, ring uint64 // of views; 0: nobody says, 7
}

type content struct{ count, chain uint64 }

func (c *content) add(u UID) {
	c.count++
	c.chain = c.chain*31 + u.Seq*1000 + uint64(u.Sender[0])
}

func newTeller() *teller {
	return &teller{h: &History{}, logs: map[Member]*Log{}, state: map[Member]*content{}, views: map[Member]ViewID{}, sent: map[Member]uint64{},
		place: 100, order: map[UID]Order{}}
}

func (t *teller) log(m Member) *Log {
	if t.logs[m] == nil {
		t.logs[m] = t.h.Log(m, cmp.Or(t.group, "g"))
		t.state[m] = &content{}
	}
	return t.logs[m]
}

// view installs a view at all of who, at the next place; newcomers have loaded at this place from donor.
func (t *teller) view(num uint64, members, joined, with []Member, left []Departure, donor Member) {
	t.place++
	id := ViewID{num, 7}
	if t.ring != 0 {
		id.Ring = t.ring
	}
	if donor != "" {
		c := t.state[donor]
		t.log(donor).Add(Event{Kind: Save, Cut: t.place, Count: c.count, Chain: c.chain})
	}
	for _, m := range members {
		l, w := t.log(m), with
		if contains(joined, m) {
			w = []Member{m}
			if donor != "" {
				*t.state[m] = *t.state[donor]
				l.Add(Event{Kind: Load, Cut: t.place, Donor: donor, Count: t.state[m].count, Chain: t.state[m].chain})
			}
		}
		c := t.state[m]
		t.views[m] = id
		l.Add(Event{Kind: View, View: id, Position: t.place, Members: members, Joined: joined, With: w, Left: left, Primary: true, Count: c.count, Chain: c.chain,
			Founding: t.founding})
	}
}

func (t *teller) send(m Member, o Order) UID {
	t.sent[m]++
	u := UID{m, t.sent[m]}
	t.order[u] = o
	t.log(m).Add(Event{Kind: Send, Message: u, Order: o})
	return u
}

// deliver delivers u at all of who, at the next place.
func (t *teller) deliver(u UID, transitional bool, who ...Member) {
	t.place++
	for _, m := range who {
		c := t.state[m]
		if t.order[u].Total() {
			c.add(u)
		}
		t.log(m).Add(Event{Kind: Deliver, Message: u, Order: t.order[u], Position: t.place, View: t.views[m], Transitional: transitional,
			Count: c.count, Chain: c.chain})
	}
}

func (t *teller) all(kind Kind, e Event, who ...Member) {
	for _, m := range who {
		e.Kind = kind
		t.log(m).Add(e)
	}
}

const a, b, c, c2 = Member("a/1"), Member("b/1"), Member("c/1"), Member("c/2")

// good tells: a founds, b and c join; messages of all orders; a partition takes c away, which had delivered a message alone;
// c comes back by state transfer, crashes, comes back as another process, and b leaves.
func good() *History {
	t := newTeller()
	t.log(a).Add(Event{Kind: Asked})
	t.log(a).Add(Event{Kind: Founded})
	t.view(1, []Member{a}, []Member{a}, []Member{a}, nil, "")
	t.deliver(t.send(a, Agreed), false, a)
	t.view(2, []Member{a, b, c}, []Member{b, c}, []Member{a}, nil, a)
	abc := []Member{a, b, c}
	t.deliver(t.send(a, FIFO), false, abc...)
	t.deliver(t.send(b, Agreed), false, abc...)
	t.deliver(t.send(a, Agreed), false, abc...)
	t.deliver(t.send(c, Safe), false, abc...)
	t.deliver(t.send(a, Safe), false, abc...)
	t.all(Stable, Event{Position: t.place}, abc...)
	// c is cut off: it has delivered a message alone and loses the next.
	t.deliver(t.send(c, Agreed), false, c)
	lost := t.send(c, Agreed)
	t.all(Transitional, Event{Members: []Member{a, b}}, a, b)
	t.deliver(t.send(b, Agreed), true, a, b)
	t.log(c).Add(Event{Kind: Blocked})
	t.log(c).Add(Event{Kind: Lost, Message: lost, Uncertain: true})
	t.view(3, []Member{a, b}, nil, []Member{a, b}, []Departure{{c, "partition"}}, "")
	t.deliver(t.send(a, Agreed), false, a, b)
	t.all(Stable, Event{Position: t.place}, a, b)
	t.view(4, abc, []Member{c}, []Member{a, b}, nil, a)
	t.deliver(t.send(c, Causal), false, abc...)
	t.deliver(t.send(a, Agreed), false, abc...)
	t.log(c).Add(Event{Kind: Crash})
	t.view(5, []Member{a, b}, nil, []Member{a, b}, []Departure{{c, "crash"}}, "")
	t.deliver(t.send(b, Safe), false, a, b)
	t.log(c2).Add(Event{Kind: Asked})
	t.view(6, []Member{a, b, c2}, []Member{c2}, []Member{a, b}, nil, b)
	t.deliver(t.send(b, Agreed), false, a, b, c2)
	t.deliver(t.send(a, Agreed), false, a, b, c2)
	t.log(b).Add(Event{Kind: Left})
	t.view(7, []Member{a, c2}, nil, []Member{a, c2}, []Departure{{b, "leave"}}, "")
	t.deliver(t.send(c2, Safe), false, a, c2)
	t.all(Stable, Event{Position: t.place}, a, c2)
	t.h.Quiet = true
	return t.h
}
