package catalogue

// What was seen, in words: views, what one application was told, who delivered what.

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-go/lockstep/internal/evs"
)

// events are what a node's current or last process saw of a group since the mark.
func (s *story) events(i int, group string) (list []evs.Event) {
	m := s.cluster().Member(i)
	for _, l := range s.c.History().Logs {
		if l.Member == m && l.Group == group {
			list = l.Events
		}
	}
	for k := range list {
		if list[k].Step > s.base.step {
			return list[k:]
		}
	}
	return nil
}

// last is where an application stands, in words.
func (s *story) last(i int, group string) string {
	if _, runs := s.c.Status(i); !runs {
		return "does not run"
	}
	where, blocked := "in no view", false
	was := s.base.step
	s.base.step = 0
	for _, e := range s.events(i, group) {
		switch e.Kind {
		case evs.View:
			where, blocked = "view "+set(e.Members), false
			if !e.Primary {
				where += ", not primary"
			}
		case evs.Blocked:
			blocked = true
		case evs.Left:
			where, blocked = "in no view", false
		}
	}
	s.base.step = was
	if blocked {
		where = "blocked in " + where
	}
	return where
}

// views says who is where, those together that are at the same place.
func (s *story) views(group string) {
	var places []string
	who := map[string][]int{}
	for _, g := range s.opts.Groups {
		if g.Name != group {
			continue
		}
		for _, i := range g.Nodes {
			p := s.last(i, group)
			if who[p] == nil {
				places = append(places, p)
			}
			who[p] = append(who[p], i)
		}
	}
	for _, p := range places {
		s.say("%s: %s", names(who[p]), p)
	}
}

// told says what one application was told since the mark.
func (s *story) told(i int, group string) {
	s.say("%s is told:", name(i))
	for _, e := range s.events(i, group) {
		if t := words(e); t != "" {
			s.say("  %s", t)
		}
	}
}

// words is an event in words, empty for what is no news to an application.
func words(e evs.Event) string {
	switch e.Kind {
	case evs.View:
		t := "view " + set(e.Members)
		if len(e.Joined) > 0 {
			t += ", joined " + set(e.Joined)
		}
		for _, d := range e.Left {
			t += fmt.Sprintf(", %s left: %s", short(d.Member), d.Reason)
		}
		if !e.Primary {
			t += ", not primary"
		}
		return t
	case evs.Transitional:
		return "transitional configuration " + set(e.Members)
	case evs.Deliver:
		t := fmt.Sprintf("message %s, %s", uid(e.Message), e.Order)
		if e.Transitional {
			t += ", in the transitional configuration"
		}
		return t
	case evs.Lost:
		if e.Uncertain {
			return "lost " + uid(e.Message) + ", uncertain"
		}
		return "lost " + uid(e.Message) + ", for certain"
	case evs.Blocked, evs.Left, evs.Founded:
		return e.Kind.String()
	case evs.Load:
		return fmt.Sprintf("loads %d messages' state from %s", e.Count, short(e.Donor))
	}
	return ""
}

// delivered says who delivered which ordered and safe messages since the mark, those together that delivered the same in the same
// order: how many of each sender, or each.
func (s *story) delivered(group string, each bool) {
	var streams []string
	who := map[string][]int{}
	for i := range s.opts.Nodes {
		var list []string
		for _, e := range s.events(i, group) {
			if e.Kind == evs.Deliver && e.Order.Total() {
				list = append(list, uid(e.Message))
			}
		}
		k := strings.Join(list, " ")
		if who[k] == nil {
			streams = append(streams, k)
		}
		who[k] = append(who[k], i)
	}
	for _, k := range streams {
		switch {
		case k == "":
			s.say("%s: nothing", names(who[k]))
		case each:
			s.say("%s: %s", names(who[k]), k)
		default:
			s.say("%s: the same, %s", names(who[k]), count(k))
		}
	}
}

// count is a stream of messages in words: how many of whom.
func count(stream string) string {
	of := map[string]int{}
	var senders []string
	for _, m := range strings.Fields(stream) {
		from, _, _ := strings.Cut(m, "#")
		if of[from]++; of[from] == 1 {
			senders = append(senders, from)
		}
	}
	slices.Sort(senders)
	var parts []string
	for _, f := range senders {
		parts = append(parts, fmt.Sprintf("%d of %s", of[f], f))
	}
	return strings.Join(parts, ", ")
}

// short is a member's name without the number of its first run.
func short(m evs.Member) string { return strings.TrimSuffix(string(m), "/1") }

func uid(u evs.UID) string { return fmt.Sprintf("%s#%d", short(u.Sender), u.Seq) }

func set(list []evs.Member) string {
	var all []string
	for _, m := range list {
		all = append(all, short(m))
	}
	return "{" + strings.Join(all, " ") + "}"
}

// fences compares the positions of safe messages, in the order in which they were sent: a fence is a position.
func (s *story) fences() {
	at := map[evs.UID]uint64{}
	var sent []evs.Event
	for _, l := range s.c.History().Logs {
		for _, e := range l.Events {
			switch {
			case e.Kind == evs.Send && e.Order == evs.Safe:
				sent = append(sent, e)
			case e.Kind == evs.Deliver && e.Order == evs.Safe:
				at[e.Message] = e.Position
			}
		}
	}
	slices.SortFunc(sent, func(a, b evs.Event) int { return cmp.Compare(a.Step, b.Step) })
	var last uint64
	n := 0
	for _, e := range sent {
		p, ok := at[e.Message]
		if !ok {
			continue
		}
		if p <= last {
			s.fail("the fence of %s is %d, after %d", uid(e.Message), p, last)
		}
		last = p
		n++
	}
	s.say("%d fences, each above the one before", n)
}
