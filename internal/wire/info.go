package wire

// What members tell each other about a member. On the wire it is the id, then a length, then extensions: so one member's
// description can grow without the packet around it noticing.

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
)

// The extensions of an Info.
const (
	infoName     uint16 = 1 // the name's bytes; exactly once
	infoAddr     uint16 = 2 // link u8, 4 or 16 bytes of address, port u16; once for each, the preferred first
	infoFeatures uint16 = 3 // u64; at most once, none for zero
)

// infoSize is the least an Info takes: id, length, and a name of one byte.
const infoSize = 16 + 2 + extensionHeader + 1

// An Info is what members tell each other about a member: who it is, what it is called, where it is reached, what it can do.
type Info struct {
	ID       MemberID
	Name     string // 1 to MaxName bytes of UTF-8
	Addrs    []Addr // at most MaxAddrs; the first is preferred
	Features uint64 // bits; none is defined yet
}

// An Addr is where a member is reached over one of its links. Link 0 is the only one today. An invalid address and an
// address's zone stay off the wire.
type Addr struct {
	Link uint8
	Addr netip.AddrPort
}

func (i *Info) append(b []byte) []byte {
	b = append(b, i.ID[:]...)
	start := len(b)
	b = append(b, 0, 0)
	at := len(b)
	b = openExtension(b, infoName)
	b = append(b, i.Name...)
	b = closeExtension(b, at)
	for _, a := range i.Addrs {
		if !a.Addr.IsValid() {
			continue
		}
		at = len(b)
		b = openExtension(b, infoAddr)
		b = appendAddrPort(append(b, a.Link), a.Addr)
		b = closeExtension(b, at)
	}
	if i.Features != 0 {
		at = len(b)
		b = openExtension(b, infoFeatures)
		b = appendU64(b, i.Features)
		b = closeExtension(b, at)
	}
	binary.BigEndian.PutUint16(b[start:], uint16(min(len(b)-start-2, math.MaxUint16)))
	return b
}

// info reads one Info. Its name is required, and nothing but an address may come twice.
func (r *reader) info() (i Info) {
	i.ID = r.id()
	n := r.u16()
	in := reader{b: r.bytes(uint32(n))}
	features := false
	for {
		kind, value, ok := in.extension()
		if !ok {
			break
		}
		v := reader{b: value}
		switch kind {
		case infoName:
			if i.Name != "" {
				v.fail("two names")
			}
			i.Name = v.text(uint32(len(value)), 1, MaxName)
		case infoAddr:
			if len(i.Addrs) == MaxAddrs {
				v.fail("too many addresses")
			}
			a := Addr{Link: v.u8()}
			a.Addr = v.addrPort(len(value) - 3)
			i.Addrs = append(i.Addrs, a)
		case infoFeatures:
			if features || len(value) != 8 {
				v.fail("bad features")
			}
			features = true
			i.Features = v.u64()
		}
		if v.fault != "" {
			in.fail(v.fault)
		}
	}
	if in.fault != "" {
		r.fail(in.fault)
	} else if i.Name == "" {
		r.fail("member without a name")
	}
	return i
}

// String is the name, the id and the preferred address.
func (i Info) String() string { return string(appendInfo(nil, i)) }

func appendInfo(b []byte, i Info) []byte {
	b = fmt.Appendf(b, "%q %v", i.Name, i.ID)
	if len(i.Addrs) > 0 {
		b = fmt.Appendf(b, " %v", i.Addrs[0].Addr)
	}
	return b
}
