package wire

// Beacon: separate rings find each other, and find out whether all of one hear all of the other.

import "fmt"

// A Beacon is sent by an operational member to addresses that are not on its ring, so that separate rings find each other.
type Beacon struct {
	Sender Info
	Ring   RingID
	Size   uint16 // members of the sender's ring

	// What follows travels in extensions.
	Hears   []Heard    // whom of other rings the sender hears, ascending, at most MaxMembers
	Members []Info     // the sender's ring, for those who may have to prove that they hear all of it; at most MaxMembers
	Barred  []MemberID // whom the sender lets in only on proof; ascending, at most MaxMembers
	Padding int        // zero bytes: a beacon as large as a data packet shows that such packets pass; at most MaxChunk
}

// A Heard is a member of another ring that the sender of a Beacon hears; Mutual says that it was told to be heard in turn.
type Heard struct {
	ID     MemberID
	Mutual bool
}

// heardSize is what a Heard takes.
const heardSize = 16 + 1

// The extensions of a Beacon.
const (
	beaconHears   uint16 = 1 // id, flags u8, each
	beaconMember  uint16 = 2 // one Info each
	beaconPadding uint16 = 3 // zeroes
	beaconBarred  uint16 = 4 // ids
)

// Type is TypeBeacon.
func (p *Beacon) Type() Type { return TypeBeacon }

// Append appends type, ring, size and the sender's description, then the extensions.
func (p *Beacon) Append(b []byte) []byte {
	b = append(b, uint8(TypeBeacon))
	b = appendRing(b, p.Ring)
	b = appendU16(b, p.Size)
	b = p.Sender.append(b)
	if len(p.Hears) > 0 {
		at := len(b)
		b = openExtension(b, beaconHears)
		for _, h := range p.Hears {
			b = append(append(b, h.ID[:]...), flagBits(h.Mutual))
		}
		b = closeExtension(b, at)
	}
	for i := range p.Members {
		at := len(b)
		b = openExtension(b, beaconMember)
		b = closeExtension(p.Members[i].append(b), at)
	}
	b = appendIDExtension(b, beaconBarred, p.Barred)
	if p.Padding > 0 {
		at := len(b)
		b = openExtension(b, beaconPadding)
		b = closeExtension(append(b, make([]byte, p.Padding)...), at)
	}
	return b
}

// ParseBeacon reads a whole body. Errors match ErrMalformed.
func ParseBeacon(body []byte) (*Beacon, error) {
	r := reader{b: body}
	r.expect(TypeBeacon)
	p := &Beacon{}
	p.Ring = r.ring()
	p.Size = r.u16()
	p.Sender = r.info()
	for {
		kind, value, ok := r.extension()
		if !ok {
			break
		}
		v := reader{b: value}
		switch kind {
		case beaconHears:
			p.Hears = v.heard()
		case beaconMember:
			p.Members = append(p.Members, v.info())
			if len(v.b) > 0 || len(p.Members) > MaxMembers {
				v.fail("bad member of a beacon")
			}
		case beaconBarred:
			p.Barred = v.extensionIDs()
		case beaconPadding:
			p.Padding = len(value)
		}
		if v.fault != "" {
			r.fail(v.fault)
		}
	}
	if err := r.done("beacon"); err != nil {
		return nil, err
	}
	return p, nil
}

func (r *reader) heard() []Heard {
	if len(r.b) == 0 || len(r.b)%heardSize != 0 || len(r.b)/heardSize > MaxMembers {
		r.fail("bad list of the heard")
		return nil
	}
	list := make([]Heard, len(r.b)/heardSize)
	for i := range list {
		list[i] = Heard{ID: r.id(), Mutual: r.u8()&1 != 0}
	}
	if !ascending(list, func(a, b Heard) int { return a.ID.Compare(b.ID) }) {
		r.fail("the heard are not in order")
	}
	return list
}

// String describes the packet on one line.
func (p *Beacon) String() string {
	b := fmt.Appendf(nil, "beacon %v ring %v size %d", p.Sender, p.Ring, p.Size)
	for _, h := range p.Hears {
		if h.Mutual {
			b = fmt.Appendf(b, " hears and is heard by %v", h.ID)
		} else {
			b = fmt.Appendf(b, " hears %v", h.ID)
		}
	}
	if len(p.Members) > 0 {
		b = appendList(append(b, " members "...), p.Members, appendInfo)
	}
	if len(p.Barred) > 0 {
		b = fmt.Appendf(b, " barred %v", p.Barred)
	}
	if p.Padding > 0 {
		b = fmt.Appendf(b, " padded by %d", p.Padding)
	}
	return string(b)
}
