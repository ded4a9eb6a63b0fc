package linear

// What is left out or tried first changes no verdict.

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// plainly asks porcupine without any help.
func plainly(records []*Record) bool {
	var history []porcupine.Operation
	for _, r := range records {
		o := porcupine.Operation{Input: r, Call: r.Call, Return: r.Return}
		if r.Open {
			o.Return = math.MaxInt64
		}
		history = append(history, o)
	}
	return porcupine.CheckOperations(model(), history)
}

// played makes n calls on one object: they happen one at a time, each somewhere in its time, and some callers are not told. A hint says
// where, now and then a wrong one. One caller may be told anything.
func played(r *rand.Rand, kinds []Kind, n, width, values int, wrong bool) []Record {
	var records []Record
	var s state
	for i := range n {
		now := int64(10 * i)
		rec := Record{Client: fmt.Sprint(r.IntN(3)), Call: now - int64(r.IntN(width)), Return: now + int64(r.IntN(width)), Place: uint64(i + 1),
			Op: Op{Kind: kinds[r.IntN(len(kinds))], Key: "x", Value: fmt.Sprint(r.IntN(values))}}
		if rec.Op.Kind != Write {
			rec.Op.Value = ""
		}
		switch rec.Op.Kind {
		case Read:
			rec.Result.Value = s.value
		case Holder:
			rec.Result.Value = s.holder
		case Acquire:
			if s.holder == "" {
				rec.Result.Fence = uint64(i + 1)
			} else if s.holder == rec.Client {
				rec.Result.Fence = s.fence
			}
		case Release:
			rec.Result.Done = s.holder == rec.Client
		case Break:
			rec.Result.Done = s.holder != ""
		case Append:
			rec.Result.Fence = uint64(i + 1)
		}
		if ok, next := step(s, &rec); ok {
			s = next
		}
		if r.IntN(4) == 0 { // nobody is told; sometimes it does not happen either
			rec.Open, rec.Return, rec.Result = true, 0, Result{}
		}
		if r.IntN(8) == 0 {
			rec.Place = uint64(r.IntN(n + 1))
		}
		records = append(records, rec)
	}
	if wrong {
		x := &records[r.IntN(n)]
		if x.Open {
			x.Open, x.Return = false, x.Call+int64(r.IntN(width))
		}
		x.Result = Result{Value: fmt.Sprint(r.IntN(n)), Done: r.IntN(2) == 0, Fence: uint64(r.IntN(n))}
	}
	return records
}

// TestHelpChangesNoVerdict compares with porcupine's own search, which finds small histories easy.
func TestHelpChangesNoVerdict(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	verdicts := map[bool]int{}
	for i := range 6000 {
		kinds := [][]Kind{{Write, Write, Read}, {Acquire, Acquire, Release, Break, Holder}, {Append}}[i%3]
		records := played(r, kinds, 2+r.IntN(7), 1+r.IntN(60), 1+r.IntN(8), i%2 == 0)
		var list []*Record
		for k := range records {
			list = append(list, &records[k])
		}
		want := plainly(list)
		verdicts[want]++
		if found := Check(records, time.Minute); want != (len(found) == 0) {
			for _, x := range records {
				t.Logf("%v place %d", x, x.Place)
			}
			t.Fatalf("history %d: porcupine alone says %v, with help %v", i, want, found)
		}
		for k := range records {
			records[k].Place = 0
		}
		if found := Check(records, time.Minute); want != (len(found) == 0) {
			for _, x := range records {
				t.Logf("%v", x)
			}
			t.Fatalf("history %d without places: porcupine alone says %v, with help %v", i, want, found)
		}
	}
	if verdicts[true] < 1000 || verdicts[false] < 1000 {
		t.Errorf("verdicts %v", verdicts)
	}
}

// TestManyAtOnce: a hundred calls, sixty of them under way at once and a quarter open, are put in order though nobody claims to know it.
func TestManyAtOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		kinds := [][]Kind{{Write, Write, Read}, {Acquire, Acquire, Acquire, Acquire, Release, Break, Holder}}[i%2]
		records := played(r, kinds, 100, 300, 1<<30, false)
		for k := range records {
			records[k].Place = 0
		}
		if found := Check(records, 10*time.Second); len(found) > 0 {
			t.Errorf("history %d: %v", i, found)
		}
	}
}

// TestClaim: one order is looked at first, however many there are: here every subset of refused calls would have to be tried, and the
// places say which breaks and acquires came when.
func TestClaim(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 40 {
		records := played(r, []Kind{Acquire, Acquire, Acquire, Release, Break, Holder}, 100, 300, 1<<30, false)
		var list []*Record
		for k := range records {
			records[k].Place = uint64(k + 1)
			list = append(list, &records[k])
		}
		order := claimed(list)
		if order == nil || !porcupine.CheckOperations(model(), order) {
			t.Fatalf("the order in which it happened is no proof: %v", records)
		}
		// Pinned is what is told, each within its time.
		if len(order) != len(records) {
			t.Errorf("%d of %d calls", len(order), len(records))
		}
		// A call that returned before another began cannot come after it, whatever is claimed.
		first, last := &list[0], &list[len(list)-1]
		if (*first).Open || (*last).Open {
			continue
		}
		(*first).Place, (*last).Place, (*first).Return = (*last).Place+1, (*first).Place, (*last).Call-1
		if claimed(list) != nil {
			t.Fatalf("an order against the clock passes: %v", records)
		}
	}
}
