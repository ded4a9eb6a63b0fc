package main

// The cache: rows of a slow source, kept at every member, and dropped everywhere before anybody writes a new one.

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

type (
	// Begin says that a key is about to be written: drop it, and keep no copy of it before the matching End. Its position is the fence
	// of the write. A second Begin takes the key over from the first.
	Begin struct{ Key string }
	// End says that the source has what was written, or never will.
	End struct {
		Key   string
		Fence lockstep.Position
	}
	// Dropped is answered by every member when it has handled all that was ordered before it.
	Dropped struct{}
	// Ready is sent by a member to itself: when it arrives, all that others did not wait for has been handled.
	Ready struct{ Epoch int }
)

// A write is one that is under way.
type write struct {
	Writer lockstep.Member
	Fence  lockstep.Position
}

// grace is how long a member that was cut off may take, after the others have gone on without it, to learn that it is: the detection
// time on a LAN, with room. Nothing is written meanwhile, because it still answers from its copies. It is the one promise about time
// here, as in a lease; a process that was stopped for longer may answer one read with an old row when it wakes.
const grace = 2 * time.Second

// A load is a row on its way from the source into the cache. It is void if a write of the key begins meanwhile.
type load struct {
	key  string
	void bool
}

// A cache is this member's copies and its place in the group. What it keeps is the same nowhere else; what is replicated is only which
// keys are being written.
type cache struct {
	group  *lockstep.Group
	source *source

	mu      sync.Mutex // the group's goroutine and readers
	serving bool       // may answer from rows
	epoch   int        // of the last Ready
	rows    map[string]string
	loads   map[*load]bool
	writes  map[string]write // replicated: by key
	quiet   time.Time        // nothing is written before
	hits    int
}

// newCache sets the group up on a node; join makes it a member.
func newCache(node *lockstep.Node, src *source) *cache {
	c := &cache{group: node.Group("cache", lockstep.GroupConfig{}), source: src, rows: map[string]string{}, loads: map[*load]bool{}, writes: map[string]write{}}
	lockstep.HandleApply(c.group, func(_ context.Context, m lockstep.Message, b Begin) (lockstep.Position, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.rows, b.Key)
		for l := range c.loads {
			l.void = l.void || l.key == b.Key
		}
		c.writes[b.Key] = write{m.Sender, m.Position}
		return m.Position, nil
	})
	lockstep.Handle(c.group, func(_ context.Context, _ lockstep.Message, e End) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.writes[e.Key].Fence == e.Fence {
			delete(c.writes, e.Key)
		}
	})
	lockstep.HandleQuery(c.group, func(context.Context, lockstep.Message, Dropped) (bool, error) { return true, nil })
	lockstep.Handle(c.group, func(_ context.Context, m lockstep.Message, r Ready) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.serving = c.serving || m.Sender == node.Self() && r.Epoch == c.epoch
	})
	c.group.OnView(c.onView)
	c.group.OnBlocked(func(context.Context) { c.forget() })
	c.group.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) { // the copies stay: a joiner reads what it needs
			b, err := json.Marshal(c.writes)
			return bytes.NewReader(b), err
		},
		Load: func(_ context.Context, r io.Reader) error {
			writes := map[string]write{}
			err := json.NewDecoder(r).Decode(&writes)
			c.forget()
			c.mu.Lock()
			defer c.mu.Unlock()
			c.writes = writes
			return err
		},
	})
	return c
}

// forget drops all copies, and makes none until this member is ready again: it may not hear of writes.
func (c *cache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serving = false
	c.epoch++
	clear(c.rows)
	for l := range c.loads {
		l.void = true
	}
}

func (c *cache) onView(ctx context.Context, v lockstep.View) {
	if !v.Primary || v.Rank < 0 {
		c.forget()
		return
	}
	me := v.Members[v.Rank]
	c.mu.Lock()
	defer c.mu.Unlock()
	unsure := func(d lockstep.Departure) bool { return d.Reason != lockstep.Left && d.Reason != lockstep.Crashed }
	if slices.Contains(v.Joined, me) || slices.ContainsFunc(v.Left, unsure) { // who joined does not know who was cut off before
		c.quiet = time.Now().Add(grace) // this member's own patience; nothing replicated depends on it
	}
	if !c.serving {
		// While this member loaded, others did not wait for it: their Begins may still be on the way to it, but before this message.
		// An error only leaves it without copies until the next view.
		c.epoch++
		_ = c.group.OrderedSend(ctx, Ready{c.epoch})
	}
	// Nobody knows whether a writer that is gone has written. The oldest member finds out, in its stead.
	for key, w := range c.writes {
		if v.Rank == 0 && !v.Contains(w.Writer) {
			go c.settle(key)
		}
	}
}

// read returns a key's row: never one that is older than what any read or write that ended before it has shown or done.
func (c *cache) read(ctx context.Context, key string) (string, error) {
	c.mu.Lock()
	if row, ok := c.rows[key]; ok {
		c.hits++
		c.mu.Unlock()
		return row, nil
	}
	_, changing := c.writes[key]
	l := &load{key: key, void: changing || !c.serving}
	c.loads[l] = true
	c.mu.Unlock()

	row, err := c.source.read(ctx, key)

	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.loads, l)
	if err == nil && !l.void {
		c.rows[key] = row
	}
	return row, err
}

// write writes a row to the source. An error that matches errOvertaken: another write of the key came first. After any other error it may
// have been written or not.
func (c *cache) write(ctx context.Context, key, row string) error {
	fence, err := c.begin(ctx, key)
	if err != nil {
		return err
	}
	if err := c.source.write(ctx, key, row, fence); err != nil {
		return err // it may still arrive: the key is not kept until somebody writes it again, or this member is gone
	}
	return c.end(ctx, key, fence)
}

// begin returns when no member has a copy of the key, or will have one before its end.
func (c *cache) begin(ctx context.Context, key string) (fence lockstep.Position, err error) {
	for {
		fence, err = lockstep.Apply[lockstep.Position](ctx, c.group, Begin{key})
		if err == nil {
			break
		}
		if !errors.Is(err, lockstep.ErrUncertain) || ctx.Err() != nil {
			return 0, err
		}
	}
	// Apply has shown that every member holds the message, not that every member has handled it. An answer of each shows that; who
	// left instead is waited for below.
	for {
		_, err = lockstep.Query[bool](ctx, c.group, lockstep.All, Dropped{})
		if err == nil {
			break
		}
		if !errors.Is(err, lockstep.ErrUncertain) || ctx.Err() != nil {
			return 0, errors.Join(err, c.end(context.WithoutCancel(ctx), key, fence)) // nothing was written
		}
	}
	for {
		c.mu.Lock()
		wait := time.Until(c.quiet)
		c.mu.Unlock()
		if wait <= 0 {
			return fence, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return 0, errors.Join(ctx.Err(), c.end(context.WithoutCancel(ctx), key, fence))
		}
	}
}

func (c *cache) end(ctx context.Context, key string, fence lockstep.Position) error {
	return c.group.OrderedSend(ctx, End{key, fence})
}

// settle takes over a write whose writer is gone: what that has not written by now, the source refuses from now on. If it fails, the key
// is not kept, which is slow and right, and the next view brings another attempt.
func (c *cache) settle(key string) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*grace)
	defer cancel()
	fence, err := c.begin(ctx, key)
	if err == nil && c.source.raise(ctx, key, fence) == nil {
		_ = c.end(ctx, key, fence)
	}
}
