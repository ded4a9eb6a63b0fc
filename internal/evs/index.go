package evs

// A history made ready for checking: messages by uid, and each log cut into stays, one for each view it was in.

// A group is one group of a history. A name founded twice is one group: its positions and views still have to grow.
type group struct {
	reporter
	quiet    bool
	logs     []*Log
	stays    []*stay // of all logs, log by log
	messages map[UID]*message
	views    []*view // in the order of first installation
	byID     map[ViewID]*view
}

// A message is all that happened to one message.
type message struct {
	uid       UID
	index     int    // in the order of first appearance
	sent      *Event // nil if nobody sent it
	lost      *Event
	delivered []*arrival
}

// An arrival is one delivery of a message in one log.
type arrival struct {
	event   *Event
	log     *Log
	stay    *stay // nil before the first view
	message *message
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
	has      map[*message]*arrival
	previous *stay // the stay before, whatever happened between
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
			g = &group{reporter: reporter{name: l.Group}, quiet: h.Quiet, messages: map[UID]*message{}, byID: map[ViewID]*view{}}
			byName[l.Group] = g
			groups = append(groups, g)
		}
		g.logs = append(g.logs, l)
	}
	for _, g := range groups {
		for _, l := range g.logs {
			g.add(l)
		}
	}
	return groups
}

func (g *group) add(l *Log) {
	var now, last *stay
	var loaded, founded bool
	var cut uint64
	var trans []Member
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
			g.message(e.Message).sent = e
		case Lost:
			g.message(e.Message).lost = e
		case Load:
			loaded, cut = true, e.Cut
		case Founded:
			founded = true
		case Transitional:
			trans = e.Members
		case View:
			end(i, View)
			now = &stay{log: l, view: e, from: i, founder: founded, fresh: loaded || founded || contains(e.Joined, l.Member) || last == nil,
				cut: cut, previous: last, has: map[*message]*arrival{}}
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
			a := &arrival{event: e, log: l, stay: now, message: m, early: now == nil && last == nil}
			if e.Transitional {
				a.trans = trans
			}
			m.delivered = append(m.delivered, a)
			if now != nil {
				now.arrivals = append(now.arrivals, a)
				if e.Order.Total() {
					now.total = append(now.total, a)
				}
				now.has[m] = a
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

func (g *group) message(u UID) *message {
	m := g.messages[u]
	if m == nil {
		m = &message{uid: u, index: len(g.messages)}
		g.messages[u] = m
	}
	return m
}

// inOrder returns the messages in the order in which they first appear.
func (g *group) inOrder() []*message {
	list := make([]*message, len(g.messages))
	for _, m := range g.messages {
		list[m.index] = m
	}
	return list
}

func contains(list []Member, m Member) bool {
	for _, x := range list {
		if x == m {
			return true
		}
	}
	return false
}
