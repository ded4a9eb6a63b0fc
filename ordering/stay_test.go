package ordering

// A visit in several goes is one visit.

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestAVisitInGoesIsOneVisit: whatever waits at whom, and whatever is lost, a visit in which more was numbered by and by leaves the very
// token, packets and rings that it leaves when all of it had waited from the start.
func TestAVisitInGoesIsOneVisit(tb *testing.T) {
	rapid.Check(tb, func(t *rapid.T) {
		whole, parts := newTwin(tb, 3), newTwin(tb, 3)
		for range rapid.IntRange(1, 40).Draw(t, "visits") {
			lost := rapid.SliceOfNDistinct(rapid.IntRange(0, 2), 0, 2, rapid.ID[int]).Draw(t, "lost at")
			var goes []int
			total := 0
			for range rapid.IntRange(0, 1+3*(whole.at%2)).Draw(t, "goes") {
				n := rapid.SampledFrom([]int{0, 1, 2, 40, 500}).Draw(t, "packets")
				goes, total = append(goes, n), total+n
			}
			for _, w := range []*twin{whole, parts} {
				w.lose = func(to int, d *wire.Data) bool { return d.Seq%2 == 0 && slices.Contains(lost, to) }
				for _, q := range w.src {
					q.order = wire.OrderSafeAt
				}
			}
			whole.src[whole.at].full += total
			whole.pass()
			parts.inGoes(goes)
			if !reflect.DeepEqual(whole.token, parts.token) {
				t.Fatalf("goes of %v packets left\n%+v, all at once\n%+v", goes, parts.token, whole.token)
			}
			for i, r := range whole.rings {
				p := parts.rings[i]
				if r.aru != p.aru || r.high != p.high || r.delivered != p.delivered || r.safe != p.safe || r.lastPosition != p.lastPosition {
					t.Fatalf("goes of %v packets left member %d with %+v, all at once %+v", goes, i, p, r)
				}
			}
		}
	})
}

// inGoes is a visit in which so many packets come to wait at each go. What goes out is delivered before the next one.
func (w *twin) inGoes(goes []int) {
	r, src := w.rings[w.at], w.src[w.at]
	var v Visit
	for i, n := range append(goes, 0) {
		src.full += n
		if i == 0 {
			r.Begin(w.token, src, &v)
			w.spread(v.Retransmit)
		} else {
			r.More(w.token, src, &v)
		}
		w.spread(v.New)
	}
	v.New = v.New[:0]
	r.End(w.token, src, &v)
	w.spread(nil)
	w.next()
}

// TestWhoeverIsAloneMayBeAnswered: when it is worth while to keep the token.
func TestWhoeverIsAloneMayBeAnswered(t *testing.T) {
	w := newTwin(t, 3)
	alone := func() bool { return w.rings[w.at].Alone(w.token) }
	answerable := func(messages ...string) bool {
		r, src, v := w.rings[0], w.src[0], Visit{}
		src.messages = messages
		r.Begin(w.token, src, &v)
		yes := r.Answerable(src, &v)
		r.End(w.token, src, &v)
		w.spread(v.New)
		for w.next(); w.at != 0; {
			w.pass()
		}
		return yes
	}
	if alone() {
		t.Error("nobody has numbered anything yet")
	}
	if !answerable("x") {
		t.Error("a message is not answerable")
	}
	if !alone() {
		t.Error("the only sender is not alone")
	}
	if answerable("x", "y") || answerable() {
		t.Error("two packets or none are answerable")
	}
	w.src[0].order = wire.OrderSafe
	if answerable("s") {
		t.Error("what waits to become safe is answerable")
	}
	w.src[0].order = wire.OrderAgreed
	w.lose = func(to int, _ *wire.Data) bool { return to == 1 }
	answerable("lost at 1")
	if alone() {
		t.Errorf("with a hole: %+v", w.token)
	}
	w.lose = func(int, *wire.Data) bool { return false }
	w.rotate(3)
	if !alone() {
		t.Error("what was lost is there again")
	}
	w.src[1].messages = []string{"of another"}
	w.rotate(1)
	if alone() {
		t.Error("another has sent in this rotation")
	}
}
