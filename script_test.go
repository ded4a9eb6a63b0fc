package lockstep

// A machine whose every move a test decides: it stands where the core would, behind a real node on the in-memory network.

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// script records what it is told and does what act says. act runs on the loop's goroutine.
type script struct {
	act     func(s *script, ev core.Event)
	eff     core.Effects
	self    membership.Member
	others  []membership.Member
	tables  map[wire.GroupID][]wire.HandlerEntry
	next    wire.Position
	view    uint64
	explain string
	stays   bool            // a token, until Settled
	seen    chan core.Event // what the test wants to wait for
}

func (s *script) Step(_ time.Time, ev core.Event) {
	if j, ok := ev.(core.JoinGroup); ok {
		s.tables[wire.NewGroupID(j.Name)] = j.Table
	}
	if sub, ok := ev.(*core.Submit); ok {
		for _, m := range sub.Messages { // each by itself, and kept: the batch is used again
			s.act(s, &core.Submit{Group: sub.Group, Messages: []core.Submission{m}})
		}
		return
	}
	if ev != nil {
		s.act(s, ev)
	}
}

func (s *script) Deadline() time.Time { return time.Time{} }

func (s *script) Expects() bool { return s.stays }

func (s *script) Stays() bool { return s.stays }

func (s *script) Effects() *core.Effects {
	e := s.eff
	s.eff = core.Effects{}
	return &e
}

func (s *script) Status() core.Status {
	return core.Status{Members: append([]membership.Member{s.self}, s.others...)}
}
func (s *script) Explain(wire.GroupID) string { return s.explain }
func (s *script) Members(wire.GroupID) ([]membership.Member, membership.View, bool) {
	return []membership.Member{s.self}, membership.View{}, true
}
func (s *script) Loss(wire.GroupID) (ring wire.RingID, founding uint64, names []string, ok bool) {
	return ring, 0, nil, false
}
func (s *script) Sizing(wire.GroupID, int) (ring wire.RingID, z membership.Sizing) { return ring, z }
func (s *script) Groups() []string                                                 { return []string{"g"} }
func (s *script) Neighbours() []wire.Info                                          { return nil }
func (s *script) Info(id wire.MemberID) wire.Info                                  { return wire.Info{ID: id, Name: s.name(id)} }
func (s *script) Table(id wire.GroupID) []wire.HandlerEntry                        { return s.tables[id] }
func (s *script) up(u core.Upcall)                                                 { s.eff.Upcalls = append(s.eff.Upcalls, u) }
func (s *script) position() wire.Position                                          { s.next++; return s.next }
func (s *script) everyone() []membership.Member {
	return append([]membership.Member{s.self}, s.others...)
}
func (s *script) report(ev core.Event) { s.seen <- ev }

func (s *script) name(id wire.MemberID) string {
	for _, m := range s.everyone() {
		if m.ID == id {
			return m.Name
		}
	}
	return "?"
}

// install gives the group a view of these members.
func (s *script) install(g wire.GroupID, members []membership.Member, v membership.View) {
	s.view++
	v.ID = wire.ViewID{Num: s.view, Ring: 1}
	v.Members = members
	v.Rank = slices.Index(members, s.self)
	v.Primary = true
	s.up(core.Upcall{Kind: core.UpView, Group: g, Position: s.position(), View: &v})
}

// alone is an act that founds groups of one and delivers at once.
func alone(s *script, ev core.Event) {
	switch ev := ev.(type) {
	case core.JoinGroup:
		g := wire.NewGroupID(ev.Name)
		s.up(core.Upcall{Kind: core.UpFounded, Group: g})
		s.install(g, s.everyone(), membership.View{Joined: s.everyone(), With: []membership.Member{s.self}})
	case core.LeaveGroup:
		s.up(core.Upcall{Kind: core.UpLeft, Group: ev.Group, Refusal: membership.RefusalLeave})
	case core.TerminateGroup:
		s.up(core.Upcall{Kind: core.UpLeft, Group: ev.Group, Refusal: membership.RefusalTerminated})
	case *core.Submit:
		p := s.deliver(ev)
		s.up(core.Upcall{Kind: core.UpStable, Group: ev.Group, Position: p})
	}
}

// deliver numbers and delivers a message of this member's own.
func (s *script) deliver(ev *core.Submit) wire.Position {
	p := s.position()
	m := ev.Messages[0]
	s.up(core.Upcall{Kind: core.UpNumbered, Group: ev.Group, Tag: m.Tag, Count: 1})
	s.up(core.Upcall{Kind: core.UpDeliver, Group: ev.Group, Position: p, Sender: s.self, ViewID: wire.ViewID{Num: s.view, Ring: 1},
		Message: m.Kind, Order: m.Order, Own: true, Tag: m.Tag, Messages: []wire.Chunk{{Payload: m.Payload}}})
	return p
}

// scripted starts a node behind a script, with one group "g" whose member list is self and others.
func scripted(t *testing.T, act func(*script, core.Event), others ...string) (*Node, *script) {
	t.Helper()
	net := memnet.New(memnet.Config{})
	tr, err := net.Listen("10.0.0.1:7946")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{act: act, tables: map[wire.GroupID][]wire.HandlerEntry{}, next: 100, seen: make(chan core.Event, 1024)}
	for i, name := range others {
		s.others = append(s.others, membership.Member{ID: wire.NewMemberID(name, uint64(i+1)), Name: name})
	}
	n, err := start(t.Context(), Config{Name: "a", Transport: tr, InsecureNoKey: true, QueueMessages: 16}, func(c core.Config) machine {
		s.self = membership.Member{ID: c.Self.ID, Name: c.Self.Name}
		return s
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n, s
}

// on runs f on the loop, where the script may be used, and waits until its effects were dispatched: the second question is
// answered in a later turn.
func (s *script) on(t *testing.T, n *Node, f func()) {
	t.Helper()
	for _, f := range []func(){f, func() {}} {
		if _, err := ask(t.Context(), n, func(*loop) struct{} { f(); return struct{}{} }); err != nil {
			t.Fatal(err)
		}
	}
}

// wait returns the next reported event of type E.
func wait[E core.Event](t *testing.T, s *script) E {
	t.Helper()
	limit := time.After(5 * time.Second)
	for {
		select {
		case ev := <-s.seen:
			if e, ok := ev.(E); ok {
				return e
			}
		case <-limit:
			var want E
			t.Fatalf("no %T came", want)
		}
	}
}

type note struct{ Text string }
type ask1 struct{ N int }
type change struct{ N int }

func joinScripted(t *testing.T, n *Node, cfg GroupConfig, register func(g *Group)) *Group {
	t.Helper()
	g := n.Group("g", cfg)
	if register != nil {
		register(g)
	}
	if err := g.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	return g
}

func callID(payload []byte) uint64 { return binary.BigEndian.Uint64(payload) }

// within fails the test if f takes longer than a call may after its context's end; generous for a busy machine.
func within(t *testing.T, what string, ctx context.Context, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	<-ctx.Done()
	select {
	case err := <-done:
		return err
	case <-time.After(time.Second):
		t.Fatalf("%s did not return with its context", what)
		return nil
	}
}
