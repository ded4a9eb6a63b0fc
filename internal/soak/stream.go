//go:build linux

package main

// What is judged: the lines that each process printed, and what they say about the messages that were sent.

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/lab"
)

// A run is one process from its start to its end.
type run struct {
	name  string
	lines []lab.Line
	// ended is when the process was gone, killed or not; 0 if it lived when the history ended.
	ended int64
}

// member is what the process calls itself; "" if it did not live long enough to say so.
func (r *run) member() evs.Member {
	for _, l := range r.lines {
		if l.Ev == "start" {
			return evs.Member(l.Member)
		}
	}
	return ""
}

// A text names a message as lines do: by its sender and its data, which are unique.
type text struct {
	sender evs.Member
	data   string
}

// textOf names the message of a delivery.
func textOf(l lab.Line) text { return text{evs.Member(l.Sender), l.Data} }

// noLog is the chain of the empty log.
var noLog = strings.Repeat("0", 2*sha256.Size)

// A sent is one message that a member set out to send.
type sent struct {
	text
	uid   evs.UID
	order evs.Order
	apply bool
	tag   string
	began int64 // when the member set out

	accepted bool // the member said so, or never said otherwise
	refused  bool // the member said that it was not sent, for certain
	position uint64
	anywhere bool // somebody delivered it
	// The places of lines of the sender, from 1; 0 if there is no such line.
	call int // in which the member set out
	end  int // the first that told of its delivery or its loss
	here int // of its delivery
	fail int // that answered an apply with an error
}

// messages are all that was sent, by name and by sender in the order of sending.
type messages struct {
	byText   map[text]*sent
	bySender map[evs.Member][]*sent
	trouble  func(format string, args ...any)
}

// newMessages reads the runs once and numbers what was sent.
func newMessages(runs []run, trouble func(format string, args ...any)) *messages {
	m := &messages{byText: map[text]*sent{}, bySender: map[evs.Member][]*sent{}, trouble: trouble}
	for i := range runs {
		m.read(&runs[i])
	}
	for i := range runs {
		self := runs[i].member()
		for k, l := range runs[i].lines {
			var s *sent
			switch l.Ev {
			case "deliver":
				if s = m.byText[textOf(l)]; s != nil {
					s.anywhere = true
					if s.position == 0 {
						s.position = l.Seq
					}
				}
			case "lost":
				s = m.byText[text{self, l.Data}]
			}
			if s == nil || s.sender != self {
				continue
			}
			if s.end == 0 {
				s.end = k + 1
			}
			if l.Ev == "deliver" {
				s.here = k + 1
			}
		}
	}
	for member, list := range m.bySender {
		number(member, list)
	}
	return m
}

// read collects what one process set out to send, and what became of it as far as the process said.
func (m *messages) read(r *run) {
	self := r.member()
	var sending []*sent // of the send or burst that goes on; the process makes one after the other
	calls := map[string]*sent{}
	for k, l := range r.lines {
		switch {
		case l.Ev == "sending":
			sending = nil
			for _, data := range datas(l) {
				sending = append(sending, m.add(self, data, l, k+1))
			}
		case l.Ev == "calling" && l.Op == "apply":
			calls[l.Tag] = m.add(self, l.Data, l, k+1)
			calls[l.Tag].apply = true
		case l.Ev == "accepted":
			sending = nil
		case l.Ev == "error" && (l.Op == "send" || l.Op == "burst") && len(sending) > 0 && l.Tag == sending[0].tag:
			for _, s := range sending[min(int(l.Count), len(sending)):] {
				s.accepted, s.refused = false, !l.Uncertain
			}
			sending = nil
		case l.Ev == "error" && l.Op == "apply" && calls[l.Tag] != nil:
			s := calls[l.Tag]
			s.accepted, s.refused, s.fail = false, !l.Uncertain, k+1
		}
	}
}

func (m *messages) add(self evs.Member, data string, l lab.Line, place int) *sent {
	s := &sent{text: text{self, data}, order: orderOf(l.Order), tag: l.Tag, began: l.At, call: place, accepted: true}
	if m.byText[s.text] != nil {
		m.trouble("%s sends %.40q a second time: the histories cannot be told apart", self, data)
		return s
	}
	m.byText[s.text] = s
	m.bySender[self] = append(m.bySender[self], s)
	return s
}

// datas are the messages of one send or burst.
func datas(l lab.Line) []string {
	if l.Op != "burst" {
		return []string{l.Data}
	}
	list := make([]string, l.Count)
	for i := range list {
		s := l.Prefix + "-" + strconv.Itoa(i)
		list[i] = s + strings.Repeat(".", max(0, l.Size-len(s)))
	}
	return list
}

// number gives a sender's messages their numbers. Sends and bursts are made one by one, in the order of the input. An apply is made
// on a goroutine of its own, and no order is promised between those: its place is behind the last send that is known to have come
// before it, in the group's order or at its sender, of those before the first that came after it in the group's order. One that nobody delivered comes last.
func number(member evs.Member, list []*sent) {
	var sends []*sent
	for _, s := range list {
		if !s.apply {
			sends = append(sends, s)
		}
	}
	type placed struct {
		*sent
		behind int // so many sends
	}
	var applies []placed
	for _, s := range list {
		if !s.apply {
			continue
		}
		p := placed{s, len(sends)}
		if k := slices.IndexFunc(sends, func(x *sent) bool { return s.position > 0 && x.position > s.position }); k >= 0 {
			p.behind = k // and before what came after it
		}
		for p.behind > 0 && s.position > 0 && !sends[p.behind-1].before(s) {
			p.behind--
		}
		applies = append(applies, p)
	}
	slices.SortStableFunc(applies, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.behind, b.behind), cmp.Compare(a.position-1, b.position-1)) // without a position: last
	})
	var seq uint64
	give := func(s *sent) {
		seq++
		s.uid = evs.UID{Sender: member, Seq: seq}
	}
	for i := range len(sends) + 1 {
		for len(applies) > 0 && applies[0].behind == i {
			give(applies[0].sent)
			applies = applies[1:]
		}
		if i < len(sends) {
			give(sends[i])
		}
	}
}

// before reports whether a send is known to have come before an apply. What is told as lost may be delivered after all, so the
// group's order says more than when the sender was told. What had come to its end before the apply was made came before it, whoever
// else delivered the apply.
func (s *sent) before(apply *sent) bool {
	if s.position > 0 && apply.position > 0 {
		return s.position < apply.position
	}
	return s.end > 0 && s.end < max(apply.call, apply.end)
}

// uid names the message that a line is about. One that nobody set out to send gets a number that nobody has.
func (m *messages) uid(sender, data string) evs.UID {
	t := text{evs.Member(sender), data}
	s := m.byText[t]
	if s == nil {
		s = &sent{text: t, uid: evs.UID{Sender: t.sender, Seq: 1<<40 + uint64(len(m.byText))}}
		m.byText[t] = s
	}
	return s.uid
}

func orderOf(text string) evs.Order {
	switch text {
	case "fifo":
		return evs.FIFO
	case "causal":
		return evs.Causal
	case "safe":
		return evs.Safe
	}
	return evs.Agreed
}

// viewID reads a view's id as printed.
func viewID(s string) (evs.ViewID, error) {
	if s == "" {
		return evs.ViewID{}, nil
	}
	num, ring, _ := strings.Cut(s, ".")
	n, err := strconv.ParseUint(num, 10, 64)
	if err != nil {
		return evs.ViewID{}, fmt.Errorf("view id %q: %w", s, err)
	}
	r, err := strconv.ParseUint(ring, 16, 32)
	if err != nil {
		return evs.ViewID{}, fmt.Errorf("view id %q: %w", s, err)
	}
	return evs.ViewID{Num: n, Ring: r << 32}, nil
}

// chainWord is the first 64 bits of a printed chain.
func chainWord(s string) uint64 {
	n, err := strconv.ParseUint(s[:min(16, len(s))], 16, 64)
	if err != nil {
		return 0
	}
	return n
}
