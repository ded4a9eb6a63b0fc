package wire

// What parsers refuse, and what they skip.

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// TestTruncation cuts every sample at every length. A cut is only bearable where it takes whole extensions away.
func TestTruncation(t *testing.T) {
	for _, s := range samples() {
		body := s.value.Append(nil)
		whole := len(body) - s.extensions
		for n := range body {
			_, err := s.parse(body[:n:n])
			if n < whole && !errors.Is(err, ErrMalformed) {
				t.Errorf("%s cut to %d of %d bytes: %v", s.name, n, len(body), err)
			}
			if err == nil && n < whole {
				t.Errorf("%s cut to %d of %d bytes passes", s.name, n, len(body))
			}
		}
		if s.extensions > 0 {
			if _, err := s.parse(body[:whole]); err != nil {
				t.Errorf("%s without its extensions: %v", s.name, err)
			}
			if _, err := s.parse(body[:whole+1]); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s with a torn extension: %v", s.name, err)
			}
		}
	}
}

// TestExtensions puts an unknown extension behind every packet and payload, then ones that are wrong.
func TestExtensions(t *testing.T) {
	for _, s := range samples() {
		if s.fixed() {
			continue
		}
		body := s.value.Append(nil)
		got, err := s.parse(append(body[:len(body):len(body)], 0xff, 0xfe, 0, 2, 'h', 'i', 0xff, 0xfd, 0, 0))
		if err != nil || !reflect.DeepEqual(got, s.value) {
			t.Errorf("%s with unknown extensions: %v %v", s.name, got, err)
		}
		for _, garbage := range [][]byte{{0}, {0xff, 0xff}, {0xff, 0xff, 0}, {0xff, 0xff, 0, 1}, {0xff, 0xff, 0xff, 0xff, 0}} {
			if _, err := s.parse(append(body[:len(body):len(body)], garbage...)); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s followed by %x: %v", s.name, garbage, err)
			}
		}
		many := append(body[:len(body):len(body)], make([]byte, MaxExtensions+4)...)
		if _, err := s.parse(many); !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "too many extensions") {
			t.Errorf("%s with endless extensions: %v", s.name, err)
		}
	}
}

// TestUnknownInfoExtension gives a member's description a field of a later version.
func TestUnknownInfoExtension(t *testing.T) {
	want := &Beacon{Sender: Info{ID: idA, Name: "a"}, Ring: RingID{Seq: 1, Rep: idA}, Size: 1}
	body := want.Append(nil)
	at := 1 + 24 + 2 + 16 // the length of the description's extensions
	body = append(body, 0x77, 0x77, 0, 1, 'x')
	binary.BigEndian.PutUint16(body[at:], binary.BigEndian.Uint16(body[at:])+5)
	got, err := ParseBeacon(body)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v", got, err)
	}
}

// infoWith is a beacon whose sender's description has the given extensions.
func infoWith(extensions ...byte) []byte {
	b := appendU16(appendRing([]byte{byte(TypeBeacon)}, RingID{}), 1)
	b = append(b, idA[:]...)
	return append(appendU16(b, uint16(len(extensions))), extensions...)
}

func TestInfoRefused(t *testing.T) {
	name := []byte{0, 1, 0, 1, 'a'}
	if _, err := ParseBeacon(infoWith(name...)); err != nil {
		t.Fatal(err)
	}
	for what, extensions := range map[string][]byte{
		"none":           {},
		"empty name":     {0, 1, 0, 0},
		"two names":      append(name[:5:5], name...),
		"not UTF-8":      {0, 1, 0, 1, 0xff},
		"empty address":  append(name[:5:5], 0, 2, 0, 0),
		"short address":  append(name[:5:5], 0, 2, 0, 2, 0, 0),
		"odd address":    append(name[:5:5], 0, 2, 0, 8, 0, 1, 2, 3, 4, 5, 6, 7),
		"short features": append(name[:5:5], 0, 3, 0, 7, 0, 0, 0, 0, 0, 0, 0),
		"long features":  append(name[:5:5], 0, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		"two features":   append(name[:5:5], 0, 3, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0),
	} {
		if p, err := ParseBeacon(infoWith(extensions...)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v %v", what, p, err)
		}
	}
}

// TestRefused appends values that break a bound or a promise of their type; every parser must refuse them.
func TestRefused(t *testing.T) {
	info := func(id MemberID) Info { return Info{ID: id, Name: "x"} }
	token := func(change func(*Token)) *Token {
		p := &Token{Seq: 10, Aru: 10, AruMember: NoMember, Retrans: NoMember, LastSender: NoMember, Members: make([]MemberState, 3)}
		change(p)
		return p
	}
	chunk := func(c Chunk) *Data { return &Data{Chunks: []Chunk{c}} }
	group := func(change func(*GroupJoin)) GroupJoin {
		g := GroupJoin{Name: "g", Member: GroupMember{Name: "x"}}
		change(&g)
		return g
	}
	record := func(change func(*GroupRecord)) GroupRecord {
		g := GroupRecord{Name: "g"}
		change(&g)
		return g
	}
	long := func(n int) string { return strings.Repeat("n", n) }
	addrs := make([]Addr, MaxAddrs+1)
	for i := range addrs {
		addrs[i].Addr = mustAddr("1.2.3.4:5")
	}
	commit := CommitToken{Ring: RingID{Rep: idA}, Entries: []CommitEntry{{ID: idA}, {ID: idB}}}

	for what, c := range map[string]struct {
		value encoder
		parse func([]byte) (encoder, error)
	}{
		"header class":           {Header{Version: 1, Class: 4}, by(ParseHeader)},
		"part beyond count":      {PartHeader{Index: 3, Count: 3, Total: 9}, by(ParsePartHeader)},
		"parts beyond total":     {PartHeader{Index: 0, Count: 3, Total: 2}, by(ParsePartHeader)},
		"name too long":          {&Beacon{Sender: Info{Name: long(MaxName + 1)}}, by(ParseBeacon)},
		"name far too long":      {&Beacon{Sender: Info{Name: long(1 << 17)}}, by(ParseBeacon)},
		"too many addresses":     {&Beacon{Sender: Info{Name: "x", Addrs: addrs}}, by(ParseBeacon)},
		"join empty":             {&Join{Sender: idA}, by(ParseJoin)},
		"join without sender":    {&Join{Sender: idA, Proc: []Info{info(idB)}}, by(ParseJoin)},
		"join unsorted":          {&Join{Sender: idA, Proc: []Info{info(idB), info(idA)}}, by(ParseJoin)},
		"join twice":             {&Join{Sender: idA, Proc: []Info{info(idA), info(idA)}}, by(ParseJoin)},
		"join failed unsorted":   {&Join{Sender: idA, Proc: []Info{info(idA)}, Fail: []Failed{{ID: idC}, {ID: idB}}}, by(ParseJoin)},
		"commit empty":           {&CommitToken{}, by(ParseCommitToken)},
		"commit unsorted":        {&CommitToken{Ring: RingID{Rep: idB}, Entries: []CommitEntry{{ID: idB}, {ID: idA}}}, by(ParseCommitToken)},
		"commit representative":  {&CommitToken{Ring: RingID{Rep: idB}, Entries: []CommitEntry{{ID: idA}, {ID: idB}}}, by(ParseCommitToken)},
		"commit too many":        {&CommitToken{Entries: make([]CommitEntry, MaxMembers+1)}, by(ParseCommitToken)},
		"token no members":       {token(func(p *Token) { p.Members = nil }), by(ParseToken)},
		"token too many members": {token(func(p *Token) { p.Members = make([]MemberState, MaxMembers+1) }), by(ParseToken)},
		"token 65536 members":    {token(func(p *Token) { p.Members = make([]MemberState, 1<<16) }), by(ParseToken)},
		"token aru":              {token(func(p *Token) { p.Aru = 11 }), by(ParseToken)},
		"token member aru":       {token(func(p *Token) { p.Members[1].Aru = 11 }), by(ParseToken)},
		"token aru member":       {token(func(p *Token) { p.AruMember = 3 }), by(ParseToken)},
		"token retrans":          {token(func(p *Token) { p.Retrans = 3 }), by(ParseToken)},
		"token last sender":      {token(func(p *Token) { p.LastSender = 3 }), by(ParseToken)},
		"token congestion":       {token(func(p *Token) { p.Congested = []Congestion{{Member: NoMember}} }), by(ParseToken)},
		"token empty request":    {token(func(p *Token) { p.Requests = []Request{{First: 1}} }), by(ParseToken)},
		"token request overflow": {token(func(p *Token) { p.Requests = []Request{{First: 1<<64 - 1, Count: 1}} }), by(ParseToken)},
		"token requests order":   {token(func(p *Token) { p.Requests = []Request{{4, 1}, {3, 1}} }), by(ParseToken)},
		"token many requests":    {token(func(p *Token) { p.Requests = make([]Request, MaxRequests+1) }), by(ParseToken)},
		"token 256 congested":    {token(func(p *Token) { p.Congested = make([]Congestion, 256) }), by(ParseToken)},
		"data prev":              {&Data{Seq: 4, Prev: 5}, by(ParseData)},
		"data control":           {&Data{Seq: 4, Control: 5}, by(ParseData)},
		"chunk order":            {chunk(Chunk{Order: 5}), by(ParseData)},
		"chunk restart":          {chunk(Chunk{Flags: ChunkRestart}), by(ParseData)},
		"chunk total":            {chunk(Chunk{Flags: ChunkFirst, Total: 1, Payload: []byte("two")}), by(ParseData)},
		"direct total":           {&Direct{First: true, Total: 1, Payload: []byte("two")}, by(ParseDirect)},
		"group without a name":   {group(func(g *GroupJoin) { g.Name = "" }), by(ParseGroupJoin)},
		"group name too long":    {group(func(g *GroupJoin) { g.Name = long(MaxGroupName + 1) }), by(ParseGroupJoin)},
		"group name not UTF-8":   {group(func(g *GroupJoin) { g.Name = "\xff" }), by(ParseGroupJoin)},
		"joiner without a name":  {group(func(g *GroupJoin) { g.Member.Name = "" }), by(ParseGroupJoin)},
		"too many seeds":         {group(func(g *GroupJoin) { g.Seeds = repeat(mustAddr("1.2.3.4:5"), MaxSeeds+1) }), by(ParseGroupJoin)},
		"too many handlers":      {group(func(g *GroupJoin) { g.Table = repeat(HandlerEntry{Name: "x"}, MaxHandlers+1) }), by(ParseGroupJoin)},
		"handler without a name": {group(func(g *GroupJoin) { g.Table = []HandlerEntry{{}} }), by(ParseGroupJoin)},
		"handler name too long":  {group(func(g *GroupJoin) { g.Table = []HandlerEntry{{Name: long(MaxHandlerName + 1)}} }), by(ParseGroupJoin)},
		"shape too long":         {group(func(g *GroupJoin) { g.Table = []HandlerEntry{{Name: "x", Shape: long(MaxShape + 1)}} }), by(ParseGroupJoin)},
		"too many of a group":    {record(func(g *GroupRecord) { g.Members = repeat(GroupMember{Name: "x"}, MaxMembers+1) }), by(ParseGroupRecord)},
		"resize without voters":  {Resize{Size: 3}, by(ParseResize)},
		"resize to too few":      {Resize{Size: 1, Voters: []string{"a", "b"}}, by(ParseResize)},
		"resize to too many":     {Resize{Size: MaxMembers + 1, Voters: []string{"a"}}, by(ParseResize)},
		"too many electors":      {record(func(g *GroupRecord) { g.Electorate = make([]MemberID, MaxMembers+1) }), by(ParseGroupRecord)},
		"too many voters":        {record(func(g *GroupRecord) { g.Voters = repeat("x", MaxMembers+1) }), by(ParseGroupRecord)},
		"too many attempts":      {record(func(g *GroupRecord) { g.Attempts = make([]Attempt, MaxAttempts+1) }), by(ParseGroupRecord)},
		"too many waiting":       {record(func(g *GroupRecord) { g.Waiting = make([]GroupJoin, MaxWaiting+1) }), by(ParseGroupRecord)},
		"bad waiting":            {record(func(g *GroupRecord) { g.Waiting = make([]GroupJoin, 1) }), by(ParseGroupRecord)},
		"directory side":         {Directory{Side: []MemberID{idB, idA}}, by(ParseDirectory)},
		"directory groups":       {Directory{Groups: []GroupRecord{{Name: "b"}, {Name: "a"}}}, by(ParseDirectory)},
		"too many holders":       {record(func(g *GroupRecord) { g.Holders = make([]MemberID, MaxMembers+1) }), by(ParseGroupRecord)},
		"too many missing":       {group(func(g *GroupJoin) { g.Table = []HandlerEntry{{Name: "x", Missing: make([]MemberID, MaxMembers+1)}} }), by(ParseGroupJoin)},
		"directory bad group":    {Directory{Groups: []GroupRecord{{}}}, by(ParseDirectory)},
		"directory lost":         {Directory{Seen: make([]Failed, MaxMembers+1)}, by(ParseDirectory)},
	} {
		if got, err := c.parse(c.value.Append(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v %v", what, got, err)
		}
	}

	for what, value := range map[string][]byte{
		"nobody":          {0, 0},
		"empty list":      {0, 1, 0, 0},
		"torn id":         append([]byte{0, 1, 0, 0}, idA[:15]...),
		"stranger":        append([]byte{0, 1, 0, 2}, idA[:]...),
		"twice":           append([]byte{0, 2, 0, 1, 0, 1}, idA[:]...),
		"more than there": append([]byte{0, 3, 0, 0, 0, 1, 0, 2}, idA[:]...),
	} {
		body := commit.Append(nil)
		at := len(body)
		body = closeExtension(append(openExtension(body, commitObligations), value...), at)
		if got, err := ParseCommitToken(body); !errors.Is(err, ErrMalformed) {
			t.Errorf("obligations, %s: %v %v", what, got, err)
		}
	}

	if _, err := ParseHeader(Header{Version: 2}.Append(nil)); !errors.Is(err, ErrVersion) {
		t.Errorf("header of another version: %v", err)
	}
	for _, body := range [][]byte{nil, {0}, {11}, {255, 1, 2}} {
		if p, err := Parse(body); p != nil || !errors.Is(err, ErrMalformed) {
			t.Errorf("Parse(%x): %v %v", body, p, err)
		}
	}
	if p, err := Parse([]byte{byte(TypeWake)}); p != nil || !errors.Is(err, ErrMalformed) {
		t.Errorf("Parse of a torn wake: %v %v", p, err)
	}
}

// TestHostileCounts claims the most elements that a count can say and brings none. Refusing them must cost next to nothing.
func TestHostileCounts(t *testing.T) {
	ff := func(b []byte, n int) []byte {
		for range n {
			b = append(b, 0xff)
		}
		return b
	}
	directory := appendU16(appendU16(appendU64(appendRing(nil, RingID{}), 0), 0), 0)
	shape := appendU16(GroupJoin{Name: "g", Member: GroupMember{Name: "x"}}.Append(nil), 0)
	shape = append(shape[:len(shape)-4], 0, 1, 1, 0, 1, 'x')
	for what, c := range map[string]struct {
		body  []byte
		parse func([]byte) (encoder, error)
	}{
		"groups": {ff(directory, 4), by(ParseDirectory)},
		"shape":  {ff(shape, 4), by(ParseGroupJoin)},
		"chunks": {ff((&Data{}).Append(nil)[:DataHeaderSize-2], 2), by(ParseData)},
		"frame":  {ff(append(directory, 0, 0, 0, 1), 80), by(ParseDirectory)},
	} {
		if _, err := c.parse(c.body); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", what, err)
		}
		if n := testing.AllocsPerRun(10, func() { _, _ = c.parse(c.body) }); n > 24 {
			t.Errorf("%s: %v allocations to refuse it", what, n)
		}
	}
}

// TestAddresses shows what Append leaves out: invalid addresses and zones.
func TestAddresses(t *testing.T) {
	in := &Beacon{Sender: Info{ID: idA, Name: "a", Addrs: []Addr{{}, {0, mustAddr("[fe80::1%eth0]:1")}, {1, mustAddr("[::ffff:1.2.3.4]:2")}}}}
	out, err := ParseBeacon(in.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []Addr{{0, mustAddr("[fe80::1]:1")}, {1, mustAddr("[::ffff:1.2.3.4]:2")}}
	if !reflect.DeepEqual(out.Sender.Addrs, want) {
		t.Errorf("got %v, want %v", out.Sender.Addrs, want)
	}
	g := GroupJoin{Name: "g", Member: GroupMember{Name: "x"}, Seeds: []netip.AddrPort{{}, mustAddr("1.2.3.4:5")}}
	got, err := ParseGroupJoin(g.Append(nil))
	if err != nil || !reflect.DeepEqual(got.Seeds, g.Seeds[1:]) {
		t.Errorf("seeds %v %v", got.Seeds, err)
	}
}

func repeat[T any](v T, n int) []T {
	list := make([]T, n)
	for i := range list {
		list[i] = v
	}
	return list
}

// TestFoundedIsASize: the extension of a record has one size in it, and not 0.
func TestFoundedIsASize(t *testing.T) {
	record := GroupRecord{Name: "g"}.Append(nil)
	for _, value := range [][]byte{{}, {3}, {0, 0}, {0, 3, 0}} {
		b := append(append(append([]byte{}, record...), 0, recordFounded, 0, byte(len(value))), value...)
		if g, err := ParseGroupRecord(b); err == nil {
			t.Errorf("%v is read as %v", value, g)
		}
	}
}
