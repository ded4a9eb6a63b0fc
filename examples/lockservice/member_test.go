package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// inTrio runs a test of three members on a network in memory, in virtual time.
func inTrio(t *testing.T, f func(t *testing.T, c *locksteptest.Cluster, m []*member)) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		members, groups := make([]*member, 3), make([]*lockstep.Group, 3)
		c.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
			members[i] = newMember(node, 3, hooks{})
			groups[i] = members[i].group
			return members[i].join(ctx)
		})
		c.WantViews(groups, 10*time.Second, "a", "b", "c")
		f(t, c, members)
	})
}

// take takes a lock or fails the test.
func take(t *testing.T, m *member, lock string, client uint32) held {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	h, err := m.acquire(ctx, lock, client)
	if err != nil {
		t.Fatalf("%v: %v", m.node.Self(), err)
	}
	return h
}

// ask has a client ask for a lock, waits until it stands in the queue, and gives the channel on which it says how it ended.
func ask(t *testing.T, m *member, lock string, client uint32) <-chan result {
	t.Helper()
	before := queued(t, m, lock)
	got := make(chan result, 1)
	go func() {
		h, err := m.acquire(t.Context(), lock, client)
		got <- result{h, err}
	}()
	for queued(t, m, lock) == before {
		continue // each look is a query, ordered with the request
	}
	return got
}

type result struct {
	held
	err error
}

// queued is how many stand in the queue of a lock, its holder counted.
func queued(t *testing.T, m *member, lock string) int {
	t.Helper()
	replies, err := lockstep.Query[[]Row](t.Context(), m.group, lockstep.AtLeast(1), List{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range replies.Answers[0].Value {
		if r.Lock == lock {
			return 1 + len(r.Waiters)
		}
	}
	return 0
}

// wantEqual asks all three for their tables at one position.
func wantEqual(t *testing.T, m *member) {
	t.Helper()
	replies, err := lockstep.Query[Sum](t.Context(), m.group, lockstep.All, Digest{})
	if err != nil || len(replies.Answers) != 3 {
		t.Fatalf("%+v, %v", replies, err)
	}
	for _, a := range replies.Answers {
		if a.Value != replies.Answers[0].Value {
			t.Errorf("%v has %+v, %v has %+v", a.Member, a.Value, replies.Answers[0].Member, replies.Answers[0].Value)
		}
	}
}

func TestLocksPassFromMemberToMember(t *testing.T) {
	inTrio(t, func(t *testing.T, _ *locksteptest.Cluster, m []*member) {
		first := take(t, m[0], "x", 1)
		second := ask(t, m[1], "x", 1)
		third := ask(t, m[2], "x", 1)
		if err := m[0].release(first); err != nil {
			t.Fatal(err)
		}
		b := <-second
		if b.err != nil || b.fence <= first.fence || !b.queued {
			t.Fatalf("%+v", b)
		}
		if err := m[1].release(b.held); err != nil {
			t.Fatal(err)
		}
		if c := <-third; c.err != nil || c.fence <= b.fence {
			t.Fatalf("%+v", c)
		}
		wantEqual(t, m[0])
	})
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	inTrio(t, func(t *testing.T, _ *locksteptest.Cluster, m []*member) {
		first := take(t, m[0], "x", 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := m[1].acquire(ctx, "x", 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a lock that another holds: %v", err)
		}
		if err := m[0].release(first); err != nil {
			t.Fatal(err)
		}
		if h := take(t, m[2], "x", 1); h.fence <= first.fence {
			t.Fatalf("fence %d after %d", h.fence, first.fence)
		}
	})
}

func TestKilledMembersLocksPassOn(t *testing.T) {
	inTrio(t, func(t *testing.T, c *locksteptest.Cluster, m []*member) {
		first := take(t, m[2], "x", 1)
		waiting := ask(t, m[0], "x", 1)
		c.Kill(2)
		if a := <-waiting; a.err != nil || a.fence <= first.fence {
			t.Fatalf("%+v", a)
		}
		back := newMember(c.Restart(2), 3, hooks{})
		if err := back.join(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantEqual(t, back)
	})
}

// A member that was cut off comes back in the same life: what its clients held has passed on, what they waited for is forgotten,
// and no lock stays with them.
func TestCutOffMemberComesBack(t *testing.T) {
	inTrio(t, func(t *testing.T, c *locksteptest.Cluster, m []*member) {
		first := take(t, m[2], "x", 1)
		other := take(t, m[0], "y", 1)
		waiting := ask(t, m[2], "y", 2)
		heir := ask(t, m[0], "x", 2)
		c.Cut(2)
		a := <-heir
		if a.err != nil || a.fence <= first.fence {
			t.Fatalf("%+v", a)
		}
		c.WantBlocked(m[2].group, 10*time.Second)
		late := make(chan result, 1)
		go func() { // asks while there is no primary, and waits for one
			h, err := m[2].acquire(t.Context(), "z", 3)
			late <- result{h, err}
		}()
		synctest.Wait()
		c.Heal()
		if r := <-waiting; !errors.Is(r.err, errLost) {
			t.Errorf("a waiter of the member that was out: %+v", r)
		}
		for i := range m {
			c.WantView(m[i].group, 10*time.Second, "a", "b", "c")
		}
		if !first.isLost() {
			t.Error("a client still believes in a lock that has passed on")
		}
		if r := <-late; r.err != nil && !errors.Is(r.err, errLost) {
			t.Errorf("a client that asked without a primary: %+v", r)
		}
		if err := m[0].release(a.held); err != nil {
			t.Fatal(err)
		}
		if err := m[0].release(other); err != nil {
			t.Fatal(err)
		}
		if h := take(t, m[1], "x", 1); h.fence <= a.fence {
			t.Errorf("fence %d after %d", h.fence, a.fence)
		}
		if h := take(t, m[2], "y", 3); h.fence <= other.fence {
			t.Errorf("fence %d after %d", h.fence, other.fence)
		}
		wantEqual(t, m[1])
	})
}
