package wire

// Directory and Sync: the exchange after a ring's installation.

import (
	"fmt"
	"slices"
	"strings"
)

// A Directory is what one side (members whose replicated directory is the same) brings to a new ring. It is the payload of a
// KindDirectory message. Parsers refuse a side that is not sorted or names one twice, and groups that are not sorted. One group may have several records:
// one for each memory of it, while none of them may go on.
type Directory struct {
	Ring   RingID        // for which it was sent
	Floor  uint64        // no view number at or below it is given again
	Side   []MemberID    // sorted, at most MaxMembers
	Seen   []Failed      // members the side lost since its last sync, and why; at most MaxMembers
	Groups []GroupRecord // sorted by name, at most MaxGroups
	Misses bool          // a seed of the sender's is not on the ring; an extension
}

// directoryMisses is an extension without a value.
const directoryMisses uint16 = 1

// Append appends the payload's bytes to b.
func (d Directory) Append(b []byte) []byte {
	b = appendU64(appendRing(b, d.Ring), d.Floor)
	b = appendCount16(b, len(d.Side))
	b = appendIDs(b, d.Side)
	b = appendCount16(b, len(d.Seen))
	b = appendFaileds(b, d.Seen)
	b = appendCount32(b, len(d.Groups))
	for i := range d.Groups {
		at := len(b)
		b = d.Groups[i].Append(openFrame(b))
		b = closeFrame(b, at)
	}
	if d.Misses {
		at := len(b)
		b = closeExtension(openExtension(b, directoryMisses), at)
	}
	return b
}

// ParseDirectory reads a whole payload. The attempts in its records alias it. Errors match ErrMalformed.
func ParseDirectory(payload []byte) (Directory, error) {
	r := reader{b: payload}
	d := Directory{Ring: r.ring()}
	d.Floor = r.u64()
	d.Side = r.ids(r.count(uint32(r.u16()), MaxMembers, 16))
	d.Seen = r.faileds(r.count(uint32(r.u16()), MaxMembers, failedSize))
	if n := r.count(r.u32(), MaxGroups, 4+groupRecordSize); n > 0 {
		d.Groups = make([]GroupRecord, n)
		for i := range d.Groups {
			d.Groups[i] = nested(&r, ParseGroupRecord)
		}
	}
	if !ascending(d.Side, MemberID.Compare) {
		r.fail("side is not sorted")
	}
	if !slices.IsSortedFunc(d.Groups, func(a, b GroupRecord) int { return strings.Compare(a.Name, b.Name) }) {
		r.fail("groups are not sorted")
	}
	for {
		kind, _, ok := r.extension()
		if !ok {
			break
		}
		d.Misses = d.Misses || kind == directoryMisses
	}
	if err := r.done("directory"); err != nil {
		return Directory{}, err
	}
	return d, nil
}

// String describes the payload on one line.
func (d Directory) String() string {
	b := fmt.Appendf(nil, "directory ring %v floor %d side ", d.Ring, d.Floor)
	b = appendList(b, d.Side, appendID)
	b = append(b, " seen "...)
	b = appendList(b, d.Seen, appendFailed)
	b = append(b, " groups "...)
	b = appendList(b, d.Groups, func(b []byte, g GroupRecord) []byte { return append(b, "("+g.String()+")"...) })
	if d.Misses {
		b = append(b, " misses a seed"...)
	}
	return string(b)
}

// A Sync ends the exchange: at its delivery every member computes all views. It is the payload of a KindSync message.
type Sync struct {
	Ring RingID
}

// Append appends the payload's bytes to b.
func (s Sync) Append(b []byte) []byte { return appendRing(b, s.Ring) }

// ParseSync reads a whole payload. Errors match ErrMalformed.
func ParseSync(payload []byte) (Sync, error) {
	r := reader{b: payload}
	s := Sync{Ring: r.ring()}
	if err := r.done("sync"); err != nil {
		return Sync{}, err
	}
	return s, nil
}

// String describes the payload on one line.
func (s Sync) String() string { return fmt.Sprintf("sync ring %v", s.Ring) }
