package membership

// What a joiner and a group disagree about, in words that tell a person what to change.

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// differConfig names every field of which joiner and group have different values; empty if they agree.
func differConfig(here, there wire.GroupConfig) string {
	var list []string
	field := func(name, here, there string) {
		if here != there {
			list = append(list, fmt.Sprintf("%s: %s here, %s in the group", name, here, there))
		}
	}
	field("Size", fmt.Sprint(here.Size), fmt.Sprint(there.Size))
	field("Partition", policyName(here.Partition), policyName(there.Partition))
	field("LastMember", lastName(here.LastMember), lastName(there.LastMember))
	field("Stateless", fmt.Sprint(here.Stateless), fmt.Sprint(there.Stateless))
	field("Donors", fmt.Sprint(1+here.Spares), fmt.Sprint(1+there.Spares))
	return strings.Join(list, "; ")
}

func policyName(p uint8) string {
	switch p {
	case wire.PolicyPrimary:
		return "primary"
	case wire.PolicyPartitionable:
		return "partitionable"
	case wire.PolicyReadOnly:
		return "read-only"
	}
	return fmt.Sprint(p)
}

func lastName(l uint8) string {
	switch l {
	case 0:
		return "blocked"
	case 1:
		return "go on"
	}
	return fmt.Sprint(l)
}

const kindQuery = 3 // of a wire.HandlerEntry

func kindName(k uint8) string {
	switch k {
	case 1:
		return "message"
	case 2:
		return "apply"
	case kindQuery:
		return "query"
	}
	return fmt.Sprintf("kind %d", k)
}

// sameType finds an entry: one Go type may be a message, an apply and a query, each with a handler of its own.
func sameType(t wire.HandlerEntry) func(wire.HandlerEntry) bool {
	return func(e wire.HandlerEntry) bool { return e.Name == t.Name && e.Kind == t.Kind }
}

// maxDifferences bounds a refusal's text.
const maxDifferences = 16

// differTable lists what keeps a joiner out: an ordered type that every member handles and it does not, a type that every member
// handles as another kind, and a type that both know and of which a field means another thing. A type that some member lacks
// already is refused at its senders, so a joiner may lack it too. A field that only one side has keeps nobody out.
func differTable(here, there []wire.HandlerEntry) string {
	var list []string
	for _, t := range there {
		if i := slices.IndexFunc(here, sameType(t)); i >= 0 {
			for _, d := range wire.CompareShapes(here[i].Shape, t.Shape) {
				if !d.Harmless {
					list = append(list, fmt.Sprintf("%s %q: %s", kindName(t.Kind), t.Name, d.Text))
				}
			}
			continue
		}
		if len(t.Missing) > 0 {
			continue
		}
		if t.Kind != kindQuery {
			list = append(list, fmt.Sprintf("%s %q: not handled here", kindName(t.Kind), t.Name))
		} else if other, ok := otherKind(t, here, there); ok {
			list = append(list, fmt.Sprintf("%q: %s here, query in the group", t.Name, kindName(other)))
		}
	}
	if n := len(list) - maxDifferences; n > 0 {
		list = append(list[:maxDifferences], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(list, "; ")
}

// otherKind is the kind as which the joiner, and nobody in the group, handles a type.
func otherKind(t wire.HandlerEntry, here, there []wire.HandlerEntry) (kind uint8, ok bool) {
	for _, e := range here {
		if e.Name == t.Name && !slices.ContainsFunc(there, sameType(e)) {
			return e.Kind, true
		}
	}
	return 0, false
}

// handle takes a member's table into the record's. Types that only it has are appended, so that an index into the table never
// changes its meaning; who lacks a type is listed with it. The record's shape of a type grows by the fields that only this member
// has: the next joiner is compared with all of them. member is not yet in the record. The table that there was is not changed: whoever
// asked for it may be reading it.
func handle(r *wire.GroupRecord, member wire.MemberID, table []wire.HandlerEntry) {
	r.Table = cloneTable(r.Table)
	for i := range r.Table {
		e := &r.Table[i]
		j := slices.IndexFunc(table, sameType(*e))
		if j < 0 || !wire.ShapesAgree(table[j].Shape, e.Shape) {
			e.Missing = insertID(e.Missing, member)
			continue
		}
		e.Shape = wire.UniteShapes(e.Shape, table[j].Shape)
		e.Missing = removeID(e.Missing, member)
	}
	for _, t := range table {
		if slices.ContainsFunc(r.Table, sameType(t)) || len(r.Table) >= wire.MaxHandlers {
			continue
		}
		t.Missing = nil
		for i := range r.Members {
			if r.Members[i].ID != member {
				t.Missing = insertID(t.Missing, r.Members[i].ID)
			}
		}
		r.Table = append(r.Table, t)
	}
}

// handled is the table of one member of a record, as it brought it, with the fields that others know of its types.
func handled(r *wire.GroupRecord, member wire.MemberID) []wire.HandlerEntry {
	var table []wire.HandlerEntry
	for _, e := range r.Table {
		if !slices.Contains(e.Missing, member) {
			table = append(table, wire.HandlerEntry{Name: e.Name, Kind: e.Kind, Shape: e.Shape})
		}
	}
	return table
}

// unlist takes departed members out of all lists of who lacks a type, in a table of its own.
func unlist(r *wire.GroupRecord) {
	gone := func(id wire.MemberID) bool { return find(r, id) < 0 }
	if !slices.ContainsFunc(r.Table, func(e wire.HandlerEntry) bool { return slices.ContainsFunc(e.Missing, gone) }) {
		return
	}
	r.Table = cloneTable(r.Table)
	for i := range r.Table {
		r.Table[i].Missing = slices.DeleteFunc(r.Table[i].Missing, gone)
	}
}

// insertID and removeID keep a sorted set.
func insertID(set []wire.MemberID, id wire.MemberID) []wire.MemberID {
	at, found := slices.BinarySearchFunc(set, id, wire.MemberID.Compare)
	if found {
		return set
	}
	return slices.Insert(set, at, id)
}

func removeID(set []wire.MemberID, id wire.MemberID) []wire.MemberID {
	at, found := slices.BinarySearchFunc(set, id, wire.MemberID.Compare)
	if !found {
		return set
	}
	return slices.Delete(set, at, at+1)
}
