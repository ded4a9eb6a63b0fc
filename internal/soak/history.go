//go:build linux

package main

// From what processes printed to a history that package evs can check.

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math"
	"slices"
	"time"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/lab"
)

// groupName is the one group of a soak.
const groupName = "soak"

// A stamped event has the time of its line and its place among those of its process.
type stamped struct {
	at    int64
	run   int
	event evs.Event
}

// A translator turns one run's lines into events.
type translator struct {
	r       *run
	self    evs.Member
	all     *messages
	trouble func(format string, args ...any)

	events []stamped
	index  int

	chain   string            // as last printed
	places  map[string]place  // of views, as announced
	cut     uint64            // of the save or load that goes on
	donor   string            // of the load that goes on
	called  map[string]uint64 // by tag: the last position before the call
	applied map[string]string // by tag: the data of applies
	counted map[uint64]uint64 // by count: the position of the delivery that made it, since the last load
	last    uint64            // the position last delivered
	trans   bool              // a transitional line, and no regular delivery since
	unheard []*sent           // lostApplies whose end has not been told
}

// A place is what "upcall" says about a view.
type place struct {
	position uint64
	resumes  string
}

// history translates the runs. Trouble is told what no event can show. Quiet says that the runs ended in peace.
func history(runs []run, quiet bool, trouble func(format string, args ...any)) *evs.History {
	all := newMessages(runs, trouble)
	h := &evs.History{Quiet: quiet}
	var events []stamped
	logs := make([]*evs.Log, len(runs))
	var start int64
	for i := range runs {
		r := &runs[i]
		self := r.member()
		if self == "" {
			continue
		}
		logs[i] = h.Log(self, groupName)
		t := &translator{r: r, self: self, all: all, index: i, places: map[string]place{}, called: map[string]uint64{}, applied: map[string]string{},
			counted: map[uint64]uint64{}, chain: noLog,
			trouble: func(format string, args ...any) { trouble(string(self)+": "+format, args...) }}
		t.translate()
		events = append(events, t.events...)
		if len(r.lines) > 0 && (start == 0 || r.lines[0].At < start) {
			start = r.lines[0].At
		}
	}
	// One clock stamps all lines, so its order is one in which everything may have happened.
	slices.SortStableFunc(events, func(a, b stamped) int { return cmp.Compare(a.at, b.at) })
	for _, s := range events {
		s.event.At = time.Duration(s.at - start)
		logs[s.run].Add(s.event)
	}
	return h
}

func (t *translator) add(at int64, e evs.Event) {
	t.events = append(t.events, stamped{at, t.index, e})
}

func (t *translator) translate() {
	var last int64
	t.unheard = t.lostApplies()
	for _, l := range t.r.lines {
		if l.At < last {
			t.trouble("its clock went back: %.200s", l.Raw)
		}
		last = l.At
		t.line(l)
	}
	t.hear(last, 1<<63)
	if t.r.ended > 0 {
		t.add(max(last, t.r.ended), evs.Event{Kind: evs.Crash})
	}
}

// line translates one line.
func (t *translator) line(l lab.Line) {
	switch l.Ev {
	case "upcall":
		switch l.Kind {
		case "view":
			t.places[l.View] = place{l.Position, l.Resumes}
		case "founded":
			t.chain = noLog
			clear(t.counted)
			t.add(l.At, evs.Event{Kind: evs.Founded})
		case "save":
			t.cut = l.Cut
		case "load":
			t.cut, t.donor = l.Cut, l.Donor
		}
	case "saved":
		t.add(l.At, evs.Event{Kind: evs.Save, Cut: t.cut, Count: l.Count, Chain: chainWord(l.Chain)})
	case "loaded":
		t.chain = l.Chain
		clear(t.counted)
		t.add(l.At, evs.Event{Kind: evs.Load, Cut: t.cut, Donor: evs.Member(t.donor), Count: l.Count, Chain: chainWord(l.Chain)})
	case "view":
		t.showView(l)
	case "sending":
		for _, data := range datas(l) {
			t.send(l.At, data)
		}
	case "calling":
		t.called[l.Tag] = t.last
		if l.Op == "apply" {
			t.applied[l.Tag] = l.Data
			t.send(l.At, l.Data)
		}
	case "deliver":
		t.deliver(l)
	case "lost":
		t.hear(l.At, t.all.uid(string(t.self), l.Data).Seq)
		t.add(l.At, evs.Event{Kind: evs.Lost, Message: t.all.uid(string(t.self), l.Data), Uncertain: l.Uncertain})
	case "transitional":
		t.trans = true
		t.add(l.At, evs.Event{Kind: evs.Transitional, Members: members(l.Members)})
	case "blocked":
		t.add(l.At, evs.Event{Kind: evs.Blocked})
	case "left":
		t.add(l.At, evs.Event{Kind: evs.Left})
	case "applied":
		t.add(l.At, evs.Event{Kind: evs.Stable, Position: l.Seq})
		if data, ok := t.applied[l.Tag]; ok {
			t.add(l.At, evs.Event{Kind: evs.Answered, Message: t.all.uid(string(t.self), data)})
		}
	case "flushed":
		t.add(l.At, evs.Event{Kind: evs.Stable, Position: t.called[l.Tag]})
	case "replies":
		t.replied(l)
	}
}

func (t *translator) send(at int64, data string) {
	s := t.all.byText[text{t.self, data}]
	if s == nil || s.refused && !s.anywhere {
		return // not sent, as its sender was told
	}
	t.add(at, evs.Event{Kind: evs.Send, Message: s.uid, Order: s.order})
	if s.refused {
		t.add(at, evs.Event{Kind: evs.Lost, Message: s.uid}) // it was told so; yet somebody delivered it
	}
}

func (t *translator) showView(l lab.Line) {
	p, ok := t.places[l.View]
	if !ok {
		t.trouble("view %s was not announced", l.View)
	}
	id, err := viewID(l.View)
	if err == nil {
		var resumes evs.ViewID
		resumes, err = viewID(p.resumes)
		e := evs.Event{Kind: evs.View, View: id, Position: p.position, Resumes: resumes, Members: members(l.Members), Joined: members(l.Joined),
			With: members(l.With), Loading: members(l.Loading), Primary: l.Primary, Count: l.Count, Chain: chainWord(l.Chain)}
		for _, d := range l.Left {
			e.Left = append(e.Left, evs.Departure{Member: evs.Member(d.Member), Reason: d.Reason})
		}
		t.add(l.At, e)
	}
	if err != nil {
		t.trouble("%v", err)
	}
	if l.Chain != t.chain {
		t.trouble("shows view %s with the chain %.16s, not %.16s, which its last line gave", l.View, l.Chain, t.chain)
		t.chain = l.Chain
	}
}

func (t *translator) deliver(l lab.Line) {
	id, err := viewID(l.View)
	if err != nil {
		t.trouble("%v", err)
	}
	order := orderOf(l.Order)
	want := t.chain
	if order.Total() {
		want = linked(t.chain, l.Sender, l.Data)
		t.counted[l.Count] = l.Seq
	}
	if l.Chain != want {
		t.trouble("delivers %.40q of %s with the chain %.16s, not %.16s, which follows from the line before", l.Data, l.Sender, l.Chain, want)
	}
	if l.Transitional && !t.trans {
		t.trouble("delivers %.40q of %s in a transitional configuration that it was not told of", l.Data, l.Sender)
	}
	t.trans = t.trans && l.Transitional
	t.chain, t.last = l.Chain, l.Seq
	uid := t.all.uid(l.Sender, l.Data)
	if uid.Sender == t.self {
		t.hear(l.At, uid.Seq+1)
	}
	t.add(l.At, evs.Event{Kind: evs.Deliver, Message: uid, Order: order, Transitional: l.Transitional, Position: l.Seq, View: id,
		Count: l.Count, Chain: chainWord(l.Chain)})
}

// replied takes an answered query for what it is besides: all that was delivered here before it is stable.
func (t *translator) replied(l lab.Line) {
	count, ok := answer(l, string(t.self))
	if !ok {
		return
	}
	if at, ok := t.counted[count]; ok {
		t.add(l.At, evs.Event{Kind: evs.Stable, Position: at})
	}
}

// lostApplies are this member's applies whose callers were told that nobody knows. That is their end, even if they are delivered
// later after all: a loss that may be none. The error comes on a goroutine of its own, so its line says little about the order; what
// was sent after an apply and told as lost before its delivery says that it had ended before.
func (t *translator) lostApplies() []*sent {
	var lost []*sent
	list := slices.Clone(t.all.bySender[t.self])
	slices.SortFunc(list, func(a, b *sent) int { return cmp.Compare(b.uid.Seq, a.uid.Seq) })
	later := math.MaxInt // the first end of what was sent later
	for _, s := range list {
		if s.apply && s.fail > 0 && !s.refused && (s.here == 0 || s.fail < s.here || later < s.here) {
			lost = append(lost, s)
		}
		if s.end > 0 {
			later = min(later, s.end)
		}
	}
	slices.Reverse(lost)
	return lost
}

// hear tells the end of lost applies with smaller numbers than seq, before that of the message that has it.
func (t *translator) hear(at int64, seq uint64) {
	for len(t.unheard) > 0 && t.unheard[0].uid.Seq < seq {
		t.add(at, evs.Event{Kind: evs.Lost, Message: t.unheard[0].uid, Uncertain: true})
		t.unheard = t.unheard[1:]
	}
}

// linked is the chain after one more entry, as cmd/lockstep documents it.
func linked(chain, sender, data string) string {
	b, err := hex.DecodeString(chain)
	if err != nil {
		return "no chain"
	}
	h := sha256.New()
	h.Write(b)
	io.WriteString(h, sender)
	h.Write([]byte{0})
	io.WriteString(h, data)
	return hex.EncodeToString(h.Sum(nil))
}

func members(names []string) []evs.Member {
	var list []evs.Member
	for _, n := range names {
		list = append(list, evs.Member(n))
	}
	return list
}
