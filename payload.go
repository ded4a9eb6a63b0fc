package lockstep

// What stands before a message's encoded value: the call that waits for it, and its type's index in the group's table.

import (
	"encoding/binary"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	callSize  = 8 // a call id: applies, queries and flushes
	indexSize = 2 // an index into the group's table: all but flushes
)

// headSize is how many bytes stand before the value.
func headSize(kind wire.Kind) int {
	switch kind {
	case wire.KindApply, wire.KindQuery:
		return callSize + indexSize
	case wire.KindFlush:
		return callSize
	}
	return indexSize
}

// putHead fills in what stands before the value; b has room for it.
func putHead(b []byte, kind wire.Kind, call uint64, index int) {
	if kind != wire.KindApp {
		binary.BigEndian.PutUint64(b, call)
		b = b[callSize:]
	}
	if kind != wire.KindFlush {
		binary.BigEndian.PutUint16(b, uint16(index))
	}
}

// cutCall takes the call id off a payload.
func cutCall(b []byte) (call uint64, rest []byte, ok bool) {
	if len(b) < callSize {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(b), b[callSize:], true
}

// cutIndex takes the index off a payload, skipping what stands before it.
func cutIndex(b []byte, skip int) (index int, rest []byte, ok bool) {
	if len(b) < skip+indexSize {
		return 0, nil, false
	}
	return int(binary.BigEndian.Uint16(b[skip:])), b[skip+indexSize:], true
}

// An agreedTable is the group's table of types as of some view. Indices only ever grow, so a newer one serves older messages
// too. It is immutable; the zero value knows no type.
type agreedTable struct {
	entries []wire.HandlerEntry
	match   *tableMatch
}

func newAgreedTable(f *frozenHandlers, entries []wire.HandlerEntry) *agreedTable {
	return &agreedTable{entries: entries, match: f.match(entries)}
}

// entry is this member's handler for an index from the wire, or nil.
func (a *agreedTable) entry(index int) *handlerEntry {
	if a.match == nil {
		return nil
	}
	return a.match.entry(index)
}

// index is the group's index for a message's type; -1 if the group does not know it.
func (a *agreedTable) index(m *encoded) int {
	if m.entry != nil && a.match != nil {
		return a.match.index(m.entry)
	}
	for i, e := range a.entries {
		if e.Name == m.name && e.Kind == uint8(m.kind) {
			return i
		}
	}
	return -1
}

// missing are the members that do not handle the type.
func (a *agreedTable) missing(index int) map[wire.MemberID]bool {
	if index < 0 || index >= len(a.entries) || len(a.entries[index].Missing) == 0 {
		return nil
	}
	out := map[wire.MemberID]bool{}
	for _, id := range a.entries[index].Missing {
		out[id] = true
	}
	return out
}
