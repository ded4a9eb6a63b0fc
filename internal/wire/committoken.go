package wire

// CommitToken: what each member brings to a new ring, shown to all of them.

import (
	"fmt"
	"slices"
)

// A CommitToken travels a proposed ring twice: first to collect what each member brings, then to show it to all. Parsers refuse
// one whose entries are none, not ascending by id (which is ring order), or not begun by the ring's representative.
type CommitToken struct {
	Ring    RingID
	Hop     uint32        // hops so far: < len(Entries) in the first rotation
	Entries []CommitEntry // in ring order, 1 to MaxMembers; Entries[0] is the representative
}

// A CommitEntry is what one member brings to a new ring.
type CommitEntry struct {
	ID            MemberID
	Filled        bool
	Received      bool     // the member has promised to deliver all that its last recovery exchanged (my_received_flg)
	OldRing       RingID   // the ring it last installed
	Aru           uint64   // everything up to here of the old ring is held
	High          uint64   // the highest sequence of the old ring it holds
	HighDelivered uint64   // the highest sequence of the old ring it delivered
	Position      Position // the highest position it knows
	Nonce         [16]byte // fresh in each attempt; the ring's keys come from all of them
	// Obligations are those whose messages the member has promised to deliver, at most MaxMembers. They travel in an extension,
	// in which entries with the same list share it; so do the slices that a parser returns. Replace one, never write into it.
	Obligations []MemberID
}

// commitEntrySize is what an entry takes without its obligations. All entries take the same, filled or not, so that the token keeps
// its size while it collects.
const commitEntrySize = 16 + 1 + 24 + 8 + 8 + 8 + 8 + 16

// commitObligations is the extension with a list of obligations: count u16, that many indices u16 of the entries that have it, then
// the ids.
const commitObligations uint16 = 1

// Type is TypeCommitToken.
func (p *CommitToken) Type() Type { return TypeCommitToken }

// Append appends type, ring, hop, the entries with their count, then one extension for each distinct list of obligations.
func (p *CommitToken) Append(b []byte) []byte {
	b = append(b, uint8(TypeCommitToken))
	b = appendRing(b, p.Ring)
	b = appendU32(b, p.Hop)
	b = appendCount16(b, len(p.Entries))
	for i := range p.Entries {
		e := &p.Entries[i]
		b = append(b, e.ID[:]...)
		b = append(b, flagBits(e.Filled, e.Received))
		b = appendRing(b, e.OldRing)
		b = appendU64(b, e.Aru)
		b = appendU64(b, e.High)
		b = appendU64(b, e.HighDelivered)
		b = appendU64(b, uint64(e.Position))
		b = append(b, e.Nonce[:]...)
	}
	return p.appendObligations(b)
}

func (p *CommitToken) appendObligations(b []byte) []byte {
	written := make([]bool, len(p.Entries))
	for i := range p.Entries {
		list := p.Entries[i].Obligations
		if len(list) == 0 || written[i] {
			continue
		}
		var same []int
		for k := i; k < len(p.Entries); k++ {
			if !written[k] && slices.Equal(p.Entries[k].Obligations, list) {
				written[k] = true
				same = append(same, k)
			}
		}
		at := len(b)
		b = openExtension(b, commitObligations)
		b = appendCount16(b, len(same))
		for _, k := range same {
			b = appendU16(b, uint16(k))
		}
		b = appendIDs(b, list)
		b = closeExtension(b, at)
	}
	return b
}

// ParseCommitToken reads a whole body. Errors match ErrMalformed.
func ParseCommitToken(body []byte) (*CommitToken, error) {
	r := reader{b: body}
	r.expect(TypeCommitToken)
	p := &CommitToken{Ring: r.ring()}
	p.Hop = r.u32()
	if n := r.count(uint32(r.u16()), MaxMembers, commitEntrySize); n > 0 {
		p.Entries = make([]CommitEntry, n)
		for i := range p.Entries {
			r.commitEntry(&p.Entries[i])
		}
	}
	switch {
	case r.fault != "":
	case len(p.Entries) == 0:
		r.fail("no entries")
	case !ascending(p.Entries, func(a, b CommitEntry) int { return a.ID.Compare(b.ID) }):
		r.fail("entries are not in ring order")
	case p.Entries[0].ID != p.Ring.Rep:
		r.fail("the first entry is not the representative")
	}
	for {
		kind, value, ok := r.extension()
		if !ok {
			break
		}
		if kind == commitObligations {
			v := reader{b: value}
			v.obligations(p.Entries)
			if v.fault != "" {
				r.fail(v.fault)
			}
		}
	}
	if err := r.done("commit token"); err != nil {
		return nil, err
	}
	return p, nil
}

func (r *reader) commitEntry(e *CommitEntry) {
	e.ID = r.id()
	flags := r.u8()
	e.Filled, e.Received = flags&1 != 0, flags&2 != 0
	e.OldRing = r.ring()
	e.Aru = r.u64()
	e.High = r.u64()
	e.HighDelivered = r.u64()
	e.Position = Position(r.u64())
	copy(e.Nonce[:], r.take(len(e.Nonce)))
}

// obligations reads one list and hands it to the entries it names. It is shared, not copied: a copy for each would let few
// bytes claim much memory.
func (r *reader) obligations(entries []CommitEntry) {
	n := r.count(uint32(r.u16()), len(entries), 2)
	indices := reader{b: r.take(2 * n)}
	if n == 0 || len(r.b) == 0 || len(r.b)%16 != 0 || len(r.b)/16 > MaxMembers {
		r.fail("bad list of obligations")
		return
	}
	list := r.ids(len(r.b) / 16)
	for range n {
		k := int(indices.u16())
		if k >= len(entries) || entries[k].Obligations != nil {
			r.fail("obligations of nobody, or twice")
			return
		}
		entries[k].Obligations = list[:len(list):len(list)]
	}
}

// String describes the packet on one line.
func (p *CommitToken) String() string {
	b := fmt.Appendf(nil, "commit ring %v hop %d entries ", p.Ring, p.Hop)
	return string(appendList(b, p.Entries, func(b []byte, e CommitEntry) []byte { return append(b, e.String()...) }))
}

// String is the entry without its nonce.
func (e CommitEntry) String() string {
	if !e.Filled {
		return e.ID.String() + ":open"
	}
	return fmt.Sprintf("%v:(old %v aru %d high %d delivered %d pos %d%s owes %d)", e.ID, e.OldRing, e.Aru, e.High,
		e.HighDelivered, e.Position, pick(e.Received, " received", ""), len(e.Obligations))
}
