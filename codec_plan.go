package lockstep

// What the guard must know of a Go type: where slices, maps and pointers are, and how large their elements.

import "reflect"

type planKind uint8

const (
	planAny    planKind = iota // scalars, interfaces, unknown fields, types that decode themselves: only lengths are checked
	planSlice                  // elem
	planArray                  // elem; the memory is part of what holds it
	planMap                    // key, elem
	planPtr                    // elem
	planStruct                 // fields, by name and in order
)

// A plan is one type as the guard sees it. It is immutable once built, and recursive where its type is.
type plan struct {
	kind      planKind
	key, elem *plan
	size      int64 // bytes of memory that one element takes: of a slice, a map entry, or what a pointer points to
	byName    map[string]*plan
	inOrder   []*plan
	index     [][]int // of inOrder, as for reflect.Value.FieldByIndex

	// Of the root only: what may be met below it.
	custom  bool  // types that encode themselves
	times   bool  // a time.Time, perhaps inside an interface
	endless bool  // a value may contain itself, or be nested without bound
	flat    *flat // nil: the library writes and reads it
}

// anyPlan is the plan of what the receiver does not know. It has no fields and is never changed.
var anyPlan = &plan{}

// plan returns the plan of the type and remembers it.
func (c *msgpackCodec) plan(t reflect.Type) *plan {
	if p, ok := c.plans.Load(t); ok {
		return p.(*plan)
	}
	b := planner{made: make(map[reflect.Type]*plan), open: make(map[reflect.Type]bool)}
	root := *b.build(t) // a copy, so that the root's flags are not those of a type inside
	root.custom, root.times, root.endless = b.custom, b.times, b.endless
	root.flat = c.flat(t)
	p, _ := c.plans.LoadOrStore(t, &root)
	return p.(*plan)
}

type planner struct {
	made                   map[reflect.Type]*plan
	open                   map[reflect.Type]bool // being built: meeting one again is recursion
	custom, times, endless bool
}

func (b *planner) build(t reflect.Type) *plan {
	if p, ok := b.made[t]; ok {
		b.endless = b.endless || b.open[t]
		return p
	}
	p := &plan{}
	b.made[t] = p
	b.open[t] = true
	defer delete(b.open, t)

	if t == timeType {
		b.times = true
		return p
	}
	if c := codingOf(t); c.enc != "" || c.dec != "" {
		b.custom = true
		return p
	}
	switch t.Kind() {
	case reflect.Interface:
		b.times, b.endless, b.custom = true, true, true // it may hold anything
	case reflect.Pointer:
		p.kind, p.elem, p.size = planPtr, b.build(t.Elem()), int64(t.Elem().Size())
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 {
			p.kind, p.elem, p.size = planSlice, b.build(t.Elem()), int64(t.Elem().Size())
		}
	case reflect.Array:
		if t.Elem().Kind() != reflect.Uint8 {
			p.kind, p.elem = planArray, b.build(t.Elem())
		}
	case reflect.Map:
		p.kind, p.key, p.elem = planMap, b.build(t.Key()), b.build(t.Elem())
		p.size = int64(t.Key().Size()) + int64(t.Elem().Size())
	case reflect.Struct:
		fields, _, err := wireFields(t)
		if err != nil {
			return p // registration refuses the type; whoever uses the codec alone gets the checks of lengths
		}
		p.kind, p.byName = planStruct, make(map[string]*plan, len(fields))
		for _, f := range fields {
			fp := b.build(f.typ)
			p.inOrder = append(p.inOrder, fp)
			p.index = append(p.index, f.index)
			p.byName[f.name] = fp
			if f.alias != "" {
				p.byName[f.alias] = fp
			}
		}
	}
	return p
}
