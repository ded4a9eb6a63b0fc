package lockstep

// The send queue's bound: how much is taken, and who waits.

import "testing"

// TestABudgetTakesOneMessageBeyond: what begins below the bound is taken whole, however large, and nothing after it until there is room;
// a handler has twice as much.
func TestABudgetTakesOneMessageBeyond(t *testing.T) {
	b := budget{maxMessages: 16, maxBytes: 1000}
	if !b.take(demand{size: 900}) || !b.take(demand{size: 5000}) {
		t.Fatal("a message that began below the bound was not taken")
	}
	if b.take(demand{size: 1}) {
		t.Error("taken above the bound")
	}
	if b.takeInUpcall(demand{size: 1}) {
		t.Error("taken for a handler above twice the bound")
	}
	w := b.wait(demand{size: 7})
	b.release(900)
	if w.taken {
		t.Error("who waited was let in above the bound")
	}
	if b.release(5000); !w.taken || b.bytes != 7 || b.messages != 1 {
		t.Errorf("who waited: taken %v, %d messages of %d bytes", w.taken, b.messages, b.bytes)
	}
	for range 15 {
		if !b.take(demand{size: 1}) {
			t.Fatal("fewer messages taken than the bound says")
		}
	}
	if b.take(demand{size: 1}) {
		t.Error("more messages taken than the bound says")
	}
	if !b.takeInUpcall(demand{size: 1}) {
		t.Error("a handler has no room of its own")
	}
}
