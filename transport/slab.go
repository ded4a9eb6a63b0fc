package transport

// Slabs: the memory into which data is opened, many packets to one. A slab has holders: the receiver while it still fills it, and one for
// each packet in it. Whoever took a Packet owns its hold, may add holds for others, and may pass them on. When the last hold is released
// the slab is filled anew. A hold that is never released costs nothing but that: the slab is then the garbage collector's, as all other
// packets' memory is. So what is forgotten on a rare way out is no leak, and only a release that comes too early would do harm.

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// A Slab is the memory that a Packet's body lies in, together with others. Its methods may be called from any goroutine.
type Slab struct {
	text    []byte // what is filled, with room behind it; the receiver's own
	holders atomic.Int32
	home    *sync.Pool // of *Slab of this size
}

// Hold adds a holder. The caller must hold the slab itself.
func (s *Slab) Hold() { s.holders.Add(1) }

// Release ends one hold: the holder does not look at the packet any more.
func (s *Slab) Release() {
	switch left := s.holders.Add(-1); {
	case left == 0:
		if poisoned {
			text := s.text[:cap(s.text)]
			for i := range text {
				text[i] = poison
			}
		}
		s.home.Put(s)
	case left < 0:
		panic("transport: a slab was released more often than held")
	}
}

// poison is what a test with the race detector finds where it looks at memory that was given back.
const poison = 0xdb

// bulk gives the slab to open data of that size into, with room for it; nil if the data is too large for one.
func (r *receiver) bulk(size int) *Slab {
	s := r.filling
	if s != nil && cap(s.text)-len(s.text) >= size {
		return s
	}
	if size > slabBulk/4 {
		return nil
	}
	if s != nil {
		s.Release()
	}
	if s, _ = r.slabs.Get().(*Slab); s == nil {
		s = &Slab{text: make([]byte, 0, slabBulk), home: &r.slabs}
	}
	s.text = s.text[:0]
	s.holders.Store(1)
	r.filling = s
	return s
}

// Slabs are slabs of all sizes, for what does not lie in a packet: messages put together from several. The zero value is ready, and its
// method may be called from any goroutine.
type Slabs struct{ pools [classes]sync.Pool }

// Sizes are rounded up to eight to each power of two, so an eighth is wasted at most. Larger ones are not worth keeping.
const (
	slabLeast = 1 << 7 // what is no larger is of the first class
	slabMost  = 1 << 16
	perPower  = 8
	classes   = (16 - 7) * perPower
)

// Get gives empty room for size bytes, and the slab it is in, which the caller holds; without a slab where the size is too large for one.
func (p *Slabs) Get(size int) ([]byte, *Slab) {
	if size > slabMost {
		return make([]byte, 0, size), nil
	}
	class, whole := slabClass(size)
	s, _ := p.pools[class].Get().(*Slab)
	if s == nil {
		s = &Slab{text: make([]byte, 0, whole), home: &p.pools[class]}
	}
	s.holders.Store(1)
	return s.text[:0:size], s
}

// slabClass is the class of a size, and the size of that class.
func slabClass(size int) (class, whole int) {
	size = max(size, slabLeast+1)
	power := bits.Len(uint(size-1)) - 1 // of the largest power of two below size
	step := 1 << power / perPower
	above := (size - 1 - 1<<power) / step
	return (power-7)*perPower + above, 1<<power + (above+1)*step
}
