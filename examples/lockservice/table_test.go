package main

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/lockstep-go/lockstep"
)

var (
	memberA = lockstep.Member{Name: "a", Incarnation: 1}
	memberB = lockstep.Member{Name: "b", Incarnation: 2}
	memberC = lockstep.Member{Name: "c", Incarnation: 3}
)

func of(m lockstep.Member, request uint64) owner {
	return owner{Member: m, Client: 7, Request: request}
}

func TestFirstComesFirst(t *testing.T) {
	tab := newTable()
	if fence, ok := tab.acquire("x", of(memberA, 1), 10); !ok || fence != 10 {
		t.Fatalf("a free lock: fence %d, granted %v", fence, ok)
	}
	if fence, ok := tab.acquire("x", of(memberB, 1), 20); ok || fence != 20 {
		t.Fatalf("a held lock: fence %d, granted %v", fence, ok)
	}
	if _, ok := tab.acquire("x", of(memberC, 1), 30); ok {
		t.Fatal("granted to a third")
	}
	if fence, ok := tab.acquire("x", of(memberA, 1), 40); !ok || fence != 10 {
		t.Fatalf("the same request again: fence %d, granted %v", fence, ok)
	}
	if fence, ok := tab.acquire("x", of(memberB, 1), 50); ok || fence != 20 {
		t.Fatalf("a waiter's request again: fence %d, granted %v", fence, ok)
	}
	p, ok := tab.release("x", of(memberA, 1), 60)
	if !ok || p.From.Fence != 10 || p.To.Member != memberB || p.To.Fence != 20 {
		t.Fatalf("released to %+v, %v", p, ok)
	}
	if _, ok := tab.release("x", of(memberA, 1), 70); ok {
		t.Fatal("the same lock released twice")
	}
	if _, ok := tab.release("x", of(memberC, 1), 80); ok {
		t.Fatal("a waiter that gives up released the lock")
	}
	p, ok = tab.release("x", of(memberB, 1), 90)
	if !ok || !p.To.Member.IsZero() || len(tab.locks) != 0 {
		t.Fatalf("the last release: %+v, %v, %d locks held", p, ok, len(tab.locks))
	}
}

func TestDepartedPassOn(t *testing.T) {
	tab := newTable()
	tab.acquire("y", of(memberA, 1), 1)
	tab.acquire("y", of(memberC, 1), 2)
	tab.acquire("y", of(memberB, 1), 3)
	tab.acquire("x", of(memberC, 2), 4)
	tab.acquire("x", of(memberB, 2), 5)
	tab.acquire("z", of(memberC, 3), 6)
	passes := tab.keep([]lockstep.Member{memberA, memberB})
	if len(passes) != 2 || passes[0].Lock != "x" || passes[0].To.owner != of(memberB, 2) || passes[1].Lock != "z" || !passes[1].To.Member.IsZero() {
		t.Fatalf("passed on: %+v", passes)
	}
	if passes[0].To.Fence <= passes[0].From.Fence {
		t.Fatalf("the fence does not grow: %+v", passes[0])
	}
	if q := tab.locks["y"]; len(q) != 2 || q[1].Member != memberB {
		t.Fatalf("a departed waiter is still there: %+v", q)
	}
	before := tab.sum()
	if again := tab.keep([]lockstep.Member{memberA, memberB}); len(again) != 0 || tab.sum() != before {
		t.Fatalf("the same view again changed something: %+v", again)
	}
}

func TestResetSparesLaterRequests(t *testing.T) {
	tab := newTable()
	tab.acquire("x", of(memberA, 5), 1)
	tab.acquire("y", of(memberA, 6), 2)
	tab.acquire("x", of(memberB, 1), 3)
	passes := tab.reset(memberA, 6, 4)
	if len(passes) != 1 || passes[0].Lock != "x" || passes[0].To.Member != memberB {
		t.Fatalf("passed on: %+v", passes)
	}
	if len(tab.locks["y"]) != 1 {
		t.Fatal("a request from after the reset is gone")
	}
}

// deed does to a table what one line of a random history says.
func deed(tab *table, r *rand.Rand, at lockstep.Position) {
	members := []lockstep.Member{memberA, memberB, memberC}
	m := members[r.IntN(3)]
	who := owner{Member: m, Client: r.Uint32N(4), Request: r.Uint64N(6)}
	lock := strconv.Itoa(r.IntN(5))
	switch n := r.IntN(40); {
	case n == 0:
		tab.keep(members[:2])
	case n == 1:
		tab.reset(m, 3, at)
	case n < 20:
		tab.acquire(lock, who, at)
	default:
		tab.release(lock, who, at)
	}
}

func TestSameDeedsSameTable(t *testing.T) {
	one, two := newTable(), newTable()
	r, s := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(1, 2))
	for at := lockstep.Position(1); at < 3000; at++ {
		deed(one, r, at)
		deed(two, s, at)
		if at%100 == 0 {
			w, err := two.save()
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if _, err := w.WriteTo(&b); err != nil {
				t.Fatal(err)
			}
			two = newTable()
			if err := two.load(&b); err != nil {
				t.Fatal(err)
			}
		}
		if one.sum() != two.sum() {
			t.Fatalf("after %d deeds: %+v and %+v", at, one.sum(), two.sum())
		}
		for lock, queue := range one.locks {
			for i := 1; i < len(queue); i++ {
				if queue[i].Fence <= queue[i-1].Fence {
					t.Fatalf("lock %s: fences do not grow along the queue: %v", lock, queue)
				}
			}
		}
	}
}

func TestOneMissedDeedIsSeenForEver(t *testing.T) {
	one, two := newTable(), newTable()
	one.acquire("x", of(memberA, 1), 1)
	one.release("x", of(memberA, 1), 2)
	one.acquire("y", of(memberB, 1), 3)
	two.acquire("y", of(memberB, 1), 3)
	if one.sum().Hash == two.sum().Hash {
		t.Fatal("the hash does not show that an acquire and its release are missing")
	}
}

func TestLoadRefusesNonsense(t *testing.T) {
	for _, text := range []string{"", "{", "{}", `{"Locks":{"x":[]}}`, `{"Locks":3}`} {
		tab := newTable()
		tab.acquire("x", of(memberA, 1), 1)
		before := tab.sum()
		if err := tab.load(bytes.NewReader([]byte(text))); err == nil {
			t.Errorf("%q was loaded", text)
		}
		if tab.sum() != before {
			t.Errorf("%q changed the table before it was refused", text)
		}
	}
}
