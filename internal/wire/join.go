package wire

// Join: who should form the next ring?

import (
	"fmt"
	"slices"
)

// A Join is a proposal of who should form the next ring: Proc less Fail (Totem's proc_set and fail_set). Parsers refuse lists
// that are not sorted, name anyone twice, or leave the sender out of Proc.
type Join struct {
	Sender   MemberID
	RingSeq  uint64   // the highest ring sequence the sender knows
	Rotation uint32   // how often the sender handled the commit token of its last attempt, for forced progress
	Ring     RingID   // the ring last installed by the sender
	Proc     []Info   // sorted by id, at most MaxMembers; the sender is among them
	Fail     []Failed // sorted by id, at most MaxMembers

	// What follows travels in extensions (hearing.go).
	Hearing []Hearing  // who hears whom, as far as the sender knows: ascending by Member, at most one for each of Proc
	Barred  []MemberID // those whom the sender lets in only on proof that all hear all; ascending, at most MaxMembers
	Proved  []MemberID // those for whom it has that proof; ascending, at most MaxMembers
}

// Type is TypeJoin.
func (p *Join) Type() Type { return TypeJoin }

// Append appends the fixed fields, the counts of both lists, then the lists.
func (p *Join) Append(b []byte) []byte {
	b = append(b, uint8(TypeJoin))
	b = append(b, p.Sender[:]...)
	b = appendU64(b, p.RingSeq)
	b = appendU32(b, p.Rotation)
	b = appendRing(b, p.Ring)
	b = appendCount16(b, len(p.Proc))
	b = appendCount16(b, len(p.Fail))
	for i := range p.Proc {
		b = p.Proc[i].append(b)
	}
	b = appendFaileds(b, p.Fail)
	b = p.appendHearing(b)
	b = appendIDExtension(b, joinBarred, p.Barred)
	return appendIDExtension(b, joinProved, p.Proved)
}

// ParseJoin reads a whole body. Errors match ErrMalformed.
func ParseJoin(body []byte) (*Join, error) {
	r := reader{b: body}
	r.expect(TypeJoin)
	p := &Join{Sender: r.id()}
	p.RingSeq = r.u64()
	p.Rotation = r.u32()
	p.Ring = r.ring()
	procs, fails := uint32(r.u16()), uint32(r.u16())
	if n := r.count(procs, MaxMembers, infoSize); n > 0 {
		p.Proc = make([]Info, n)
		for i := range p.Proc {
			p.Proc[i] = r.info()
		}
	}
	p.Fail = r.faileds(r.count(fails, MaxMembers, failedSize))
	if r.fault == "" {
		p.judge(&r)
	}
	for {
		kind, value, ok := r.extension()
		if !ok {
			break
		}
		v := reader{b: value}
		switch kind {
		case joinHearing:
			p.Hearing = v.hearing(p.Hearing, len(p.Proc))
		case joinBarred:
			p.Barred = v.extensionIDs()
		case joinProved:
			p.Proved = v.extensionIDs()
		}
		if v.fault != "" {
			r.fail(v.fault)
		}
	}
	if err := r.done("join"); err != nil {
		return nil, err
	}
	return p, nil
}

// judge holds the lists to what the type's comment promises, so that membership can search them.
func (p *Join) judge(r *reader) {
	if !ascending(p.Proc, func(a, b Info) int { return a.ID.Compare(b.ID) }) {
		r.fail("proc is not sorted")
		return
	}
	if !ascending(p.Fail, func(a, b Failed) int { return a.ID.Compare(b.ID) }) {
		r.fail("fail is not sorted")
		return
	}
	_, ok := slices.BinarySearchFunc(p.Proc, p.Sender, func(i Info, id MemberID) int { return i.ID.Compare(id) })
	if !ok {
		r.fail("the sender is not in proc")
	}
}

// String describes the packet on one line.
func (p *Join) String() string {
	b := fmt.Appendf(nil, "join %v ringseq %d rotation %d ring %v proc ", p.Sender, p.RingSeq, p.Rotation, p.Ring)
	b = appendList(b, p.Proc, appendInfo)
	b = append(b, " fail "...)
	b = appendList(b, p.Fail, appendFailed)
	for i := range p.Hearing {
		b = p.Hearing[i].describe(append(b, ' '))
	}
	if len(p.Barred) > 0 {
		b = fmt.Appendf(b, " barred %v", p.Barred)
	}
	if len(p.Proved) > 0 {
		b = fmt.Appendf(b, " proved %v", p.Proved)
	}
	return string(b)
}
