package lockstep

// What a Join waits for, in words: kept ready, because whoever's context ends cannot wait for the loop.

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

const (
	housekeepingEvery = 250 * time.Millisecond
	dozingEvery       = 2 * time.Second      // while there is nothing to look after
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
	n.doze.end()
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

// housekeeping is the goroutine that looks, now and then, for what has lasted too long. Where no Join waits and no group has an upcall it
// dozes, since an idle node's wake-ups are most of what it costs.
func (n *Node) housekeeping() {
	timer := time.NewTimer(housekeepingEvery)
	defer timer.Stop()
	seen := newNetworkSeen()
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-n.doze.roused:
			timer.Reset(housekeepingEvery)
			continue
		case now := <-timer.C:
			n.checkJoins(now)
			n.checkHandlers(now)
			n.checkNetwork(&seen)
		}
		// In this order: what begins after the look below finds the word set.
		n.doze.set.Store(true)
		if n.busy() {
			n.doze.set.Store(false)
			timer.Reset(housekeepingEvery)
		} else {
			timer.Reset(dozingEvery)
		}
	}
}

// A doze is how housekeeping is told that there is something to look after again.
type doze struct {
	set    atomic.Bool
	roused chan struct{} // of one place
}

// end ends it. It may be called from any goroutine and costs nothing where nobody dozes.
func (d *doze) end() {
	if d.set.Load() && d.set.CompareAndSwap(true, false) {
		select {
		case d.roused <- struct{}{}:
		default:
		}
	}
}

// busy reports whether a Join waits or a group's upcalls are being run.
func (n *Node) busy() bool {
	if n.joinsWaiting() > 0 {
		return true
	}
	return slices.ContainsFunc(n.allGroups(), func(g *Group) bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.cur != nil && g.cur.running
	})
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
		default:
		}
		if t.ctx.Err() != nil { // Done would make a channel, for each group
			delete(n.joins, t)
			continue
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
