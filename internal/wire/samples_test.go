package wire

// One or more values of every packet and payload type, which the golden, truncation and fuzz tests all start from.

import (
	"net/netip"
	"strings"
	"testing"
)

// An encoder is what packets, payloads and headers have in common.
type encoder interface {
	Append(b []byte) []byte
	String() string
}

// A sample is a value, its parser, and the length of the extensions at its end.
type sample struct {
	name       string
	value      encoder
	parse      func([]byte) (encoder, error)
	extensions int
}

// by makes parsers of different types alike.
func by[T encoder](parse func([]byte) (T, error)) func([]byte) (encoder, error) {
	return func(b []byte) (encoder, error) {
		v, err := parse(b)
		if err != nil {
			return nil, err
		}
		return v, nil
	}
}

func mustAddr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

var (
	idA = MemberID{0x10, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 1}
	idB = MemberID{0x20, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 2}
	idC = MemberID{0x30, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 3}
)

func samples() []sample {
	ring := RingID{Seq: 9, Rep: idA}
	old := RingID{Seq: 5, Rep: idB}
	a := Info{ID: idA, Name: "a", Addrs: []Addr{{0, mustAddr("10.0.0.1:7946")}}}
	b := Info{ID: idB, Name: "bär", Addrs: []Addr{{0, mustAddr("10.0.0.2:7946")}, {1, mustAddr("[fd00::2]:7947")}}, Features: 5}
	c := Info{ID: idC, Name: "c"}
	table := []HandlerEntry{{Name: "Update", Kind: 1, Shape: "struct{Key string; Value float64}"}, {Name: "Acquire", Kind: 2, Missing: []MemberID{idC}}}
	config := GroupConfig{Size: 3, Partition: PolicyReadOnly, LastMember: 1, Stateless: true}
	join := GroupJoin{
		Name: "quotes", Mode: JoinExisting, Attempt: 4, Config: config, Table: table,
		Member: GroupMember{ID: idC, Name: "c"},
		Seeds:  []netip.AddrPort{mustAddr("10.0.0.1:7946"), mustAddr("[::ffff:10.0.0.2]:1")},
	}
	record := GroupRecord{
		Name: "quotes", Founding: 77, Config: GroupConfig{Size: 3}, View: ViewID{Num: 12, Ring: 0xabcdef0123456789}, Primary: true,
		Members: []GroupMember{
			{ID: idB, Name: "bär", Joined: 1000, Loaded: true, Cut: 1000},
			{ID: idA, Name: "a", Joined: 1010, Cut: 1011, Donor: idB},
		},
		Holders: []MemberID{idB, idA}, Epoch: 1010, Electorate: []MemberID{idB}, Voters: []string{"bär", "a"}, Votes: 2, Held: 1020,
		Attempts: []Attempt{{Position: 1015, Kind: KindGroupLeave, Payload: idC[:]}, {Position: 1016, Kind: KindTerminate}},
		Waiting:  []GroupJoin{join}, Table: table,
	}
	spared := record
	spared.Config.Spares = 2
	spared.Members = append([]GroupMember(nil), record.Members...)
	spared.Members[1].Spares = []MemberID{idC}
	resized := record
	resized.Founded, resized.Config.Size, resized.Votes = 3, 5, 0
	commit := CommitToken{Ring: ring, Hop: 4, Entries: []CommitEntry{
		{ID: idA, Filled: true, Received: true, OldRing: old, Aru: 100, High: 105, HighDelivered: 99, Position: 2048, Nonce: [16]byte{1, 2, 3}},
		{ID: idB, Filled: true, OldRing: old, Aru: 105, High: 105, HighDelivered: 105, Position: 2050, Nonce: [16]byte{4}},
		{ID: idC},
	}}
	owing := commit
	owing.Entries = append([]CommitEntry(nil), commit.Entries...)
	owing.Entries[0].Obligations = []MemberID{idA, idB}
	owing.Entries[1].Obligations = []MemberID{idB}
	owing.Entries[2].Obligations = []MemberID{idA, idB}

	return []sample{
		{name: "header", value: Header{Version: 1, Class: ClassToken, Flags: FlagPart, KeyID: 0x5f3a0001, Context: ring.Context(),
			Sealer: idA, Counter: 17}, parse: by(ParseHeader)},
		{name: "part header", value: PartHeader{Index: 1, Count: 3, Total: 3000}, parse: by(ParsePartHeader)},
		{name: "probe", value: &Probe{Nonce: 0x1122334455667788, Ring: ring}, parse: by(ParseProbe)},
		{name: "probe answer", value: &Probe{Answer: true, Nonce: 1}, parse: by(ParseProbe)},
		{name: "beacon", value: &Beacon{Sender: b, Ring: old, Size: 3}, parse: by(ParseBeacon)},
		{name: "join", value: &Join{Sender: idB, RingSeq: 8, Rotation: 2, Ring: old, Proc: []Info{a, b, c},
			Fail: []Failed{{idA, ReasonCrash}, {idC, ReasonLeave}}}, parse: by(ParseJoin)},
		{name: "beacon with proof", value: &Beacon{Sender: b, Ring: old, Size: 2, Hears: []Heard{{idA, true}, {idC, false}}, Members: []Info{b, c},
			Barred: []MemberID{idA}, Padding: 3}, parse: by(ParseBeacon), extensions: (4 + 2*heardSize) + (4 + len(b.append(nil))) + (4 + len(c.append(nil))) + (4 + 16) + (4 + 3)},
		{name: "join with hearing", value: &Join{Sender: idB, RingSeq: 8, Ring: old, Proc: []Info{a, b, c},
			Hearing: []Hearing{{0, 3, []byte{3}}, {1, 9, []byte{7}}}, Barred: []MemberID{idA, idC}, Proved: []MemberID{idC}}, parse: by(ParseJoin),
			extensions: (4 + 2*7) + (4 + 32) + (4 + 16)},
		{name: "leave", value: &Leave{Sender: idC}, parse: by(ParseLeave)},
		{name: "commit token", value: &commit, parse: by(ParseCommitToken)},
		{name: "commit token with obligations", value: &owing, parse: by(ParseCommitToken), extensions: (4 + 2 + 4 + 32) + (4 + 2 + 2 + 16)},
		{name: "token", value: &Token{TokenSeq: 17, Round: 3, Seq: 120, Position: 1799, Aru: 118, AruMember: 2, Window: 262144,
			Retrans: NoMember, LastSender: 1, IdleHops: 6, Members: []MemberState{{}, {0, LoadHungry.WithSent(17)}, {2, LoadMissed}},
			Requests: []Request{{119, 1}, {120, 1}}, Congested: []Congestion{{2, 0xabcd000000000001}}}, parse: by(ParseToken)},
		{name: "data", value: &Data{Origin: 2, Seq: 120, Position: 1798, Prev: 3, Control: 100, Round: 3, Chunks: []Chunk{
			{Group: 0xabcd000000000001, Kind: KindApp, Order: OrderAgreed, Flags: ChunkLast, Payload: []byte("tail")},
			{Group: 0xabcd000000000001, Kind: KindApply, Order: OrderSafe, Flags: ChunkFirst | ChunkLast, Payload: []byte("whole")},
			{Group: 2, Kind: KindQuery, Flags: ChunkFirst | ChunkLast},
			{Group: 2, Kind: KindApp, Order: OrderCausal, Flags: ChunkFirst | ChunkRestart, Total: 100000, Payload: []byte("head")},
			{Group: 3, Kind: KindApp, Payload: []byte{0}},
		}}, parse: by(ParseData)},
		{name: "data safe at k", value: &Data{Seq: 1, Position: 9, Chunks: []Chunk{
			{Group: 2, Kind: KindApp, Order: SafeAt(3), Flags: ChunkFirst | ChunkLast, Payload: []byte("three")},
			{Group: 2, Kind: KindApply, Order: OrderSafeAt, Flags: ChunkFirst, Total: 9000, Payload: []byte("quorum")},
		}}, parse: by(ParseData)},
		{name: "data recovered", value: &Data{Flags: DataRecovered, Origin: 1, Seq: 7, Position: 1, Chunks: []Chunk{
			{Kind: KindRecovered, Order: OrderAgreed, Flags: ChunkFirst | ChunkLast, Payload: []byte{7, 0}}}}, parse: by(ParseData)},
		{name: "wake", value: &Wake{TokenSeq: 3}, parse: by(ParseWake)},
		{name: "wake holds", value: &Wake{TokenSeq: 3, Holds: true}, parse: by(ParseWake)},
		{name: "direct", value: &Direct{To: idC, Epoch: 0xfeed, Seq: 1, First: true, Total: 70000, Kind: DirectMessage, Group: 2,
			Follow: 1799, Payload: []byte("begin")}, parse: by(ParseDirect)},
		{name: "direct answer", value: &Direct{To: idC, Epoch: 0xfeed, Seq: 2, First: true, Last: true, Kind: DirectAnswer, Group: 2,
			Follow: 1799, Call: 41, Status: 1, Payload: []byte("no")}, parse: by(ParseDirect)},
		{name: "directack", value: &DirectAck{To: idC, Epoch: 0xfeed, Seq: 2}, parse: by(ParseDirectAck)},
		{name: "group join", value: join, parse: by(ParseGroupJoin)},
		{name: "group leave", value: GroupLeave{Member: idC}, parse: by(ParseGroupLeave)},
		{name: "group leave, state lost", value: GroupLeave{Member: idC, Lost: true, Seeds: join.Seeds}, parse: by(ParseGroupLeave), extensions: 32},
		{name: "loaded", value: Loaded{Member: idC, Cut: 1011}, parse: by(ParseLoaded)},
		{name: "loaded from another", value: Loaded{Member: idC, Cut: 1011, Giver: idA}, parse: by(ParseLoaded), extensions: 4 + 16},
		{name: "recut", value: Recut{Member: idC, Cut: 1011, Donor: idB}, parse: by(ParseRecut)},
		{name: "terminate", value: Terminate{By: idA}, parse: by(ParseTerminate)},
		{name: "override", value: Override{By: idA, Ring: ring, Founding: 77}, parse: by(ParseOverride)},
		{name: "resize", value: Resize{By: idA, Epoch: 1010, Size: 5, Voters: []string{"bär", "a"}}, parse: by(ParseResize)},
		{name: "bundle", value: Bundle{Events: []BundledEvent{{Group: 2, Kind: KindGroupLeave, Payload: GroupLeave{Member: idC}.Append(nil)},
			{Group: 0xabcd000000000001, Kind: KindGroupJoin, Payload: join.Append(nil)}}}, parse: by(ParseBundle)},
		{name: "report", value: Report{Member: idC, Why: "its disk is full"}, parse: by(ParseReport)},
		{name: "group record", value: record, parse: by(ParseGroupRecord)},
		{name: "group record with spares", value: spared, parse: by(ParseGroupRecord)},
		{name: "resized group record", value: resized, parse: by(ParseGroupRecord), extensions: 6},
		{name: "directory", value: Directory{Ring: ring, Floor: 14, Side: []MemberID{idA, idB}, Seen: []Failed{{idC, ReasonPartition}},
			Groups: []GroupRecord{{Name: "empty"}, record}}, parse: by(ParseDirectory)},
		{name: "chains", value: Chains{Ring: ring, Links: []Link{{From: 0xabcdef0000000001, To: 9, Count: 14, Sum: 0x0123456789abcdef,
			Groups: []GroupSum{{Group: 2, Count: 3, Sum: 77}, {Group: 0xabcd000000000001}}}, {From: 9, To: 11}}}, parse: by(ParseChains)},
		{name: "sync", value: Sync{Ring: ring}, parse: by(ParseSync)},
	}
}

// fixed reports whether the value is a header, which extensions never follow and whose parser leaves the rest alone.
func (s sample) fixed() bool { return strings.Contains(s.name, "header") }

// TestSamplesCoverEveryPacket keeps the sample list whole.
func TestSamplesCoverEveryPacket(t *testing.T) {
	seen := map[Type]bool{}
	for _, s := range samples() {
		if p, ok := s.value.(Packet); ok {
			seen[p.Type()] = true
			if body := p.Append(nil); Type(body[0]) != p.Type() {
				t.Errorf("%s: first byte %d, type %v", s.name, body[0], p.Type())
			}
		}
	}
	for typ := TypeProbe; typ <= TypeDirectAck; typ++ {
		if !seen[typ] {
			t.Errorf("no sample of %v", typ)
		}
	}
}
