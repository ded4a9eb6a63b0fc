package lockstep

// Which Go types may be messages: those of which msgpack loses nothing without a word.

import (
	"errors"
	"fmt"
	"reflect"
)

// checkType returns an error for a type of which the default codec would lose something without a word, or which it cannot
// carry at all. interfaces permits interface values, whose content comes back as msgpack sees fit.
func checkType(t reflect.Type, interfaces bool) error {
	c := typeCheck{interfaces: interfaces, seen: make(map[seenType]bool)}
	return c.walk(t, "", true)
}

type typeCheck struct {
	interfaces bool
	seen       map[seenType]bool // types that were or are being looked at; recursion ends here
}

type seenType struct {
	t           reflect.Type
	addressable bool
}

// walk checks the type of the value at path, which is empty for the message itself. addressable says whether the encoder can
// take the value's address, and so find methods of its pointer; it cannot within a map.
func (c *typeCheck) walk(t reflect.Type, path string, addressable bool) error {
	if at := (seenType{t, addressable}); c.seen[at] || t == timeType {
		return nil
	} else {
		c.seen[at] = true
	}
	refuse := func(format string, args ...any) error {
		why := fmt.Sprintf(format, args...)
		if path == "" {
			return errors.New(why)
		}
		return errors.New(path + ": " + why)
	}
	switch m := codingOf(t); {
	case m.enc == "" && m.dec == "":
	case m.enc != "" && m.dec == "":
		return refuse("%v has a method to encode itself (%s) and none to decode", t, m.enc)
	case m.enc == "":
		return refuse("%v has a method to decode itself (%s) and none to encode", t, m.dec)
	case m.enc != m.dec:
		return refuse("%v encodes itself one way (%s) and decodes another (%s)", t, m.enc, m.dec)
	default:
		if f := embeddedCoding(t); f != "" {
			return refuse("%v takes its encoding from the embedded %s, and the other fields would be lost; give that field a name", t, f)
		}
		if !addressable && m.byPointer {
			return refuse("%v encodes itself through its pointer, and what is in a map has no address; let the map hold *%v", t, t)
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.Uintptr, reflect.Complex64, reflect.Complex128:
		return refuse("%v is a %v, which msgpack cannot carry", t, t.Kind())
	case reflect.Interface:
		switch {
		case t.NumMethod() > 0 && t != errorType:
			return refuse("%v is an interface with methods, and decoding cannot know which type to make", t)
		case !c.interfaces:
			return refuse("%v is an interface, whose content may come back as another type; permit it with AllowInterfaces", t)
		}
	case reflect.Pointer:
		if t.Elem().Kind() == reflect.Pointer {
			return refuse("%v is a pointer to a pointer, and nil inside would come back as nil outside", t)
		}
		return c.walk(t.Elem(), path, true)
	case reflect.Slice:
		return c.walk(t.Elem(), path+"[]", true)
	case reflect.Array:
		return c.walk(t.Elem(), path+"[]", addressable)
	case reflect.Map:
		switch k := t.Key().Kind(); k {
		case reflect.Interface, reflect.Pointer:
			return refuse("%v has keys of kind %v, which would not be equal again after decoding", t, k)
		}
		if err := c.walk(t.Key(), path+"[key]", false); err != nil {
			return err
		}
		return c.walk(t.Elem(), path+"[]", false)
	case reflect.Struct:
		fields, _, err := wireFields(t)
		if err != nil {
			return refuse("%v", err)
		}
		if len(fields) == 0 && t.NumField() > 0 {
			return refuse("%v has no exported field, so nothing of it would be sent", t)
		}
		for _, f := range fields {
			at := "field " + f.name
			if path != "" {
				at = path + "." + f.name
			}
			if err := c.walk(f.typ, at, addressable); err != nil {
				return err
			}
		}
	}
	return nil
}

// embeddedCoding names an embedded field that has methods to encode itself, in a struct that has other exported fields and such
// methods too: they are most likely the embedded field's, and then they encode that field alone. A struct with methods
// of its own that embeds such a type is refused as well; to give the field a name is always a way out.
func embeddedCoding(t reflect.Type) string {
	if t.Kind() != reflect.Struct {
		return ""
	}
	found, exported := "", 0
	for i := range t.NumField() {
		f := t.Field(i)
		if f.IsExported() {
			exported++
		}
		if !f.Anonymous {
			continue
		}
		ft := f.Type
		if ft.Kind() == reflect.Pointer {
			ft = ft.Elem()
		}
		if m := codingOf(ft); m.enc != "" {
			found = f.Name
		}
	}
	if exported < 2 {
		return ""
	}
	return found
}
