package main

// The replicated lock table. It is plain data and plain rules: no clock, no chance, no network, no goroutine. Two tables that
// are given the same calls in the same order are equal, and that is all that replication needs.

import (
	"maps"
	"slices"

	"github.com/lockstep-go/lockstep"
)

// An owner is one request of one client at one member.
type owner struct {
	Member  lockstep.Member
	Client  uint32
	Request uint64
}

// A place is an owner in the queue of a lock. Its fence is the position of the message that asked, so fences grow along a queue,
// and from each holder to the next.
type place struct {
	owner
	Fence lockstep.Position
}

// A pass is a lock that went from one place to the next. To has no member where nobody waited.
type pass struct {
	Lock     string
	From, To place
}

// A table is the state that every member holds. It belongs to the group's goroutine.
type table struct {
	// locks has a queue for every lock that is held: the first place holds it, the others wait in their order. A free
	// lock has no queue.
	locks map[string][]place
	// ops counts, and chain hashes, all that was done to the table: two members that differ in one message differ for
	// ever after, even if their locks come to look alike.
	ops   uint64
	chain uint64
}

func newTable() *table { return &table{locks: map[string][]place{}, chain: chainStart} }

// acquire puts a request into the queue of a lock and reports its fence and whether it holds the lock now. A request that is
// in the queue already stays where it is.
func (t *table) acquire(lock string, who owner, at lockstep.Position) (fence lockstep.Position, granted bool) {
	t.note('a', lock, who, at)
	queue := t.locks[lock]
	for i, p := range queue {
		if p.owner == who {
			return p.Fence, i == 0
		}
	}
	t.locks[lock] = append(queue, place{who, at})
	return at, len(queue) == 0
}

// release takes a request out of the queue of a lock. If it held the lock, the lock passes on: ok says so, and to whom.
func (t *table) release(lock string, who owner, at lockstep.Position) (p pass, ok bool) {
	t.note('r', lock, who, at)
	queue := t.locks[lock]
	for i := range queue {
		if queue[i].owner != who {
			continue
		}
		from := queue[i]
		t.put(lock, slices.Delete(queue, i, i+1))
		return t.passed(lock, from), i == 0
	}
	return pass{}, false
}

// reset takes out all requests of a member that are below a number, and returns the locks that passed on, by name.
func (t *table) reset(m lockstep.Member, before uint64, at lockstep.Position) []pass {
	t.note('z', "", owner{Member: m, Request: before}, at)
	return t.drop(func(o owner) bool { return o.Member == m && o.Request < before })
}

// keep takes out all requests of members that are not in the list, and returns the locks that passed on, by name. Doing it
// twice does nothing the second time: a view may be handed out again after a load.
func (t *table) keep(members []lockstep.Member) []pass {
	return t.drop(func(o owner) bool { return !slices.Contains(members, o.Member) })
}

// drop takes out the requests that gone says. It goes through the locks by name, because the order in which a Go map is walked
// differs from member to member.
func (t *table) drop(gone func(owner) bool) []pass {
	var passes []pass
	for _, lock := range slices.Sorted(maps.Keys(t.locks)) {
		queue := t.locks[lock]
		first := queue[0]
		rest := slices.DeleteFunc(slices.Clone(queue), func(p place) bool { return gone(p.owner) })
		if len(rest) == len(queue) {
			continue
		}
		t.put(lock, rest)
		t.note('d', lock, first.owner, lockstep.Position(len(rest)))
		if gone(first.owner) {
			passes = append(passes, t.passed(lock, first))
		}
	}
	return passes
}

// put stores a queue; an empty one is not kept.
func (t *table) put(lock string, queue []place) {
	if len(queue) == 0 {
		delete(t.locks, lock)
		return
	}
	t.locks[lock] = queue
}

// passed says where a lock went that from has held.
func (t *table) passed(lock string, from place) pass {
	p := pass{Lock: lock, From: from}
	if queue := t.locks[lock]; len(queue) > 0 {
		p.To = queue[0]
	}
	return p
}
