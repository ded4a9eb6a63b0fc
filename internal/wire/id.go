package wire

// Identities: who a member is, which ring it is on, which view of a group it sees.

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
)

// A MemberID is one run of one named process: eight bytes of the name's hash, then the incarnation. Two runs of one name share
// the first half and differ in the second, so a reborn process is never taken for a survivor.
type MemberID [16]byte

// NewMemberID derives the id of the given run of the named process.
func NewMemberID(name string, incarnation uint64) MemberID {
	var id MemberID
	h := sha256.Sum256([]byte(name))
	copy(id[:8], h[:8])
	binary.BigEndian.PutUint64(id[8:], incarnation)
	return id
}

// Incarnation tells the runs of one name apart.
func (m MemberID) Incarnation() uint64 { return binary.BigEndian.Uint64(m[8:]) }

// SameName reports whether both ids are runs of one name.
func (m MemberID) SameName(o MemberID) bool { return bytes.Equal(m[:8], o[:8]) }

// IsZero reports whether the id names nobody.
func (m MemberID) IsZero() bool { return m == MemberID{} }

// Halves are the id as two numbers.
func (m MemberID) Halves() (name, incarnation uint64) {
	return binary.BigEndian.Uint64(m[:8]), binary.BigEndian.Uint64(m[8:])
}

// Compare orders ids; the ring passes its token in this order and its first member is the representative.
func (m MemberID) Compare(o MemberID) int { return bytes.Compare(m[:], o[:]) }

// String is short enough for a log line: four bytes of the name's hash, three of the incarnation.
func (m MemberID) String() string {
	return hex.EncodeToString(m[:4]) + "/" + hex.EncodeToString(m[13:])
}

// A RingID names one installation of a ring. It is unique without stable storage because the representative's incarnation
// is part of it.
type RingID struct {
	Seq uint64
	Rep MemberID
}

// IsZero reports whether no ring is meant.
func (r RingID) IsZero() bool { return r == RingID{} }

// Compare orders rings by sequence, then by representative.
func (r RingID) Compare(o RingID) int {
	switch {
	case r.Seq < o.Seq:
		return -1
	case r.Seq > o.Seq:
		return 1
	}
	return r.Rep.Compare(o.Rep)
}

// Context is the ring's number in clear headers: never zero, which stands for no ring.
func (r RingID) Context() uint64 {
	var b [24]byte
	binary.BigEndian.PutUint64(b[:8], r.Seq)
	copy(b[8:], r.Rep[:])
	h := sha256.Sum256(b[:])
	return binary.BigEndian.Uint64(h[:8]) | 1
}

func (r RingID) String() string { return fmt.Sprintf("%d.%s", r.Seq, r.Rep) }

// A Position places a message in its group's order for ever. It grows across views, rings and total restarts: a new ring goes
// on above every position its members have seen.
type Position uint64

// A ViewID names one view of one group. Num grows with every view a member installs; Ring, the context of the ring on which
// the view was installed, keeps the two sides of a partition from using one id.
type ViewID struct {
	Num  uint64
	Ring uint64
}

// IsZero reports whether no view is meant.
func (v ViewID) IsZero() bool { return v == ViewID{} }

// String begins with the decimal number.
func (v ViewID) String() string {
	return strconv.FormatUint(v.Num, 10) + "." + fmt.Sprintf("%08x", uint32(v.Ring>>32))
}

// A GroupID is a group's name on the wire.
type GroupID uint64

// NewGroupID hashes a group's name.
func NewGroupID(name string) GroupID {
	h := sha256.Sum256([]byte("group\x00" + name))
	return GroupID(binary.BigEndian.Uint64(h[:8]))
}

func (g GroupID) String() string { return fmt.Sprintf("%08x", uint64(g)>>32) }
