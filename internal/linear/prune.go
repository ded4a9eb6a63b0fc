package linear

// What porcupine need not try. It goes through all sequences of calls, and where twenty calls are under way at once that is a million
// subsets at each step. Three rules leave out sequences without leaving out an answer:
//
//   - A call that changes nothing, whenever it happens, happens as soon as it fits: if there is an order in which it comes later, there
//     is one in which it comes now. So nothing else is tried while there is such a call, and of several the first comes first.
//   - Fences and places grow, and each that was told must find its place: so they come one after the other, none passed over, and all who
//     were told one have it before the next. It is the same with a value that was written once only, and all who read it.
//   - A write that nobody is known to have finished and whose value nobody read need not have happened.

import (
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// A trial is one object, and which of its records have happened, a byte for each.
type trial struct {
	state
	done string
}

// A problem is one object's records and what follows from all of them together.
type problem struct {
	records []*Record
	index   map[*Record]int
	before  map[uint64]uint64 // by fence that was told: the one told before it, 0 for the first
	writes  map[string]int    // by value: how often it comes to be
}

func newProblem(records []*Record) *problem {
	p := &problem{records: records, index: map[*Record]int{}, before: map[uint64]uint64{}, writes: map[string]int{"": 1}}
	var fences []uint64
	for i, r := range records {
		p.index[r] = i
		if r.Op.Kind == Write {
			p.writes[r.Op.Value]++
		}
		if (r.Op.Kind == Acquire || r.Op.Kind == Append) && !r.Open && r.Result.Fence > 0 {
			fences = append(fences, r.Result.Fence)
		}
	}
	slices.Sort(fences)
	last := uint64(0)
	for _, f := range slices.Compact(fences) {
		p.before[f] = last
		last = f
	}
	return p
}

// model is step as porcupine wants it, with what need not be tried refused. An operation's input is its record.
func (p *problem) model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return trial{done: strings.Repeat("-", len(p.records))} },
		Step: func(s, input, _ any) (bool, any) {
			t, r := s.(trial), input.(*Record)
			ok, next := step(t.state, r)
			if !ok || p.tooEarly(t, next) {
				return false, nil
			}
			if first := p.first(t); first != nil && first != r {
				return false, nil
			}
			i := p.index[r]
			return true, trial{next, t.done[:i] + "+" + t.done[i+1:]}
		},
	}
}

// tooEarly reports whether a fence or a value is taken over by another while a call that was told has still to find it.
func (p *problem) tooEarly(t trial, next state) bool {
	fence, value := next.fence != t.fence, next.value != t.value && p.writes[t.value] == 1
	if fence && p.before[next.fence] != t.fence {
		return true
	}
	for i, r := range p.records {
		if t.done[i] == '+' || r.Open {
			continue
		}
		if value && r.Op.Kind == Read && r.Result.Value == t.value || fence && r.Op.Kind == Acquire && r.Result.Fence != 0 && r.Result.Fence == t.fence {
			return true
		}
	}
	return false
}

// first is the first call that may happen next and changes nothing.
func (p *problem) first(t trial) *Record {
	var end *Record // of those that have not happened, the one that returned first
	for i, r := range p.records {
		if t.done[i] == '-' && !r.Open && (end == nil || r.Return < end.Return) {
			end = r
		}
	}
	for i, r := range p.records {
		if t.done[i] == '-' && (end == nil || r.Call <= end.Return) && idle(t.state, r) {
			return r
		}
	}
	return nil
}

// idle reports whether a call fits a state, changes nothing there, and would change nothing later either.
func idle(s state, r *Record) bool {
	switch r.Op.Kind {
	case Read, Holder:
	case Acquire:
		if r.Open || r.Result.Fence != 0 && r.Result.Fence != s.fence {
			return false
		}
	case Release, Break:
		if r.Open || r.Result.Done {
			return false
		}
	default:
		return false
	}
	ok, _ := step(s, r)
	return ok
}

// matter leaves out the open writes of values that nobody read.
func matter(records []*Record) []*Record {
	read := map[string]bool{}
	for _, r := range records {
		if r.Op.Kind == Read && !r.Open {
			read[r.Result.Value] = true
		}
	}
	return slices.DeleteFunc(records, func(r *Record) bool { return r.Op.Kind == Write && r.Open && !read[r.Op.Value] })
}
