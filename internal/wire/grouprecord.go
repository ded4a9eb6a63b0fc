package wire

// GroupRecord: what a side of a merge knows of one group.

import (
	"fmt"
	"strings"
)

// A GroupMember is a member of a group, in a record.
type GroupMember struct {
	ID     MemberID
	Name   string   // 1 to MaxName bytes of UTF-8
	Joined Position // of its join; members are sorted by it: rank 0 is the oldest
	Loaded bool
	Cut    Position // where its state was or is being cut
	Donor  MemberID // who gives it the state, while it loads
	// Spares saved at Cut too, and can give the rest of the state or all of it; at most MaxSpares. Never changed in place.
	Spares []MemberID
}

// groupMemberSize is the least a GroupMember takes.
const groupMemberSize = 16 + 2 + 1 + 8 + 1 + 8 + 16

// A GroupRecord is what a side knows of one group.
type GroupRecord struct {
	Name       string // 1 to MaxGroupName bytes of UTF-8
	Founding   uint64
	Config     GroupConfig
	View       ViewID         // the last view installed on this side
	Primary    bool           // whether this side is primary
	Members    []GroupMember  // of that view, by age; at most MaxMembers
	Holders    []MemberID     // without a primary: the members on this side whose state this is; at most MaxMembers
	Epoch      Position       // of the event that last changed who votes
	Electorate []MemberID     // who votes without a size: the loaded members of the last primary view, by age; at most MaxMembers
	Voters     []string       // who votes with a size: names, in the order taken in; at most MaxMembers
	Votes      uint16         // how many vote, where an override has made it fewer than the size; 0: as many as the size
	Held       Position       // the last position delivered or held back on this side
	Attempts   []Attempt      // events met only in a transitional configuration, by position; at most MaxAttempts
	Waiting    []GroupJoin    // joins that wait for a founding or a primary; at most MaxWaiting
	Table      []HandlerEntry // at most MaxHandlers
	Founded    uint16         // the size with which it was founded, where Config has another since; 0: it never had. In an extension
}

// recordFounded is the extension of a record whose size was changed.
const recordFounded = 1

// An Attempt is a membership event that a side met without the right to act on it.
type Attempt struct {
	Position Position
	Kind     Kind
	Payload  []byte
}

const (
	attemptSize = 8 + 1 + 4
	// groupRecordSize is the least a record takes.
	groupRecordSize = 2 + 1 + 8 + 5 + 16 + 1 + 8 + 8 + 2 + 7*2
)

// Append appends the record's bytes to b.
func (g GroupRecord) Append(b []byte) []byte {
	b = appendName(b, g.Name)
	b = appendU64(b, g.Founding)
	b = appendConfig(b, g.Config)
	b = appendView(b, g.View)
	b = append(b, flagBits(g.Primary))
	b = appendU64(b, uint64(g.Epoch))
	b = appendU64(b, uint64(g.Held))
	b = appendU16(b, g.Votes)
	b = appendCount16(b, len(g.Members))
	for _, m := range g.Members {
		b = appendMember(b, m)
	}
	b = appendCount16(b, len(g.Holders))
	b = appendIDs(b, g.Holders)
	b = appendCount16(b, len(g.Electorate))
	b = appendIDs(b, g.Electorate)
	b = appendCount16(b, len(g.Voters))
	for _, name := range g.Voters {
		b = appendName(b, name)
	}
	b = appendCount16(b, len(g.Attempts))
	for _, a := range g.Attempts {
		b = append(appendU64(b, uint64(a.Position)), uint8(a.Kind))
		b = append(appendCount32(b, len(a.Payload)), a.Payload...)
	}
	b = appendCount16(b, len(g.Waiting))
	for i := range g.Waiting {
		at := len(b)
		b = g.Waiting[i].Append(openFrame(b))
		b = closeFrame(b, at)
	}
	b = appendTable(b, g.Table)
	if g.Founded != 0 {
		at := len(b)
		b = closeExtension(appendU16(openExtension(b, recordFounded), g.Founded), at)
	}
	return b
}

// ParseGroupRecord reads a whole record. Attempts alias it. Errors match ErrMalformed.
func ParseGroupRecord(record []byte) (GroupRecord, error) {
	r := reader{b: record}
	g := GroupRecord{Name: r.name(MaxGroupName)}
	g.Founding = r.u64()
	g.Config = r.config()
	g.View = r.view()
	g.Primary = r.u8()&1 != 0
	g.Epoch = Position(r.u64())
	g.Held = Position(r.u64())
	g.Votes = r.u16()
	if n := r.count(uint32(r.u16()), MaxMembers, groupMemberSize); n > 0 {
		g.Members = make([]GroupMember, n)
		for i := range g.Members {
			g.Members[i] = r.member()
		}
	}
	g.Holders = r.ids(r.count(uint32(r.u16()), MaxMembers, 16))
	g.Electorate = r.ids(r.count(uint32(r.u16()), MaxMembers, 16))
	if n := r.count(uint32(r.u16()), MaxMembers, 2+1); n > 0 {
		g.Voters = make([]string, n)
		for i := range g.Voters {
			g.Voters[i] = r.name(MaxName)
		}
	}
	if n := r.count(uint32(r.u16()), MaxAttempts, attemptSize); n > 0 {
		g.Attempts = make([]Attempt, n)
		for i := range g.Attempts {
			g.Attempts[i].Position = Position(r.u64())
			g.Attempts[i].Kind = Kind(r.u8())
			g.Attempts[i].Payload = r.bytes(r.u32())
		}
	}
	if n := r.count(uint32(r.u16()), MaxWaiting, 4+groupJoinSize); n > 0 {
		g.Waiting = make([]GroupJoin, n)
		for i := range g.Waiting {
			g.Waiting[i] = nested(&r, ParseGroupJoin)
		}
	}
	g.Table = r.table()
	for {
		kind, value, ok := r.extension()
		if !ok {
			break
		}
		if kind == recordFounded {
			v := reader{b: value}
			if g.Founded = v.u16(); v.fault != "" || len(v.b) > 0 || g.Founded == 0 {
				r.fail("bad size of a founding")
			}
		}
	}
	if err := r.done("group record"); err != nil {
		return GroupRecord{}, err
	}
	return g, nil
}

// String describes the record on one line.
func (g GroupRecord) String() string {
	b := fmt.Appendf(nil, "group %q founding %d (%v) view %v %s epoch %d held %d members ", g.Name, g.Founding, g.Config, g.View,
		pick(g.Primary, "primary", "not primary"), g.Epoch, g.Held)
	b = appendList(b, g.Members, func(b []byte, m GroupMember) []byte {
		return fmt.Appendf(b, "%q %v %s", m.Name, m.ID, pick(m.Loaded, "loaded", "loading"))
	})
	b = append(b, " electorate "...)
	b = appendList(b, g.Electorate, appendID)
	b = fmt.Appendf(b, " voters %q votes %d attempts %d waiting %d types %d", g.Voters, g.Votes, len(g.Attempts), len(g.Waiting), len(g.Table))
	if g.Founded != 0 {
		b = fmt.Appendf(b, " founded with size %d", g.Founded)
	}
	return string(b)
}

func appendMember(b []byte, m GroupMember) []byte {
	b = append(b, m.ID[:]...)
	b = appendName(b, m.Name)
	b = appendU64(b, uint64(m.Joined))
	spares := m.Spares[:min(len(m.Spares), MaxSpares)]
	b = append(b, flagBits(m.Loaded)|spareBits(len(spares)))
	b = appendU64(b, uint64(m.Cut))
	return appendIDs(append(b, m.Donor[:]...), spares)
}

func (r *reader) member() GroupMember {
	m := GroupMember{ID: r.id()}
	m.Name = r.name(MaxName)
	m.Joined = Position(r.u64())
	flags := r.u8()
	m.Loaded = flags&1 != 0
	m.Cut = Position(r.u64())
	m.Donor = r.id()
	m.Spares = r.ids(sparesIn(flags))
	return m
}

// nested reads a payload inside a payload, with its length before it, so that each can have extensions of its own.
func nested[T any](r *reader, parse func([]byte) (T, error)) (v T) {
	inner := r.bytes(r.u32())
	if r.fault != "" {
		return v
	}
	v, err := parse(inner)
	if err != nil {
		r.fail(strings.TrimPrefix(err.Error(), ErrMalformed.Error()+": "))
	}
	return v
}
