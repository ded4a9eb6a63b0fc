package main

// The replicated state: a map, and how it hangs on a group.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/lockstep-go/lockstep"
)

type (
	// Change sets or deletes a key. Request names it, so that it can be sent again when nobody knows whether it was carried out.
	Change struct {
		Request string
		Key     string
		Value   []byte
		Delete  bool
		If      string // "": always; "*": only if the key is there; "-": only if it is not; else: only if its version is this
	}
	// Outcome is what became of a change: the key's version afterwards, or before if the change's condition did not hold.
	Outcome struct {
		Done    bool
		Version lockstep.Position
	}
	// Get asks for an entry.
	Get struct{ Key string }
	// Entry is a key's value and version: the position of the message that wrote it. Version 0: there is no such key.
	Entry struct {
		Value   []byte
		Version lockstep.Position
	}
)

// remembered is how many outcomes are kept for requests that come twice. It is part of what members agree on.
const remembered = 10_000

// content is what all members have the same of, and what a joiner is given.
type content struct {
	Entries  map[string]Entry
	Outcomes map[string]Outcome // by request
	Requests []string           // the keys of Outcomes, oldest first
}

func newContent() *content {
	return &content{Entries: map[string]Entry{}, Outcomes: map[string]Outcome{}}
}

// apply carries out a change, once.
func (c *content) apply(ch Change, at lockstep.Position) Outcome {
	if o, known := c.Outcomes[ch.Request]; known {
		return o
	}
	o := Outcome{Version: c.Entries[ch.Key].Version}
	if o.Done = ch.holds(o.Version); o.Done {
		o.Version = at
		if ch.Delete {
			delete(c.Entries, ch.Key)
		} else {
			c.Entries[ch.Key] = Entry{ch.Value, at}
		}
	}
	c.Outcomes[ch.Request] = o
	c.Requests = append(c.Requests, ch.Request)
	if len(c.Requests) > remembered {
		delete(c.Outcomes, c.Requests[0])
		c.Requests = slices.Delete(c.Requests, 0, 1)
	}
	return o
}

// holds reports whether the change's condition is true of a version.
func (ch Change) holds(v lockstep.Position) bool {
	switch ch.If {
	case "":
		return true
	case "*":
		return v != 0
	case "-":
		return v == 0
	}
	return v != 0 && v.String() == ch.If
}

// A snapshot is content that nobody changes any more. Values are shared with the living content, which replaces and never changes them.
type snapshot content

// WriteTo runs on a goroutine of the library's, while the group goes on.
func (s snapshot) WriteTo(w io.Writer) (int64, error) {
	count := &counter{w: w}
	err := json.NewEncoder(count).Encode(s)
	return count.n, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// A store is this process's copy of the content and its place in the group.
type store struct {
	group *lockstep.Group

	mu       sync.RWMutex // the group's goroutine writes; stale reads are from any
	content  *content
	returned chan struct{} // closed at the next primary view, and made anew
}

// newStore sets the group up on a node; join makes it a member. size is how many members vote.
func newStore(node *lockstep.Node, size int) *store {
	s := &store{group: node.Group("kv", lockstep.GroupConfig{Size: size}), content: newContent(), returned: make(chan struct{})}
	lockstep.HandleApply(s.group, func(_ context.Context, m lockstep.Message, ch Change) (Outcome, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.content.apply(ch, m.Position), nil
	})
	lockstep.HandleQuery(s.group, func(_ context.Context, _ lockstep.Message, q Get) (Entry, error) {
		s.mu.RLock()
		defer s.mu.RUnlock()
		return s.content.Entries[q.Key], nil
	})
	s.group.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) { // at the cut: copy the maps, which is fast, and not the values
			return snapshot{maps.Clone(s.content.Entries), maps.Clone(s.content.Outcomes), slices.Clone(s.content.Requests)}, nil
		},
		Load: func(_ context.Context, r io.Reader) error {
			c := newContent()
			if err := json.NewDecoder(r).Decode(c); err != nil {
				return fmt.Errorf("load the store: %w", err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.content = c
			return nil
		},
	})
	s.group.OnView(func(_ context.Context, v lockstep.View) {
		if !v.Primary {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		close(s.returned)
		s.returned = make(chan struct{})
	})
	return s
}

func (s *store) join(ctx context.Context) error { return s.group.Join(ctx) }

// change carries out a change, and returns when it cannot be lost. An error that matches ErrUncertain: it may have been carried out.
// Any other: it was not.
func (s *store) change(ctx context.Context, ch Change) (Outcome, error) {
	uncertain := false
	for {
		next := s.nextPrimary() // before the call, so that no view is missed
		o, err := lockstep.Apply[Outcome](ctx, s.group, ch)
		switch {
		case err == nil:
			return o, nil
		case ctx.Err() != nil:
		case errors.Is(err, lockstep.ErrUncertain):
			// A view change came between. The same request again settles it: it counts once.
			uncertain = true
			continue
		case uncertain && errors.Is(err, lockstep.ErrNotPrimary):
			select {
			case <-next:
				continue
			case <-ctx.Done():
				err = ctx.Err()
			case <-s.group.Done():
				err = s.group.Err()
			}
		}
		if uncertain && !errors.Is(err, lockstep.ErrUncertain) {
			err = fmt.Errorf("%w: %w", lockstep.ErrUncertain, err)
		}
		return Outcome{}, err
	}
}

// get is a linearizable read: it sees every change that was answered before it was asked, wherever that was.
func (s *store) get(ctx context.Context, key string) (Entry, error) {
	replies, err := lockstep.Query[Entry](ctx, s.group, lockstep.AtLeast(1), Get{key})
	if err != nil {
		return Entry{}, err
	}
	return replies.Answers[0].Value, replies.Answers[0].Err
}

// look reads this member's own copy, at once. It may be behind; primary false says that it is, as far as this member knows.
func (s *store) look(key string) (e Entry, primary bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.content.Entries[key], s.group.View().Primary
}

func (s *store) nextPrimary() <-chan struct{} {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.returned
}
