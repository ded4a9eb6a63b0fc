package lockstep

// Two walks over Go values: one before encoding, for values that may contain themselves, and one after decoding, for times. Both
// follow the type's plan and leave types that encode themselves alone.

import (
	"errors"
	"reflect"
	"time"
)

// errNesting is the answer to a value that contains itself, or nearly so.
var errNesting = errors.New("the value contains itself, or is nested too deep")

// nestingMax bounds checkNesting: containers, and the pointers and interfaces between them. The guard's own bound is on containers
// alone and is applied to the bytes.
const nestingMax = 4 * guardDepth

// checkNesting ends with an error where the encoder would recurse until the stack is full, which no recover can catch.
func (c *msgpackCodec) checkNesting(v reflect.Value, p *plan, depth int) error {
	if depth++; depth > nestingMax {
		return errNesting
	}
	switch p.kind {
	case planAny:
		if v.Kind() == reflect.Interface && !v.IsNil() {
			return c.checkNesting(v.Elem(), c.plan(v.Elem().Type()), depth)
		}
	case planPtr:
		if !v.IsNil() {
			return c.checkNesting(v.Elem(), p.elem, depth)
		}
	case planSlice, planArray:
		if !mayNest(v.Type().Elem()) {
			return nil
		}
		for i := range v.Len() {
			if err := c.checkNesting(v.Index(i), p.elem, depth); err != nil {
				return err
			}
		}
	case planMap:
		for it := v.MapRange(); it.Next(); {
			if err := c.checkNesting(it.Key(), p.key, depth); err != nil {
				return err
			}
			if err := c.checkNesting(it.Value(), p.elem, depth); err != nil {
				return err
			}
		}
	case planStruct:
		for i, f := range p.inOrder {
			if err := c.checkNesting(v.FieldByIndex(p.index[i]), f, depth); err != nil {
				return err
			}
		}
	}
	return nil
}

// mayNest reports whether values of the type can hold others.
func mayNest(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Array, reflect.Map, reflect.Struct:
		return true
	}
	return false
}

// inUTC puts every time.Time within v in UTC: msgpack decodes into the local zone, and replicas in different zones would then
// hold different values. v is settable and was decoded just now, so it is a tree and no deeper than the guard allows. Keys of
// maps keep their zone.
func inUTC(v reflect.Value, p *plan) {
	switch p.kind {
	case planAny:
		switch {
		case v.Type() == timeType:
			v.Set(reflect.ValueOf(v.Interface().(time.Time).UTC()))
		case v.Kind() == reflect.Interface && !v.IsNil():
			if u, ok := anyInUTC(v.Interface()); ok {
				v.Set(reflect.ValueOf(u))
			}
		}
	case planPtr:
		if !v.IsNil() {
			inUTC(v.Elem(), p.elem)
		}
	case planSlice, planArray:
		if !mayNest(v.Type().Elem()) {
			return
		}
		for i := range v.Len() {
			inUTC(v.Index(i), p.elem)
		}
	case planMap:
		if !mayNest(v.Type().Elem()) {
			return
		}
		for it := v.MapRange(); it.Next(); {
			if !v.MapIndex(it.Key()).IsValid() {
				continue // a NaN: to set it would add an entry
			}
			e := reflect.New(v.Type().Elem()).Elem()
			e.Set(it.Value())
			inUTC(e, p.elem)
			v.SetMapIndex(it.Key(), e)
		}
	case planStruct:
		for i, f := range p.inOrder {
			inUTC(v.FieldByIndex(p.index[i]), f)
		}
	}
}

// anyInUTC does the same for what msgpack puts into an empty interface: times, []any and map[string]any. It reports whether x must
// be replaced by the result.
func anyInUTC(x any) (any, bool) {
	switch x := x.(type) {
	case time.Time:
		return x.UTC(), true
	case []any:
		for i := range x {
			if u, ok := anyInUTC(x[i]); ok {
				x[i] = u
			}
		}
	case map[string]any:
		for k, e := range x {
			if u, ok := anyInUTC(e); ok {
				x[k] = u
			}
		}
	}
	return x, false
}
