package evs

// A history made ready for checking: messages by uid, and each log cut into stays, one for each view it was in.

import (
	"math"
	"slices"
	"sort"
)

// A group is one group of a history. A name founded twice is one group: its positions and views still have to grow.
type group struct {
	reporter
	quiet     bool
	sized     bool
	stateless bool
	forgotten bool // an acknowledged message died with all who had it
	logs      []*Log
	refs      [][]*message // by log and event: the message that Send, Deliver, Lost and Answered are about
	run       []place      // all events, in the run's order
	stays     []*stay      // of all logs, log by log
	senders   map[Member]*sender
	messages  []*message // in the order of first appearance, log by log
	views     []*view    // in the order of first installation
	byID      map[ViewID]*view
	farewells []*view   // primary ones with members that left at their own wish
	slab      []arrival // room for arrivals to come
	last      *sender   // whom the last lookup was about
}

// A place is one event: which log's, and which of it.
type place struct{ log, event int32 }

// A sender is one member's messages.
type sender struct {
	member Member
	bySeq  []*message
	rare   map[uint64]*message // those whose numbers are out of all proportion
}

// A message is all that happened to one message.
type message struct {
	uid       UID
	index     int    // in the order of first appearance
	sent      *Event // nil if nobody sent it
	from      *stay  // its sender's, when it sent it; nil if it was in no view
	after     int    // how many messages had been delivered in that stay
	lost      *Event
	delivered []*arrival
}

// in returns the message's arrival in a stay, if it was delivered there.
func (m *message) in(s *stay) *arrival {
	for _, a := range m.delivered {
		if a.stay == s {
			return a
		}
	}
	return nil
}

// An arrival is one delivery of a message in one log.
type arrival struct {
	event   *Event
	log     *Log
	stay    *stay // nil before the first view
	message *message
	at      int      // its place among the stay's arrivals
	early   bool     // before the log's first view
	trans   []Member // the transitional set it was delivered in, if it says so
}

// A view is all stays in one view.
type view struct {
	id    ViewID
	first *Event // as first installed
	by    Member // who installed it first
	stays []*stay
}

// A stay is one log's time in one view.
type stay struct {
	log      *Log
	view     *Event
	from     int // index of the view event
	to       int // index after the last event of the stay
	fresh    bool
	founder  bool
	cut      uint64 // of the load before it, if fresh
	arrivals []*arrival
	total    []*arrival // ordered and safe ones
	sums     []uint64   // by arrival: a hash over which messages came up to it
	loaded   bool       // a state was loaded for it
	previous *stay      // the stay before, whatever happened between
	next     *stay
	blocked  bool // the primary was lost before the stay's end
	ended    Kind // Left, Crash, View (another view follows) or 0 (the run ended)
}

// goesOn reports whether the member goes on from this stay with its state: into the next view, or, in a run that ended
// quietly, to the end. key names where to.
func (s *stay) goesOn(quiet bool) (key ViewID, ok bool) {
	switch {
	case s.ended == View && !s.next.fresh:
		return s.next.view.View, true
	case s.ended == 0 && quiet && !s.blocked && s.view.Primary:
		return ViewID{Num: 1<<64 - 1}, true
	}
	return ViewID{}, false
}

// again reports whether the stay begins with a view that was told once more, after another cut within it: what the member had
// been told before was void.
func (s *stay) again(v *view) bool { return s.fresh && s.cut > v.first.Position }

// index cuts the history into groups and stays.
func index(h *History) []*group {
	var groups []*group
	byName := map[string]*group{}
	for _, l := range h.Logs {
		g := byName[l.Group]
		if g == nil {
			g = &group{reporter: reporter{name: l.Group}, quiet: h.Quiet, sized: slices.Contains(h.Sized, l.Group),
				stateless: slices.Contains(h.Stateless, l.Group), senders: map[Member]*sender{}, byID: map[ViewID]*view{}}
			byName[l.Group] = g
			groups = append(groups, g)
		}
		g.logs = append(g.logs, l)
	}
	for _, g := range groups {
		for _, l := range g.logs {
			g.add(l)
		}
		for _, v := range g.views {
			if v.first.Primary && slices.ContainsFunc(v.first.Left, func(d Departure) bool { return d.Reason == "leave" }) {
				g.farewells = append(g.farewells, v)
			}
		}
		g.merge()
	}
	return groups
}

func (g *group) add(l *Log) {
	var now, last *stay
	var loaded, founded bool
	var cut uint64
	var trans []Member
	refs := make([]*message, len(l.Events))
	g.refs = append(g.refs, refs)
	end := func(i int, why Kind) {
		if now != nil {
			now.to, now.ended = i, why
			last, now = now, nil
		}
	}
	for i := range l.Events {
		e := &l.Events[i]
		switch e.Kind {
		case Send:
			m := g.message(e.Message)
			refs[i] = m
			m.sent, m.from = e, now
			if now != nil {
				m.after = len(now.arrivals)
			}
		case Lost:
			refs[i] = g.message(e.Message)
			refs[i].lost = e
		case Answered:
			refs[i] = g.message(e.Message)
		case Load:
			loaded, cut = true, e.Cut
		case Founded:
			founded = true
		case Transitional:
			trans = e.Members
		case View:
			end(i, View)
			now = &stay{log: l, view: e, from: i, founder: founded, loaded: loaded, cut: cut, previous: last,
				fresh: loaded || founded || contains(e.Joined, l.Member) || last == nil}
			if last != nil && last.ended == View {
				last.next = now
			}
			if now.fresh && !loaded {
				now.cut = 0
			}
			loaded, founded, trans = false, false, nil
			g.stays = append(g.stays, now)
			v := g.byID[e.View]
			if v == nil {
				v = &view{id: e.View, first: e, by: l.Member}
				g.byID[e.View] = v
				g.views = append(g.views, v)
			}
			if e.Step < v.first.Step {
				v.first, v.by = e, l.Member
			}
			v.stays = append(v.stays, now)
		case Deliver:
			m := g.message(e.Message)
			refs[i] = m
			a := g.arrival()
			*a = arrival{event: e, log: l, stay: now, message: m, early: now == nil && last == nil}
			if e.Transitional {
				a.trans = trans
			}
			m.delivered = append(m.delivered, a)
			if now != nil {
				now.arrive(a)
			}
		case Blocked:
			if now != nil {
				now.blocked = true
			}
		case Left, Crash:
			end(i, e.Kind)
			loaded, founded = false, false
		}
	}
	if now != nil {
		now.to = len(l.Events)
	}
}

func (s *stay) arrive(a *arrival) {
	a.at = len(s.arrivals)
	s.arrivals = append(s.arrivals, a)
	if a.event.Order.Total() {
		s.total = append(s.total, a)
	}
	s.sums = append(s.sums, s.sum(a.at)+uint64(a.message.index+1)*0x9e3779b97f4a7c15)
}

// sum is the hash over the first n arrivals.
func (s *stay) sum(n int) uint64 {
	if n == 0 {
		return 0
	}
	return s.sums[n-1]
}

// behind returns how many arrivals have a position up to cut.
func (s *stay) behind(cut uint64) int {
	if cut == 0 {
		return 0
	}
	return sort.Search(len(s.arrivals), func(i int) bool { return s.arrivals[i].event.Position > cut })
}

// since is the later of the cuts with which two stays began: from there on both should have the same.
func since(p, q *stay) uint64 {
	var cut uint64
	for _, s := range []*stay{p, q} {
		if s.fresh {
			cut = max(cut, s.cut)
		}
	}
	return cut
}

// same reports, without looking at each message, whether two stays in a view delivered the same since the later of their cuts.
// That it says no does not mean that they did not.
func same(p, q *stay) bool {
	cut := since(p, q)
	i, j := p.behind(cut), q.behind(cut)
	return len(p.arrivals)-i == len(q.arrivals)-j && p.sum(len(p.arrivals))-p.sum(i) == q.sum(len(q.arrivals))-q.sum(j)
}

func (g *group) arrival() *arrival {
	if len(g.slab) == 0 {
		g.slab = make([]arrival, 512)
	}
	a := &g.slab[0]
	g.slab = g.slab[1:]
	return a
}

// seqLimit bounds the numbers that are found by counting: a run has no more messages of one sender than that.
const seqLimit = 1 << 20

func (g *group) message(u UID) *message {
	s := g.last
	if s == nil || s.member != u.Sender {
		if s = g.senders[u.Sender]; s == nil {
			s = &sender{member: u.Sender, rare: map[uint64]*message{}}
			g.senders[u.Sender] = s
		}
		g.last = s
	}
	if u.Seq >= seqLimit {
		m := s.rare[u.Seq]
		if m == nil {
			m = g.newMessage(u)
			s.rare[u.Seq] = m
		}
		return m
	}
	for uint64(len(s.bySeq)) <= u.Seq {
		s.bySeq = append(s.bySeq, nil)
	}
	m := s.bySeq[u.Seq]
	if m == nil {
		m = g.newMessage(u)
		s.bySeq[u.Seq] = m
	}
	return m
}

func (g *group) newMessage(u UID) *message {
	m := &message{uid: u, index: len(g.messages)}
	g.messages = append(g.messages, m)
	return m
}

// merge puts the logs' events into the run's order. Each log is in it already.
func (g *group) merge() {
	n := 0
	heads := make([]int, len(g.logs))
	for _, l := range g.logs {
		n += len(l.Events)
	}
	g.run = make([]place, 0, n)
	for len(g.run) < n {
		best, second := -1, uint64(math.MaxUint64)
		var least uint64
		for i, l := range g.logs {
			if heads[i] == len(l.Events) {
				continue
			}
			step := l.Events[heads[i]].Step
			switch {
			case best < 0:
				best, least = i, step
			case step < least:
				best, least, second = i, step, least
			default:
				second = min(second, step)
			}
		}
		// As far as no other log has anything to say.
		for l := g.logs[best]; heads[best] < len(l.Events) && l.Events[heads[best]].Step <= second; heads[best]++ {
			g.run = append(g.run, place{int32(best), int32(heads[best])})
		}
	}
}

func contains(list []Member, m Member) bool {
	for _, x := range list {
		if x == m {
			return true
		}
	}
	return false
}
