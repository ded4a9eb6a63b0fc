package main

// The room: who is in it, what was said, and how two rooms become one when a cut network heals.

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/lockstep-go/lockstep"
)

type (
	// Say is a line for all.
	Say struct{ Text string }
	// Whisper is a line for one member.
	Whisper struct{ Text string }
)

// A Line is what was said, by whom, and where in the order.
type Line struct {
	At   lockstep.Position
	From lockstep.Member
	Text string
}

// kept is how many lines a newcomer is shown.
const kept = 200

// A room is this member's place in the chat. All of it belongs to the group's goroutine; print is called there.
type room struct {
	group   *lockstep.Group
	history []Line // by compare; the last kept
	print   func(text string)
}

// newRoom sets the group up on a node. The group is partitionable: a network that is cut should not silence anybody, so every side goes
// on talking, and when it heals each side's lines are merged into the other's.
func newRoom(node *lockstep.Node, print func(text string)) *room {
	r := &room{group: node.Group("chat", lockstep.GroupConfig{Partition: lockstep.Partitionable}), print: print}
	lockstep.Handle(r.group, func(_ context.Context, m lockstep.Message, s Say) {
		r.add(Line{m.Position, m.Sender, s.Text})
		r.print(m.Sender.Name + ": " + s.Text)
	})
	lockstep.Handle(r.group, func(_ context.Context, m lockstep.Message, w Whisper) { // changes no state: only one member gets it
		r.print(m.Sender.Name + " whispers: " + w.Text)
	})
	r.group.OnView(r.onView)
	r.group.OnLost(func(_ context.Context, l lockstep.Lost) {
		switch v := l.Value.(type) {
		case Say:
			r.print("(not said: " + v.Text + ")")
		case Whisper:
			r.print("(perhaps not heard by " + l.To.Name + ": " + v.Text + ")")
		}
	})
	r.group.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			b, err := json.Marshal(r.history)
			return bytes.NewReader(b), err
		},
		Load: func(_ context.Context, in io.Reader) error {
			r.history = nil
			return r.merge(in, "before you came, ")
		},
		// Every member gets the same other histories and merges them by the same rule, so all histories are equal afterwards.
		Merge: func(_ context.Context, _ lockstep.View, in io.Reader) error { return r.merge(in, "while apart, ") },
	})
	return r
}

// compare orders lines by their place. Two sides of a cut network number theirs apart, so who spoke decides where places are equal.
func compare(a, b Line) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.From.Name, b.From.Name), cmp.Compare(a.From.Incarnation, b.From.Incarnation))
}

// add puts a line where it belongs, and reports whether it was new.
func (r *room) add(l Line) bool {
	i, there := slices.BinarySearchFunc(r.history, l, compare)
	if there {
		return false
	}
	r.history = slices.Insert(r.history, i, l)
	if len(r.history) > kept {
		r.history = slices.Delete(r.history, 0, len(r.history)-kept)
	}
	return true
}

// merge takes in the lines of another history and prints those that are new here.
func (r *room) merge(in io.Reader, when string) error {
	var other []Line
	if err := json.NewDecoder(in).Decode(&other); err != nil {
		return fmt.Errorf("read the history: %w", err)
	}
	for _, l := range other {
		if r.add(l) {
			r.print(when + l.From.Name + ": " + l.Text)
		}
	}
	return nil
}

// onView tells who came and went. At every member it stands at the same place among the lines: who is told "bob is gone" and then sees
// a line of bob's has never been in this room.
func (r *room) onView(_ context.Context, v lockstep.View) {
	if v.Rank < 0 {
		return
	}
	for _, d := range v.Left {
		r.print("* " + d.Member.Name + " is gone: " + d.Reason.String())
	}
	for _, m := range v.Joined {
		if m != v.Members[v.Rank] {
			r.print("* " + m.Name + " is here")
		}
	}
}

// say is a causal send: nobody sees an answer before what it answers.
func (r *room) say(ctx context.Context, text string) error {
	return r.group.CausalSend(ctx, Say{text})
}

// whisper sends to one member of the present view.
func (r *room) whisper(ctx context.Context, name, text string) error {
	for _, m := range r.group.View().Members {
		if m.Name == name {
			return r.group.SendTo(ctx, m, Whisper{text})
		}
	}
	return fmt.Errorf("%s is not here", name)
}

// who lists the room.
func (r *room) who() (names []string) {
	for _, m := range r.group.View().Members {
		names = append(names, m.Name)
	}
	return names
}
