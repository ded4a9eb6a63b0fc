package lockstep

// What a Join waits for, in words: kept ready, because whoever's context ends cannot wait for the loop.

import (
	"context"
	"slices"
	"strings"
	"time"
)

const (
	housekeepingEvery = 250 * time.Millisecond
	joinWaitingAfter  = 3 * time.Second      // then the event is given
	freshExplanation  = 2 * time.Millisecond // how long a Join whose context ended waits for the loop's newest word
)

// A joinWatch follows one Join.
type joinWatch struct {
	since   time.Time
	told    bool   // the event was given
	explain string // what the core said last
}

// joining begins to follow a Join.
func (n *Node) joining(t *tenure) {
	n.mu.Lock()
	n.joins[t] = &joinWatch{since: time.Now()}
	n.mu.Unlock()
	n.in.run(func(l *loop) { n.explained(t, l.core.Explain(t.g.id)) })
	n.seeds.ring()
}

// ring makes the seeker look again now: somebody waits.
func (s *seedState) ring() {
	select {
	case s.hurry <- struct{}{}:
	default:
	}
}

func (n *Node) explained(t *tenure, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if w := n.joins[t]; w != nil {
		w.explain = text
	}
}

func (n *Node) joinsWaiting() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.joins)
}

// waiting says what the group's Join waits for: per seed what stands in the way, then what the group lacks. It takes no longer
// than a few milliseconds, whatever the loop does.
func (n *Node) waiting(g *Group) string {
	ctx, cancel := context.WithTimeout(context.Background(), freshExplanation)
	defer cancel()
	why, err := ask(ctx, n, func(l *loop) string { return l.core.Explain(g.id) })
	if err != nil {
		n.mu.Lock()
		for t, w := range n.joins {
			if t.g == g {
				why = w.explain
			}
		}
		n.mu.Unlock()
	}
	parts := n.seedTrouble()
	if why != "" {
		parts = append(parts, why)
	}
	return strings.Join(parts, "; ")
}

// housekeeping is the goroutine that looks, now and then, for what has lasted too long.
func (n *Node) housekeeping() {
	tick := time.NewTicker(housekeepingEvery)
	defer tick.Stop()
	seen := newNetworkSeen()
	for {
		select {
		case <-n.ctx.Done():
			return
		case now := <-tick.C:
			n.checkJoins(now)
			n.checkHandlers(now)
			n.checkNetwork(&seen)
		}
	}
}

// checkJoins forgets Joins that have their outcome, and gives the event for those that wait for long.
func (n *Node) checkJoins(now time.Time) {
	n.mu.Lock()
	var waiting, late []*tenure
	for t, w := range n.joins {
		select {
		case <-t.joined:
			delete(n.joins, t)
			continue
		case <-t.ctx.Done():
			delete(n.joins, t)
			continue
		default:
		}
		waiting = append(waiting, t)
		if !w.told && now.Sub(w.since) >= joinWaitingAfter {
			w.told = true
			late = append(late, t)
		}
	}
	n.mu.Unlock()
	if len(waiting) > 0 {
		n.in.run(func(l *loop) {
			for _, t := range waiting {
				n.explained(t, l.core.Explain(t.g.id))
			}
		})
	}
	slices.SortFunc(late, func(a, b *tenure) int { return strings.Compare(a.g.name, b.g.name) })
	for _, t := range late {
		n.events.joinWaiting(t.g.name, n.waiting(t.g))
	}
}
