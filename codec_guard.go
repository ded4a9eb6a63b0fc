package lockstep

// The guard before the msgpack decoder, which believes every length it is told: a message of eight bytes may make it allocate
// tens of gigabytes, and deep nesting may end the process. The guard walks the bytes once, beside the type they are meant for.

import (
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	guardDepth  = 64      // containers within containers
	guardBase   = 1 << 20 // bytes of memory that any message may take
	guardFactor = 64      // and as many more for each byte of the message

	sizeOfAny   = 16 // an interface value
	mapOverhead = 16 // of a map, for each entry
)

var (
	errGuardShort = errors.New("msgpack: cut short")
	errGuardDepth = fmt.Errorf("msgpack: nested more than %d deep", guardDepth)
)

// guard checks that b is exactly one msgpack value whose declared lengths are all there, that it is nested no deeper than
// guardDepth, and that decoding it into the type of the plan allocates no more than guardBase and guardFactor times its
// length, not counting types that decode themselves. What does not fit the type is left to the decoder, which says so.
func guard(b []byte, p *plan) error {
	g := guardScan{b: b, budget: guardBase + guardFactor*int64(len(b))}
	if err := g.value(p, 0); err != nil {
		return err
	}
	if left := len(g.b) - g.pos; left > 0 {
		return fmt.Errorf("msgpack: %d bytes left over", left)
	}
	return nil
}

type guardScan struct {
	b      []byte
	pos    int
	budget int64 // bytes of memory that may still be allocated
}

// class is the form of a value's first bytes.
type class uint8

const (
	classScalar class = iota // n bytes follow, which hold no value
	classNil
	classText  // n bytes of a string or of raw bytes follow
	classExt   // n bytes follow, the first of which is the extension's type
	classArray // n values follow
	classMap   // n pairs follow
)

// head reads the first bytes of a value and checks that what they announce can be there.
func (g *guardScan) head() (class, int, error) {
	if g.pos >= len(g.b) {
		return 0, 0, errGuardShort
	}
	c := g.b[g.pos]
	g.pos++
	switch {
	case c <= 0x7f || c >= 0xe0:
		return classScalar, 0, nil
	case c <= 0x8f:
		return g.announce(classMap, int(c&0x0f), 0)
	case c <= 0x9f:
		return g.announce(classArray, int(c&0x0f), 0)
	case c <= 0xbf:
		return g.announce(classText, int(c&0x1f), 0)
	}
	switch c {
	case 0xc0:
		return classNil, 0, nil
	case 0xc2, 0xc3: // false, true
		return classScalar, 0, nil
	case 0xc4, 0xc5, 0xc6: // bin 8, 16, 32
		return g.announce(classText, -1, 1<<(c-0xc4))
	case 0xc7, 0xc8, 0xc9: // ext 8, 16, 32
		return g.announce(classExt, -1, 1<<(c-0xc7))
	case 0xca, 0xcb: // float 32, 64
		return g.announce(classScalar, 4<<(c-0xca), 0)
	case 0xcc, 0xcd, 0xce, 0xcf: // uint 8 to 64
		return g.announce(classScalar, 1<<(c-0xcc), 0)
	case 0xd0, 0xd1, 0xd2, 0xd3: // int 8 to 64
		return g.announce(classScalar, 1<<(c-0xd0), 0)
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8: // fixext 1 to 16
		return g.announce(classExt, 1<<(c-0xd4), 0)
	case 0xd9, 0xda, 0xdb: // str 8, 16, 32
		return g.announce(classText, -1, 1<<(c-0xd9))
	case 0xdc, 0xdd: // array 16, 32
		return g.announce(classArray, -1, 2<<(c-0xdc))
	case 0xde, 0xdf: // map 16, 32
		return g.announce(classMap, -1, 2<<(c-0xde))
	}
	return 0, 0, fmt.Errorf("msgpack: unknown code %#02x at byte %d", c, g.pos-1)
}

// announce reads a length of width bytes, unless it is given, and checks it against what is left.
func (g *guardScan) announce(cl class, n, width int) (class, int, error) {
	at := g.pos - 1
	left := len(g.b) - g.pos
	if width > left {
		return 0, 0, errGuardShort
	}
	need := int64(n)
	switch width {
	case 1:
		need = int64(g.b[g.pos])
	case 2:
		need = int64(binary.BigEndian.Uint16(g.b[g.pos:]))
	case 4:
		need = int64(binary.BigEndian.Uint32(g.b[g.pos:]))
	}
	g.pos += width
	left -= width
	declared := need
	switch cl {
	case classExt:
		need++ // its type
	case classMap:
		need *= 2 // a key and a value take a byte each at least
	}
	if need > int64(left) {
		return 0, 0, fmt.Errorf("msgpack: %s of length %d at byte %d, but %d bytes are left", cl, declared, at, left)
	}
	if cl == classMap {
		need = declared
	}
	return cl, int(need), nil
}

func (c class) String() string {
	switch c {
	case classText:
		return "string"
	case classExt:
		return "extension"
	case classArray:
		return "array"
	case classMap:
		return "map"
	}
	return "number"
}

// spend takes bytes of memory from the budget.
func (g *guardScan) spend(n int, each int64) error {
	// n is at most the message's length and each the size of a Go type, so the product fits.
	g.budget -= int64(n) * each
	if g.budget < 0 {
		return fmt.Errorf("msgpack: %d bytes would take more than %d bytes of memory", len(g.b), guardBase+guardFactor*int64(len(g.b)))
	}
	return nil
}

// value walks one value, of depth containers around it.
func (g *guardScan) value(p *plan, depth int) error {
	for p.kind == planPtr {
		if g.pos < len(g.b) && g.b[g.pos] == 0xc0 {
			p = anyPlan // nil: nothing is allocated
			break
		}
		if err := g.spend(1, p.size); err != nil {
			return err
		}
		p = p.elem
	}
	cl, n, err := g.head()
	if err != nil {
		return err
	}
	switch cl {
	case classNil:
		return nil
	case classExt:
		if p.kind == planMap {
			// The decoder takes such an extension's body for the map's own head, with a length that nobody checked.
			return fmt.Errorf("msgpack: extension in place of a map at byte %d", g.pos)
		}
		fallthrough
	case classScalar, classText:
		g.pos += n
		return nil
	}
	if depth++; depth > guardDepth {
		return errGuardDepth
	}
	if cl == classArray {
		return g.array(p, n, depth)
	}
	return g.pairs(p, n, depth)
}

// array walks the n elements of an array.
func (g *guardScan) array(p *plan, n, depth int) error {
	elem := anyPlan
	var err error
	switch p.kind {
	case planSlice:
		elem = p.elem
		err = g.spend(n, 2*p.size) // the decoder makes a second slice while it grows the first
	case planArray:
		elem = p.elem
	case planStruct:
		if n != len(p.inOrder) {
			break // the decoder refuses it without a look at the elements
		}
		for _, f := range p.inOrder {
			if err := g.value(f, depth); err != nil {
				return err
			}
		}
		return nil
	default:
		err = g.spend(n, 2*sizeOfAny)
	}
	if err != nil {
		return err
	}
	for range n {
		if err := g.value(elem, depth); err != nil {
			return err
		}
	}
	return nil
}

// pairs walks the n keys and values of a map.
func (g *guardScan) pairs(p *plan, n, depth int) error {
	switch p.kind {
	case planStruct:
		return g.fields(p, n, depth)
	case planMap:
		if err := g.spend(n, 2*p.size+mapOverhead); err != nil {
			return err
		}
		for range n {
			if err := g.value(p.key, depth); err != nil {
				return err
			}
			if err := g.value(p.elem, depth); err != nil {
				return err
			}
		}
		return nil
	}
	if err := g.spend(n, 2*(2*sizeOfAny)+mapOverhead); err != nil {
		return err
	}
	for range 2 * n {
		if err := g.value(anyPlan, depth); err != nil {
			return err
		}
	}
	return nil
}

// fields walks the n named fields of a struct, known or not.
func (g *guardScan) fields(p *plan, n, depth int) error {
	for range n {
		cl, length, err := g.head()
		if err != nil {
			return err
		}
		if cl != classText {
			return fmt.Errorf("msgpack: a field's name is no string at byte %d", g.pos-1)
		}
		f := p.byName[string(g.b[g.pos:g.pos+length])]
		g.pos += length
		if f == nil {
			f = anyPlan
		}
		if err := g.value(f, depth); err != nil {
			return err
		}
	}
	return nil
}
