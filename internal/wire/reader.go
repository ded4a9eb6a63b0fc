package wire

// How bytes are read: a cursor that remembers its first fault, so that a parser reads straight through and asks once at the end.

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unicode/utf8"
)

// A reader is what is left of a body. After a fault it is empty, and everything read from it is zero.
type reader struct {
	b     []byte
	fault string
}

// fail keeps the first fault and ends the reading.
func (r *reader) fail(fault string) {
	if r.fault == "" {
		r.fault = fault
	}
	r.b = nil
}

// take returns the next n bytes, aliased, or nil when they are not there. Nothing is read in any other way.
func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) || r.fault != "" {
		r.fail("cut short")
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u8() uint8 {
	if v := r.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if v := r.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if v := r.take(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if v := r.take(8); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

// bytes returns the next n bytes, aliased; nil for none. n is compared unsigned, so that no width of int can make it negative.
func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(len(r.b)) {
		r.fail("length beyond the end")
		return nil
	}
	if n == 0 {
		return nil
	}
	return r.take(int(n))
}

// count judges the declared length of a list: at most limit elements, and no more than what remains could hold when each takes
// at least size bytes. So nobody allocates on the word of a sender.
func (r *reader) count(n uint32, limit, size int) int {
	if uint64(n) > uint64(limit) {
		r.fail("too many elements")
		return 0
	}
	if int(n) > len(r.b)/size {
		r.fail("count beyond the end")
		return 0
	}
	return int(n)
}

// expect reads a packet's first byte.
func (r *reader) expect(t Type) {
	if Type(r.u8()) != t {
		r.fail("other type")
	}
}

func (r *reader) id() (m MemberID) {
	copy(m[:], r.take(len(m)))
	return m
}

// ids reads n ids; nil for none.
func (r *reader) ids(n int) []MemberID {
	if n == 0 || r.fault != "" {
		return nil
	}
	list := make([]MemberID, n)
	for i := range list {
		list[i] = r.id()
	}
	return list
}

func (r *reader) ring() RingID {
	seq := r.u64()
	return RingID{Seq: seq, Rep: r.id()}
}

func (r *reader) view() ViewID {
	num := r.u64()
	return ViewID{Num: num, Ring: r.u64()}
}

// text reads n bytes of UTF-8 between lower and upper bytes long.
func (r *reader) text(n uint32, lower, upper int) string {
	if uint64(n) < uint64(lower) || uint64(n) > uint64(upper) {
		r.fail("text of a wrong length")
		return ""
	}
	v := r.bytes(n)
	if !utf8.Valid(v) {
		r.fail("text is not UTF-8")
		return ""
	}
	return string(v)
}

// name reads a name with its length before it: not empty, at most limit bytes.
func (r *reader) name(limit int) string { return r.text(uint32(r.u16()), 1, limit) }

// addrPort reads an address of the given number of bytes, 4 or 16, and a port.
func (r *reader) addrPort(size int) netip.AddrPort {
	ip, ok := netip.AddrFromSlice(r.take(size))
	if !ok {
		r.fail("not an address")
	}
	return netip.AddrPortFrom(ip, r.u16())
}

// done skips the extensions that are left and says what was wrong, if anything.
func (r *reader) done(what string) error {
	for more := true; more; {
		_, _, more = r.extension()
	}
	if r.fault == "" {
		return nil
	}
	return fmt.Errorf("%w: %s: %s", ErrMalformed, what, r.fault)
}

// ascending reports whether each element is greater than the one before it.
func ascending[T any](list []T, compare func(a, b T) int) bool {
	for i := 1; i < len(list); i++ {
		if compare(list[i-1], list[i]) >= 0 {
			return false
		}
	}
	return true
}
