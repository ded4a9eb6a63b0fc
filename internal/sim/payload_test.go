package sim

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/evs"
)

// A payload says whose it is, and any byte changed, lost or moved is noticed.
func TestPayload(t *testing.T) {
	uid := evs.UID{Sender: "abc/12", Seq: 77}
	for _, size := range []int{0, 16, 17, 100, 1344, 200_000} {
		b := encode(uid, size)
		if got, whole := decode(b); got != uid || !whole {
			t.Errorf("size %d: read %v whole %v", size, got, whole)
		}
		if len(b) < 100 {
			continue
		}
		for _, i := range []int{50, len(b) / 2, len(b) - 1} {
			b[i]++
			if _, whole := decode(b); whole {
				t.Errorf("size %d: a change at %d was not noticed", size, i)
			}
			b[i]--
		}
		if _, whole := decode(b[:len(b)-1]); whole {
			t.Errorf("size %d: a lost byte was not noticed", size)
		}
	}
	if _, whole := decode([]byte{1, 2}); whole {
		t.Error("two bytes were taken for a message")
	}
	if _, whole := decode([]byte{0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff}); whole {
		t.Error("a sender's name beyond the end was taken for a message")
	}
}

func TestChain(t *testing.T) {
	a, b := evs.UID{Sender: "a/1", Seq: 1}, evs.UID{Sender: "b/1", Seq: 1}
	if chainOf(chainOf(0, a), b) == chainOf(chainOf(0, b), a) {
		t.Error("the chain does not tell two orders apart")
	}
}
