package main

// The table as bytes for a joiner, and as a hash for comparison.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/lockstep-go/lockstep"
)

// The hash is FNV-1a of 64 bits: it finds accidents, which is what tables differ by; it is no defence against malice.
const (
	chainStart = 14695981039346656037
	chainPrime = 1099511628211
)

func mix(h uint64, b byte) uint64 { return (h ^ uint64(b)) * chainPrime }

func mixUint64(h, v uint64) uint64 {
	for range 8 {
		h = mix(h, byte(v))
		v >>= 8
	}
	return h
}

func mixString(h uint64, s string) uint64 {
	h = mixUint64(h, uint64(len(s)))
	for i := range len(s) {
		h = mix(h, s[i])
	}
	return h
}

func mixOwner(h uint64, o owner) uint64 {
	h = mixString(h, o.Member.Name)
	h = mixUint64(h, o.Member.Incarnation)
	h = mixUint64(h, uint64(o.Client))
	return mixUint64(h, o.Request)
}

// note adds one deed to the table's history.
func (t *table) note(what byte, lock string, who owner, at lockstep.Position) {
	t.ops++
	h := mix(t.chain, what)
	h = mixString(h, lock)
	h = mixOwner(h, who)
	t.chain = mixUint64(h, at.Uint64())
}

// sum hashes the table: its history and every queue.
func (t *table) sum() Sum {
	h := mixUint64(t.chain, t.ops)
	for _, lock := range slices.Sorted(maps.Keys(t.locks)) {
		h = mixString(h, lock)
		for _, p := range t.locks[lock] {
			h = mixOwner(h, p.owner)
			h = mixUint64(h, p.Fence.Uint64())
		}
	}
	return Sum{Hash: fmt.Sprintf("%016x", h), Ops: t.ops, Locks: len(t.locks)}
}

// rows lists the locks that are held, by name.
func (t *table) rows() []Row {
	rows := make([]Row, 0, len(t.locks))
	for _, lock := range slices.Sorted(maps.Keys(t.locks)) {
		queue := t.locks[lock]
		r := Row{Lock: lock, Holder: queue[0].String(), Fence: queue[0].Fence.Uint64()}
		for _, p := range queue[1:] {
			r.Waiters = append(r.Waiters, p.String())
		}
		rows = append(rows, r)
	}
	return rows
}

// String is the member and the client: "a/1f3c:7".
func (o owner) String() string { return fmt.Sprintf("%v:%d", o.Member, o.Client) }

// snapshot is the table as it travels to a joiner.
type snapshot struct {
	Ops   uint64
	Chain uint64
	Locks map[string][]place
}

// save encodes the table at once, so that what is returned is free of it.
func (t *table) save() (io.WriterTo, error) {
	b, err := json.Marshal(snapshot{Ops: t.ops, Chain: t.chain, Locks: t.locks})
	if err != nil {
		return nil, fmt.Errorf("save the table: %w", err)
	}
	return bytes.NewReader(b), nil
}

// load replaces the table by what save wrote, or leaves it as it is and says why.
func (t *table) load(r io.Reader) error {
	var s snapshot
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return fmt.Errorf("load the table: %w", err)
	}
	if s.Locks == nil {
		return errors.New("load the table: there is none")
	}
	for lock, queue := range s.Locks {
		if len(queue) == 0 {
			return fmt.Errorf("load the table: lock %q is kept with nobody in its queue", lock)
		}
	}
	t.locks, t.ops, t.chain = s.Locks, s.Ops, s.Chain
	return nil
}
