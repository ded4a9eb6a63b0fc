package main

// The glue: how the table hangs on a group. Everything that changes the table happens here, on the group's goroutine.

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/lockstep-go/lockstep"
)

// groupName is the group in which all members hold the table.
const groupName = "locks"

// A member is this process's copy of the table and its place in the group.
type member struct {
	node   *lockstep.Node
	group  *lockstep.Group
	claims *claims
	hooks  hooks

	// Of the group's goroutine alone:
	table  *table
	behind []grant // granted in a transitional configuration; told when the next view stands

	ctx    context.Context // of what is sent in the background; ends with close
	cancel context.CancelFunc
	sends  sync.WaitGroup

	mu   sync.Mutex
	back chan struct{} // closed at the next primary view, and made anew
}

// A grant is a lock that a request of this member has got.
type grant struct {
	lock    string
	request uint64
	fence   lockstep.Position
}

// hooks let others look on, and, to prove that the proof works, meddle. They run on the group's goroutine. Nil ones are left out.
type hooks struct {
	view   func(v lockstep.View, passes []pass)
	skip   func(m lockstep.Message, a Acquire) bool // true: do as if the message had never come
	ignore func(waiters int) bool                   // true: do as if the release had never come
}

// newMember sets the group up on a node; join makes it a member.
func newMember(node *lockstep.Node, size int, h hooks) *member {
	m := &member{node: node, claims: newClaims(), hooks: h, table: newTable(), back: make(chan struct{})}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.group = node.Group(groupName, lockstep.GroupConfig{Size: size})
	lockstep.HandleApply(m.group, m.handleAcquire)
	lockstep.Handle(m.group, m.handleRelease)
	lockstep.Handle(m.group, m.handleReset)
	lockstep.HandleQuery(m.group, m.handleList)
	lockstep.HandleQuery(m.group, m.handleDigest)
	m.group.OnView(m.onView)
	m.group.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) { return m.table.save() },
		Load: func(_ context.Context, r io.Reader) error { return m.table.load(r) },
	})
	return m
}

// join returns when the table is here and the first view stands.
func (m *member) join(ctx context.Context) error { return m.group.Join(ctx) }

// close leaves the group and ends the node.
func (m *member) close() error {
	err := m.node.Close() // no upcall runs after this
	m.cancel()
	m.sends.Wait()
	return err
}

// handleAcquire is run by every member; its answer counts at the one that asked.
func (m *member) handleAcquire(_ context.Context, msg lockstep.Message, a Acquire) (bool, error) {
	if m.hooks.skip != nil && m.hooks.skip(msg, a) {
		return false, nil
	}
	who := owner{msg.Sender, a.Client, a.Request}
	fence, granted := m.table.acquire(a.Lock, who, msg.Position)
	if granted {
		m.tell(a.Lock, place{who, fence}, msg.Transitional)
	}
	return granted, nil
}

func (m *member) handleRelease(_ context.Context, msg lockstep.Message, r Release) {
	if m.hooks.ignore != nil && m.hooks.ignore(len(m.table.locks[r.Lock])-1) {
		return
	}
	if p, ok := m.table.release(r.Lock, owner{msg.Sender, r.Client, r.Request}, msg.Position); ok {
		m.tell(p.Lock, p.To, msg.Transitional)
	}
}

func (m *member) handleReset(_ context.Context, msg lockstep.Message, r Reset) {
	for _, p := range m.table.reset(msg.Sender, r.Before, msg.Position) {
		m.tell(p.Lock, p.To, msg.Transitional)
	}
}

func (m *member) handleList(context.Context, lockstep.Message, List) ([]Row, error) {
	return m.table.rows(), nil
}

func (m *member) handleDigest(context.Context, lockstep.Message, Digest) (Sum, error) {
	return m.table.sum(), nil
}

// onView takes away what departed members held. It stands at the same place among the messages at every member, so all tables
// pass the locks on to the same clients.
func (m *member) onView(_ context.Context, v lockstep.View) {
	if !v.Primary || v.Rank < 0 {
		return
	}
	if slices.Contains(v.Joined, m.node.Self()) {
		m.begin()
	}
	passes := m.table.keep(v.Members)
	if m.hooks.view != nil {
		m.hooks.view(v, passes)
	}
	for _, g := range m.behind {
		m.grant(g)
	}
	m.behind = nil
	for _, p := range passes {
		m.tell(p.Lock, p.To, false)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.back)
	m.back = make(chan struct{})
}

// begin is called when this member is new in the group. If it was a member before, others have meanwhile held what its clients
// held, and the table has come anew: its clients are told, and the group is asked to forget their requests.
func (m *member) begin() {
	m.behind = nil
	before := m.claims.lose()
	if before > 1 {
		m.send(Reset{Before: before})
	}
}

// tell hands a lock to a client of this member; the others' clients are told by their own members. What is delivered in a
// transitional configuration answers nobody before the next view shows that this member has gone on with it.
func (m *member) tell(lock string, to place, transitional bool) {
	if to.Member != m.node.Self() {
		return
	}
	g := grant{lock, to.Request, to.Fence}
	if transitional {
		m.behind = append(m.behind, g)
		return
	}
	m.grant(g)
}

// grant wakes the client. If it has gone meanwhile, the lock is given back at once.
func (m *member) grant(g grant) {
	if !m.claims.grant(g.request, g.fence) {
		m.sendRelease(g.lock, g.request)
	}
}

// sendRelease gives back in the name of a client that is gone. Only requests that are still in the table's queue are granted, so its
// client is found there.
func (m *member) sendRelease(lock string, request uint64) {
	for _, p := range m.table.locks[lock] {
		if p.Member == m.node.Self() && p.Request == request {
			m.send(Release{Lock: lock, Client: p.Client, Request: request})
			return
		}
	}
}

// send sends in safe order from a goroutine of its own, which may wait for room as an upcall may not. An error needs no care: the
// member is out of the group, so the others have dropped its requests, and on its return it asks them to anyway.
func (m *member) send(v any) {
	m.sends.Go(func() { _ = m.group.SafeSend(m.ctx, v) })
}

// nextView gives a channel that is closed at the next primary view.
func (m *member) nextView() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.back
}
