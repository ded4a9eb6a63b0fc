package evs

import "testing"

// apart makes c's last message before it was cut off, which it delivered alone, one of the given order.
func apart(o Order) func(t *testing.T, h *History) {
	return func(t *testing.T, h *History) {
		u := UID{c, 2}
		l, i := find(t, h, c, 0, func(e Event) bool { return e.Kind == Send && e.Message == u })
		l.Events[i].Order = o
		l, i = find(t, h, c, 0, delivery(u))
		l.Events[i].Order = o
	}
}

// One that delivered alone and is cut off breaks no promise that holds for one.
func TestSafeAtOnePromisesNothing(t *testing.T) {
	h := good()
	apart(SafeAt|1<<8)(t, h)
	for _, v := range Check(h) {
		t.Error(v)
	}
}
