package transport

// Datagrams that did not open: from whom, why, how many. This is what tells an operator of a wrong key.

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A DropReason says why a datagram was dropped unopened.
type DropReason uint8

// The reasons.
const (
	DropUnknownKey  DropReason = 1 // sealed with another cluster key, or by a member without one
	DropBadTag      DropReason = 2 // forged or damaged, or of a cluster with another label
	DropMalformed   DropReason = 3 // too short, or not lockstep's
	DropUnknownRing DropReason = 4 // of a ring not installed here, or no longer; normal around a membership change
	DropVersion     DropReason = 5 // of another version of the header
)

// A Drop counts the datagrams from one address that were dropped for one reason.
type Drop struct {
	From   netip.AddrPort
	Reason DropReason
	KeyID  uint32 // with DropUnknownKey: the id in the header; with DropVersion: the version
	Count  uint64
	Last   time.Time // of the last one, on this host's clock
}

// String is the count and the reason with a hint, without the address: "14 packets under unknown key id 5f3a0c11 (wrong key?)".
func (d Drop) String() string {
	packets := "packets"
	if d.Count == 1 {
		packets = "packet"
	}
	switch d.Reason {
	case DropUnknownKey:
		if d.KeyID == 0 {
			return fmt.Sprintf("%d %s without a key (the sender runs insecure)", d.Count, packets)
		}
		return fmt.Sprintf("%d %s under unknown key id %08x (wrong key?)", d.Count, packets, d.KeyID)
	case DropBadTag:
		return fmt.Sprintf("%d %s with a bad tag (another cluster label?)", d.Count, packets)
	case DropMalformed:
		return fmt.Sprintf("%d malformed %s (another program?)", d.Count, packets)
	case DropUnknownRing:
		return fmt.Sprintf("%d %s of a ring not installed here", d.Count, packets)
	case DropVersion:
		return fmt.Sprintf("%d %s of protocol version %d (another release?)", d.Count, packets, d.KeyID)
	}
	return fmt.Sprintf("%d %s dropped", d.Count, packets)
}

// maxDrops bounds the table: sources are forgeable, so it must not grow with them.
const maxDrops = 64

// dropTable is written by Receive's goroutine and read by any. When it is full the entry changed longest ago makes room.
type dropTable struct {
	mu    sync.Mutex
	total uint64
	rows  []Drop
}

func (t *dropTable) add(from netip.AddrPort, reason DropReason, id uint32) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total++
	oldest := 0
	for i := range t.rows {
		r := &t.rows[i]
		if r.From == from && r.Reason == reason && r.KeyID == id {
			r.Count++
			r.Last = now
			return
		}
		if r.Last.Before(t.rows[oldest].Last) {
			oldest = i
		}
	}
	row := Drop{From: from, Reason: reason, KeyID: id, Count: 1, Last: now}
	if len(t.rows) < maxDrops {
		t.rows = append(t.rows, row)
		return
	}
	t.rows[oldest] = row
}

func (t *dropTable) list() []Drop {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := slices.Clone(t.rows)
	slices.SortStableFunc(rows, func(a, b Drop) int { return b.Last.Compare(a.Last) })
	return rows
}

func (t *dropTable) sum() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}
