package core

// Several groups joined and left at one place in the order.

import (
	"fmt"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// changeAt is where core i was last shown the member come to, or go from, each of the groups; 0 where it was not since mark.
func (f *few) changeAt(i, mark int, id wire.MemberID, groups []wire.GroupID) (at []wire.Position) {
	at = make([]wire.Position, len(groups))
	for _, u := range f.ups[i][mark:] {
		if u.Kind != UpView {
			continue
		}
		for k, g := range groups {
			moved := false
			for _, m := range u.View.Joined {
				moved = moved || m.ID == id
			}
			for _, d := range u.View.Left {
				moved = moved || d.Member.ID == id
			}
			if u.Group == g && moved {
				at[k] = u.Position
			}
		}
	}
	return at
}

func TestGroupsAreJoinedAndLeftTogether(t *testing.T) {
	f := threeOf(t)
	var ids []wire.GroupID
	var joins JoinGroups
	for k := range 5 {
		j := JoinGroup{Name: fmt.Sprint("tied", k), Config: wire.GroupConfig{Stateless: true}}
		f.step(0, j)
		f.step(1, j)
		joins.Groups = append(joins.Groups, j)
		ids = append(ids, wire.NewGroupID(j.Name))
	}
	f.run(time.Second)
	c := f.cores[2].cfg.Self.ID
	one := func(what string, ev Event) {
		t.Helper()
		marks := []int{len(f.ups[0]), len(f.ups[1])}
		f.step(2, ev)
		for i := range 2 {
			for _, id := range ids[:2] { // others' messages all the while
				f.step(i, &Submit{Group: id, Messages: []Submission{{Kind: wire.KindApp, Order: wire.OrderAgreed, Tag: 1, Payload: []byte("x")}}})
			}
		}
		f.run(time.Second)
		for i, mark := range marks {
			at := f.changeAt(i, mark, c, ids)
			for k := range at {
				if at[k] == 0 || at[k] != at[0] {
					t.Errorf("%s: core %d saw it at %v", what, i, at)
					break
				}
			}
		}
	}
	one("a join", joins)
	for _, id := range ids {
		if m := f.cores[2].dir.Membership(id); m != membership.MembershipMember {
			t.Errorf("the joiner is %v", m)
		}
	}
	one("a leave", LeaveGroups{Groups: ids})
	if n := len(f.cores[2].order); n != 1 {
		t.Errorf("it is in %d groups", n)
	}
	one("a join again", joins)
	// By itself one of them is left as ever, and the rest afterwards.
	f.step(2, LeaveGroup{Group: ids[0]})
	f.run(time.Second)
	ids = ids[1:]
	one("the leave of the others", LeaveGroups{Groups: ids})
}

// A leave of several waits for the last of them: while one has messages to send, none is left.
func TestALeaveTogetherWaitsForMessages(t *testing.T) {
	f := threeOf(t)
	var ids []wire.GroupID
	for _, name := range []string{"x", "y"} {
		for i := range f.cores {
			f.step(i, JoinGroup{Name: name, Config: wire.GroupConfig{Stateless: true}})
		}
		ids = append(ids, wire.NewGroupID(name))
	}
	f.run(time.Second)
	c := f.cores[2]
	g := c.groups[ids[1]]
	c.enqueue(g, 1, 100) // as if it had not come to be numbered
	c.wishLeave(LeaveGroup{Group: ids[0]})
	c.wishLeave(LeaveGroup{Group: ids[1]})
	tie([]*group{c.groups[ids[0]], g})
	c.reconcile()
	if len(c.control) > 0 {
		t.Error("a leave was asked for in front of a message")
	}
	g.queue.clear()
	c.part()
	if len(c.control) != 1 || c.control[0].kind != wire.KindBundle || len(c.parting) != 0 {
		t.Errorf("%d events are asked for, %d groups wait", len(c.control), len(c.parting))
	}
	f.run(time.Second)
	if len(c.order) != 1 {
		t.Errorf("it is in %d groups", len(c.order))
	}
}
