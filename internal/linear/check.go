package linear

// The entrance: records by object, each decided for itself.

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"
)

// A Finding is one object whose calls fit no order, or were not decided in time.
type Finding struct {
	Key       string // with the sort of object before it: "register x"
	Undecided bool
	Text      string
}

func (f Finding) String() string { return fmt.Sprintf("linearizability: %s: %s", f.Key, f.Text) }

// object names what a record is about.
func object(op Op) string {
	switch op.Kind {
	case Write, Read:
		return "register " + op.Key
	case Acquire, Release, Break, Holder:
		return "lock " + op.Key
	}
	return "log " + op.Key
}

// Check decides every object within the given time, all together, and returns what it found, objects in the order in which they first
// appear. Nothing means: there is an order for every object. The records are not changed.
func Check(records []Record, limit time.Duration) []Finding {
	byObject := map[string][]*Record{}
	var order []string
	for i := range records {
		name := object(records[i].Op)
		if byObject[name] == nil {
			order = append(order, name)
		}
		byObject[name] = append(byObject[name], &records[i])
	}
	var found []Finding
	end := time.Now().Add(limit)
	for _, name := range order {
		if f := decide(name, byObject[name], time.Until(end)); f != nil {
			found = append(found, *f)
		}
	}
	return found
}

func decide(name string, records []*Record, left time.Duration) *Finding {
	if left <= 0 {
		return &Finding{name, true, fmt.Sprintf("%d calls were not looked at: the time was over", len(records))}
	}
	end := time.Now().Add(left)
	records = matter(records)
	if order := claimed(records); order != nil && porcupine.CheckOperationsTimeout(model(), order, left) == porcupine.Ok {
		return nil
	}
	clients := map[string]int{}
	history := make([]porcupine.Operation, len(records))
	for i, r := range records {
		id, known := clients[r.Client]
		if !known {
			id = len(clients)
			clients[r.Client] = id
		}
		history[i] = porcupine.Operation{ClientId: id, Input: r, Call: r.Call, Return: r.Return}
		if r.Open {
			history[i].Return = math.MaxInt64
		}
	}
	wide := newProblem(records).model()
	switch porcupine.CheckOperationsTimeout(wide, history, max(time.Until(end), time.Nanosecond)) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return &Finding{name, true, fmt.Sprintf("%d calls were not decided in %v", len(records), left.Round(time.Millisecond))}
	}
	return &Finding{name, false, explain(wide, history, left)}
}

// explain says how far an order was found.
func explain(model porcupine.Model, history []porcupine.Operation, limit time.Duration) string {
	_, info := porcupine.CheckOperationsVerbose(model, history, limit)
	var longest []porcupine.Operation
	for _, part := range info.PartialLinearizationsOperations() {
		for _, p := range part {
			if len(p) > len(longest) {
				longest = p
			}
		}
	}
	done := map[*Record]bool{}
	s := state{}
	for _, o := range longest {
		r := o.Input.(*Record)
		done[r] = true
		_, s = step(s, r)
	}
	// The first that returned without a place in the order is where it breaks.
	var stuck *Record
	for _, o := range history {
		if r := o.Input.(*Record); !done[r] && !r.Open && (stuck == nil || r.Return < stuck.Return) {
			stuck = r
		}
	}
	text := fmt.Sprintf("no order fits its %d calls; %d can be put in one, which ends in %q held by %q with fence %d", len(history), len(longest), s.value,
		s.holder, s.fence)
	if stuck != nil {
		text += fmt.Sprintf("; there is no place for %s", stuck)
	}
	return text
}
