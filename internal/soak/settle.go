//go:build linux

package main

// The end of a round: everything heals, and the cluster has to be one group again that owes nobody an answer.

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const (
	// settlePatience is how long a healed cluster may take to be whole, on a machine that may be busy.
	settlePatience = 60 * time.Second
	// blockedPatience is the same where the group may rightly stay blocked.
	blockedPatience = 15 * time.Second
	// look is how often to look whether it is.
	look = 20 * time.Millisecond
	// rejoin is when a member that is out for good joins again.
	rejoin = 500 * time.Millisecond
)

// whole reports whether all members last printed one primary view of all.
func (c *cluster) whole() bool {
	first := ""
	for _, s := range c.slots {
		h := s.listen()
		if h.blocked || h.out || !h.view.IsView(len(c.slots)) || first != "" && h.view.View != first {
			return false
		}
		first = h.view.View
	}
	return true
}

// idle reports whether nobody waits for an answer.
func (c *cluster) idle() bool {
	for _, s := range c.slots {
		if len(s.listen().open) > 0 {
			return false
		}
	}
	return true
}

// settle waits until the healed cluster is whole and has answered everything, flushes it, and marks the end of the history at each
// member by its state, which all must share.
func (c *cluster) settle(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := c.await(ctx, "the members are not one group again", c.whole); err != nil {
		return err
	}
	if err := c.await(ctx, "not every operation was answered", c.idle); err != nil {
		return err
	}
	// Once with a query that all must answer, which those that still load do not; then with a flush at each.
	for {
		l, err := c.ask(ctx, c.slots[0], op{Op: "query", Need: "all", Data: "settled?"})
		if err != nil {
			return err
		}
		if l.Ev == "replies" && len(l.Replies) == len(c.slots) {
			break
		}
		if lab.Pause(ctx, look) != nil {
			return fmt.Errorf("not every member answers: %.300s", l.Raw)
		}
	}
	for _, s := range c.slots {
		// The first flush may have to say that messages were lost.
		l, err := c.ask(ctx, s, op{Op: "flush"})
		if err == nil && l.Ev != "flushed" {
			l, err = c.ask(ctx, s, op{Op: "flush"})
		}
		if err != nil {
			return err
		}
		if l.Ev != "flushed" {
			return fmt.Errorf("%s does not flush: %.300s", s.name, l.Raw)
		}
	}
	var first lab.Line
	for i, s := range c.slots {
		l, err := c.ask(ctx, s, op{Op: "state"})
		if err != nil {
			return err
		}
		if i == 0 {
			first = l
		}
		if l.View != first.View || l.Count != first.Count || l.Chain != first.Chain || !l.Primary {
			c.violate("state: at the end %s has %.300s, %s has %.300s", s.name, l.Raw, c.slots[0].name, first.Raw)
		}
		s.mu.Lock()
		s.lives[len(s.lives)-1].mark = s.heard.mark
		s.mu.Unlock()
	}
	return nil
}

// await looks until it is so. Meanwhile whoever is out joins again.
func (c *cluster) await(ctx context.Context, what string, so func() bool) error {
	asked := time.Time{}
	for !so() {
		if time.Since(asked) > rejoin {
			asked = time.Now()
			for _, s := range c.slots {
				if s.listen().out {
					s.do(op{Op: "join"})
				}
			}
		}
		if err := lab.Pause(ctx, look); errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("%s in time: %s", what, c.standing())
		} else if err != nil {
			return err
		}
	}
	return nil
}

// ask gives an operation and waits for the line that answers it. The lines up to it have then been heard.
func (c *cluster) ask(ctx context.Context, s *slot, o op) (lab.Line, error) {
	p := s.running()
	if p == nil {
		return lab.Line{}, fmt.Errorf("%s does not run", s.name)
	}
	from := p.Mark()
	tag := s.do(o)
	l, err := p.Wait(ctx, from, "answer to "+o.Op, func(l lab.Line) bool {
		return l.Tag == tag && l.Ev != "sending" && l.Ev != "calling"
	})
	s.listen()
	return l, err
}

// standing says how each member stands.
func (c *cluster) standing() string {
	var b strings.Builder
	for _, s := range c.slots {
		h := s.listen()
		fmt.Fprintf(&b, "\n    %s: view %s of %v, blocked %v, out %v, waits for %d answers", s.name, h.view.View, h.view.Members, h.blocked, h.out, len(h.open))
	}
	return b.String()
}
