package ordering

// The packets of one ring, by number: a window that slides as packets become safe.

import "github.com/lockstep-go/lockstep/internal/wire"

// store keeps packets numbered in (base, base+len(slots)].
type store struct {
	base  uint64 // every packet up to here was released
	slots []*wire.Data
	bytes int   // payload bytes held
	freed []any // memory of packets released
}

// limit bounds how far ahead of the released packets a number may be. Flow control keeps well below it, also where members of eight rings
// that all held as much as they may exchange it on a new one, which releases nothing before it is installed.
const limit = 1 << 16

func (s *store) get(seq uint64) *wire.Data {
	if seq <= s.base || seq-s.base > uint64(len(s.slots)) {
		return nil
	}
	return s.slots[seq-s.base-1]
}

// put keeps the packet and reports whether it is new here.
func (s *store) put(d *wire.Data) bool {
	if d.Seq <= s.base || d.Seq-s.base > limit {
		return false
	}
	i := int(d.Seq - s.base - 1)
	for len(s.slots) <= i {
		s.slots = append(s.slots, nil)
	}
	if s.slots[i] != nil {
		return false
	}
	s.slots[i] = d
	s.bytes += size(d)
	return true
}

// release forgets every packet up to seq.
func (s *store) release(seq uint64) {
	if seq <= s.base {
		return
	}
	n := min(seq-s.base, uint64(len(s.slots)))
	for i := range n {
		if d := s.slots[i]; d != nil {
			s.bytes -= size(d)
			s.slots[i] = nil
			if d.Memory != nil {
				s.freed = append(s.freed, d.Memory)
			}
		}
	}
	s.slots = s.slots[n:]
	s.base = seq
}

func size(d *wire.Data) int {
	n := 0
	for i := range d.Chunks {
		n += len(d.Chunks[i].Payload)
	}
	return n
}
