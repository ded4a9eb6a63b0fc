package wire

// Hearing: who hears whom, as members tell each other while they seek a ring on which all hear all.

import (
	"fmt"
	"slices"
)

// A Hearing says whom one member hears, by its place in the Proc of the Join that carries it. Later versions replace earlier ones;
// members pass on each other's, so that a member learns about those it does not hear itself.
type Hearing struct {
	Member  uint16
	Version uint32
	Heard   []byte // bit i%8 of byte i/8 for Proc[i]; as many bytes as Proc needs
}

// Hears reports whether the member hears Proc[i].
func (h *Hearing) Hears(i int) bool { return i/8 < len(h.Heard) && h.Heard[i/8]>>(i%8)&1 == 1 }

// Hear notes that the member hears Proc[i], one of n.
func (h *Hearing) Hear(i, n int) {
	if h.Heard == nil {
		h.Heard = make([]byte, (n+7)/8)
	}
	h.Heard[i/8] |= 1 << (i % 8)
}

// The extensions of a Join.
const (
	joinHearing uint16 = 1 // all Hearings: member u16, version u32, then the bits, each
	joinBarred  uint16 = 2 // ids
	joinProved  uint16 = 3 // ids
)

func (p *Join) appendHearing(b []byte) []byte {
	if len(p.Hearing) == 0 {
		return b
	}
	width := (len(p.Proc) + 7) / 8
	at := len(b)
	b = openExtension(b, joinHearing)
	for i := range p.Hearing {
		// An extension's length has 16 bits: very large rings need several.
		if len(b)-at > 1<<15 {
			b = closeExtension(b, at)
			at = len(b)
			b = openExtension(b, joinHearing)
		}
		h := &p.Hearing[i]
		b = appendU16(b, h.Member)
		b = appendU32(b, h.Version)
		b = append(b, h.Heard...)
		for range width - len(h.Heard) {
			b = append(b, 0)
		}
	}
	return closeExtension(b, at)
}

// hearing reads the rest of an extension; its bits alias the packet.
func (r *reader) hearing(list []Hearing, n int) []Hearing {
	width := (n + 7) / 8
	for len(r.b) > 0 && r.fault == "" {
		h := Hearing{Member: r.u16(), Version: r.u32(), Heard: r.bytes(uint32(width))}
		switch {
		case r.fault != "":
		case int(h.Member) >= n || len(list) > 0 && list[len(list)-1].Member >= h.Member:
			r.fail("hearing of nobody, or not in order")
		case n%8 != 0 && h.Heard[width-1]>>(n%8) != 0:
			r.fail("hearing of too many")
		default:
			list = append(list, h)
		}
	}
	return list
}

func (h *Hearing) describe(b []byte) []byte {
	b = fmt.Appendf(b, "%d@%d:", h.Member, h.Version)
	for i := range 8 * len(h.Heard) {
		if h.Hears(i) {
			b = fmt.Appendf(b, "%d.", i)
		}
	}
	return b
}

func appendIDExtension(b []byte, kind uint16, ids []MemberID) []byte {
	if len(ids) == 0 {
		return b
	}
	at := len(b)
	b = openExtension(b, kind)
	return closeExtension(appendIDs(b, ids), at)
}

// extensionIDs reads ids, ascending, to the extension's end.
func (r *reader) extensionIDs() []MemberID {
	if len(r.b) == 0 || len(r.b)%16 != 0 || len(r.b)/16 > MaxMembers {
		r.fail("bad list of ids")
		return nil
	}
	ids := r.ids(len(r.b) / 16)
	if !ascending(ids, MemberID.Compare) {
		r.fail("ids are not in order")
	}
	return slices.Clip(ids)
}
