package main

// Deep copies and digests of anything, unexported fields included: how a pure machine is put aside and taken up again.
//
// Interfaces and functions are taken over as they are (the machine's sinks), times are moved so that now stays the same, and what
// never changes once it was made is shared.

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A plan says how values of one type are copied and digested.
type plan struct {
	t      reflect.Type
	flat   bool // a copy of its bytes is a deep copy
	deepen func(p unsafe.Pointer, shift time.Duration)
	digest func(b []byte, p unsafe.Pointer) []byte
}

// A planner makes plans, one a type.
type planner struct {
	plans map[reflect.Type]*plan
	// special digests replace the general one of a type.
	special map[reflect.Type]func(b []byte, p unsafe.Pointer) []byte
}

// shared are types whose values never change once they were made.
var shared = []reflect.Type{reflect.TypeFor[*wire.Data](), reflect.TypeFor[*wire.Join](), reflect.TypeFor[wire.Info]()}

func newPlanner() *planner {
	return &planner{plans: map[reflect.Type]*plan{}, special: map[reflect.Type]func([]byte, unsafe.Pointer) []byte{}}
}

// clone copies *src deeply, all times moved back by shift.
func clone[T any](pl *planner, src *T, shift time.Duration) *T {
	dst := new(T)
	*dst = *src
	if p := pl.of(reflect.TypeFor[T]()); !p.flat {
		p.deepen(unsafe.Pointer(dst), shift)
	}
	return dst
}

func (pl *planner) of(t reflect.Type) *plan {
	if p := pl.plans[t]; p != nil {
		return p
	}
	p := &plan{t: t}
	pl.plans[t] = p
	switch {
	case t == reflect.TypeFor[time.Time]():
		p.deepen = func(at unsafe.Pointer, shift time.Duration) {
			if x := (*time.Time)(at); !x.IsZero() {
				*x = x.Add(-shift)
			}
		}
		p.digest = func(b []byte, at unsafe.Pointer) []byte {
			x := *(*time.Time)(at)
			if x.IsZero() {
				return append(b, 0)
			}
			return binary.BigEndian.AppendUint64(append(b, 1), uint64(x.Sub(epoch)))
		}
	case t == reflect.TypeFor[netip.AddrPort]():
		p.flat = true
		p.digest = func(b []byte, at unsafe.Pointer) []byte { return (*(*netip.AddrPort)(at)).AppendTo(append(b, 1)) }
	default:
		pl.byKind(p)
	}
	if d := pl.special[t]; d != nil {
		p.digest = d
	}
	return p
}

func (pl *planner) byKind(p *plan) {
	t := p.t
	size := t.Size()
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8,
		reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.flat = true
		p.digest = func(b []byte, at unsafe.Pointer) []byte { return append(b, unsafe.Slice((*byte)(at), size)...) }
	case reflect.String:
		p.flat = true
		p.digest = func(b []byte, at unsafe.Pointer) []byte {
			s := *(*string)(at)
			return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
		}
	case reflect.Interface, reflect.Func:
		p.flat = true
		p.digest = func(b []byte, _ unsafe.Pointer) []byte { return b }
	case reflect.Pointer:
		pl.pointer(p)
	case reflect.Struct:
		pl.structure(p)
	case reflect.Array:
		pl.array(p)
	case reflect.Slice:
		pl.slice(p)
	case reflect.Map:
		pl.mapping(p)
	default:
		panic(fmt.Sprintf("explore: a machine holds a %v, which cannot be put aside", t))
	}
}

func (pl *planner) pointer(p *plan) {
	elem := pl.of(p.t.Elem())
	p.flat = slices.Contains(shared, p.t)
	p.deepen = func(at unsafe.Pointer, shift time.Duration) {
		old := *(*unsafe.Pointer)(at)
		if old == nil {
			return
		}
		v := reflect.New(elem.t)
		v.Elem().Set(reflect.NewAt(elem.t, old).Elem())
		if !elem.flat {
			elem.deepen(v.UnsafePointer(), shift)
		}
		*(*unsafe.Pointer)(at) = v.UnsafePointer()
	}
	p.digest = func(b []byte, at unsafe.Pointer) []byte {
		x := *(*unsafe.Pointer)(at)
		if x == nil {
			return append(b, 0)
		}
		return elem.digest(append(b, 1), x)
	}
}

func (pl *planner) structure(p *plan) {
	type field struct {
		plan *plan
		at   uintptr
	}
	var all, deep []field
	for i := range p.t.NumField() {
		f := p.t.Field(i)
		x := field{pl.of(f.Type), f.Offset}
		all = append(all, x)
		if !x.plan.flat {
			deep = append(deep, x)
		}
	}
	p.flat = len(deep) == 0 || slices.Contains(shared, p.t)
	p.deepen = func(at unsafe.Pointer, shift time.Duration) {
		for _, f := range deep {
			f.plan.deepen(unsafe.Add(at, f.at), shift)
		}
	}
	p.digest = func(b []byte, at unsafe.Pointer) []byte {
		for _, f := range all {
			b = f.plan.digest(b, unsafe.Add(at, f.at))
		}
		return b
	}
}

func (pl *planner) array(p *plan) {
	elem, n, size := pl.of(p.t.Elem()), p.t.Len(), p.t.Elem().Size()
	p.flat = elem.flat
	p.deepen = func(at unsafe.Pointer, shift time.Duration) {
		for i := range n {
			elem.deepen(unsafe.Add(at, uintptr(i)*size), shift)
		}
	}
	p.digest = func(b []byte, at unsafe.Pointer) []byte {
		for i := range n {
			b = elem.digest(b, unsafe.Add(at, uintptr(i)*size))
		}
		return b
	}
}

func (pl *planner) slice(p *plan) {
	elem, size := pl.of(p.t.Elem()), p.t.Elem().Size()
	p.deepen = func(at unsafe.Pointer, shift time.Duration) {
		v := reflect.NewAt(p.t, at).Elem()
		if v.IsNil() {
			return
		}
		n := v.Len()
		made := reflect.MakeSlice(p.t, n, n)
		reflect.Copy(made, v)
		if !elem.flat {
			for i := range n {
				elem.deepen(made.Index(i).Addr().UnsafePointer(), shift)
			}
		}
		v.Set(made)
	}
	p.digest = func(b []byte, at unsafe.Pointer) []byte {
		v := reflect.NewAt(p.t, at).Elem()
		n := v.Len()
		b = binary.BigEndian.AppendUint32(b, uint32(n))
		if n == 0 {
			return b
		}
		first := v.UnsafePointer()
		if p.t.Elem().Kind() == reflect.Uint8 {
			return append(b, unsafe.Slice((*byte)(first), n)...)
		}
		for i := range n {
			b = elem.digest(b, unsafe.Add(first, uintptr(i)*size))
		}
		return b
	}
}

func (pl *planner) mapping(p *plan) {
	key, elem := pl.of(p.t.Key()), pl.of(p.t.Elem())
	if !key.flat {
		panic(fmt.Sprintf("explore: the keys of a %v cannot be put aside", p.t))
	}
	p.deepen = func(at unsafe.Pointer, shift time.Duration) {
		v := reflect.NewAt(p.t, at).Elem()
		if v.IsNil() {
			return
		}
		made := reflect.MakeMapWithSize(p.t, v.Len())
		for it := v.MapRange(); it.Next(); {
			x := reflect.New(elem.t).Elem()
			x.Set(it.Value())
			if !elem.flat {
				elem.deepen(x.Addr().UnsafePointer(), shift)
			}
			made.SetMapIndex(it.Key(), x)
		}
		v.Set(made)
	}
	p.digest = func(b []byte, at unsafe.Pointer) []byte {
		v := reflect.NewAt(p.t, at).Elem()
		b = binary.BigEndian.AppendUint32(b, uint32(v.Len()))
		var entries []string
		k, x := reflect.New(key.t).Elem(), reflect.New(elem.t).Elem()
		for it := v.MapRange(); it.Next(); {
			k.Set(it.Key())
			x.Set(it.Value())
			e := key.digest(nil, k.Addr().UnsafePointer())
			entries = append(entries, string(elem.digest(e, x.Addr().UnsafePointer())))
		}
		slices.Sort(entries) // a map has no order
		for _, e := range entries {
			b = append(b, e...)
		}
		return b
	}
}

// peek returns a field of a struct, by the names on the way to it.
func peek[T any](v any, path ...string) T {
	x := reflect.ValueOf(v).Elem()
	for _, name := range path {
		if x.Kind() == reflect.Pointer {
			x = x.Elem()
		}
		x = x.FieldByName(name)
	}
	return *(*T)(unsafe.Pointer(x.UnsafeAddr()))
}
