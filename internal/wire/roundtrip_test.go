package wire

// Round trips: whatever keeps to its type's bounds comes back as it went.

import (
	"bytes"
	"math"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// roundTrip draws values and sends each through its bytes.
func roundTrip[T encoder](t *testing.T, draw func(*rapid.T) T, parse func([]byte) (T, error)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		v := draw(t)
		body := v.Append(nil)
		got, err := parse(body)
		if err != nil {
			t.Fatalf("%v: %v", v, err)
		}
		if !reflect.DeepEqual(got, v) {
			t.Fatalf("got  %+v\nwant %+v", got, v)
		}
		if !bytes.Equal(got.Append(nil), body) {
			t.Fatalf("%v has other bytes the second time", v)
		}
		if s := v.String(); s == "" || strings.ContainsAny(s, "\r\n") {
			t.Fatalf("not a line: %q", s)
		}
		if p, ok := any(v).(Packet); ok {
			if got, err := Parse(body); err != nil || !reflect.DeepEqual(got, p) {
				t.Fatalf("Parse: %v %v", got, err)
			}
		}
		if sized, ok := any(v).(interface{ Size() int }); ok && sized.Size() != len(body) {
			t.Fatalf("Size %d, %d bytes", sized.Size(), len(body))
		}
	})
}

func drawU8(t *rapid.T) uint8      { return rapid.Uint8().Draw(t, "u8") }
func drawU16(t *rapid.T) uint16    { return rapid.Uint16().Draw(t, "u16") }
func drawU32(t *rapid.T) uint32    { return rapid.Uint32().Draw(t, "u32") }
func drawU64(t *rapid.T) uint64    { return rapid.Uint64().Draw(t, "u64") }
func drawBool(t *rapid.T) bool     { return rapid.Bool().Draw(t, "bool") }
func drawPos(t *rapid.T) Position  { return Position(drawU64(t)) }
func drawRing(t *rapid.T) RingID   { return RingID{drawU64(t), drawID(t)} }
func drawBytes(t *rapid.T) []byte  { return drawList(t, 40, drawU8) }
func drawName(t *rapid.T) string   { return rapid.StringN(1, 60, MaxName).Draw(t, "name") }
func drawFailed(t *rapid.T) Failed { return Failed{drawID(t), Reason(drawU8(t))} }

func drawOrder(t *rapid.T) Order {
	o := Order(rapid.IntRange(0, 4).Draw(t, "order"))
	if o == OrderSafeAt {
		return SafeAt(drawU8(t))
	}
	return o
}

func drawID(t *rapid.T) (m MemberID) {
	copy(m[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id"))
	return m
}

// drawList draws up to limit elements, nil for none.
func drawList[T any](t *rapid.T, limit int, one func(*rapid.T) T) (list []T) {
	for range rapid.IntRange(0, limit).Draw(t, "n") {
		list = append(list, one(t))
	}
	return list
}

// drawSet draws a sorted list without doubles.
func drawSet[T any](t *rapid.T, limit int, one func(*rapid.T) T, compare func(a, b T) int) []T {
	list := drawList(t, limit, one)
	slices.SortFunc(list, compare)
	return slices.CompactFunc(list, func(a, b T) bool { return compare(a, b) == 0 })
}

func drawAddr(t *rapid.T) netip.AddrPort {
	raw := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "ip")
	if drawBool(t) {
		raw = raw[:4]
	}
	ip, _ := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(ip, drawU16(t))
}

func drawInfo(t *rapid.T) Info {
	return Info{ID: drawID(t), Name: drawName(t), Features: rapid.SampledFrom([]uint64{0, 1, math.MaxUint64}).Draw(t, "features"),
		Addrs: drawList(t, MaxAddrs, func(t *rapid.T) Addr { return Addr{drawU8(t), drawAddr(t)} })}
}

func drawConfig(t *rapid.T) GroupConfig {
	return GroupConfig{drawU16(t), drawU8(t), drawU8(t), drawBool(t), drawU8(t) % (MaxSpares + 1)}
}

func drawMember(t *rapid.T) GroupMember {
	return GroupMember{drawID(t), drawName(t), drawPos(t), drawBool(t), drawPos(t), drawID(t), drawList(t, MaxSpares, drawID)}
}

func drawHandler(t *rapid.T) HandlerEntry {
	return HandlerEntry{drawName(t), drawU8(t), rapid.StringN(0, 80, -1).Draw(t, "shape"), drawList(t, 2, drawID)}
}

func drawGroupJoin(t *rapid.T) GroupJoin {
	return GroupJoin{rapid.StringN(1, 30, MaxGroupName).Draw(t, "group"), JoinMode(drawU8(t)), drawMember(t), drawU64(t), drawConfig(t),
		drawList(t, 3, drawAddr), drawList(t, 3, drawHandler)}
}

func drawRecord(t *rapid.T) GroupRecord {
	return GroupRecord{
		Name: rapid.StringN(1, 30, MaxGroupName).Draw(t, "group"), Founding: drawU64(t), Config: drawConfig(t),
		View: ViewID{drawU64(t), drawU64(t)}, Primary: drawBool(t), Members: drawList(t, 3, drawMember),
		Holders: drawList(t, 3, drawID), Epoch: drawPos(t),
		Electorate: drawList(t, 3, drawID), Voters: drawList(t, 3, drawName), Votes: drawU16(t), Held: drawPos(t),
		Attempts: drawList(t, 3, func(t *rapid.T) Attempt { return Attempt{drawPos(t), Kind(drawU8(t)), drawBytes(t)} }),
		Waiting:  drawList(t, 2, drawGroupJoin), Table: drawList(t, 2, drawHandler), Founded: drawU16(t),
	}
}

// drawOffset draws an offset that does not lead below zero.
func drawOffset(t *rapid.T, seq uint64) uint32 {
	return uint32(rapid.Uint64Range(0, min(seq, math.MaxUint32)).Draw(t, "offset"))
}

func drawToken(t *rapid.T) *Token {
	p := &Token{TokenSeq: drawU64(t), Round: drawU32(t), Seq: drawU64(t), Position: drawPos(t), Window: drawU32(t),
		IdleHops: drawU32(t)}
	p.Aru = rapid.Uint64Range(0, p.Seq).Draw(t, "aru")
	p.Members = append(drawList(t, 80, func(t *rapid.T) MemberState { return MemberState{drawOffset(t, p.Seq), Load(drawU8(t))} }),
		MemberState{Load: Load(drawU8(t))})
	index := func(t *rapid.T) uint16 { return uint16(rapid.IntRange(0, len(p.Members)-1).Draw(t, "index")) }
	anyone := func() uint16 {
		if drawBool(t) {
			return NoMember
		}
		return index(t)
	}
	p.AruMember, p.Retrans, p.LastSender = anyone(), anyone(), anyone()
	p.Requests = drawList(t, MaxRequests, func(t *rapid.T) Request {
		return Request{rapid.Uint64Range(0, math.MaxUint64-math.MaxUint16).Draw(t, "first"), uint16(rapid.IntRange(1, math.MaxUint16).Draw(t, "count"))}
	})
	slices.SortFunc(p.Requests, func(a, b Request) int { return RingID{Seq: a.First}.Compare(RingID{Seq: b.First}) })
	p.Congested = drawList(t, MaxCongested, func(t *rapid.T) Congestion { return Congestion{index(t), GroupID(drawU64(t))} })
	return p
}

func drawChunk(t *rapid.T) Chunk {
	c := Chunk{GroupID(drawU64(t)), Kind(drawU8(t)), drawOrder(t), uint8(rapid.IntRange(0, 3).Draw(t, "flags")), 0, drawBytes(t)}
	if c.First() && drawBool(t) {
		c.Flags |= ChunkRestart
	}
	if c.First() && !c.Last() {
		c.Total = rapid.Uint32Min(uint32(len(c.Payload))).Draw(t, "total")
	}
	return c
}

func drawCommit(t *rapid.T) *CommitToken {
	// Few distinct lists among many entries, so that entries share extensions.
	lists := [][]MemberID{nil, drawList(t, 4, drawID), drawList(t, 4, drawID)}
	entries := drawSet(t, 20, func(t *rapid.T) CommitEntry {
		e := CommitEntry{ID: drawID(t), Filled: drawBool(t), Received: drawBool(t), OldRing: drawRing(t), Aru: drawU64(t), High: drawU64(t),
			HighDelivered: drawU64(t), Position: drawPos(t), Obligations: rapid.SampledFrom(lists).Draw(t, "owes")}
		copy(e.Nonce[:], drawBytes(t))
		return e
	}, func(a, b CommitEntry) int { return a.ID.Compare(b.ID) })
	if len(entries) == 0 {
		entries = []CommitEntry{{ID: drawID(t)}}
	}
	return &CommitToken{Ring: RingID{drawU64(t), entries[0].ID}, Hop: drawU32(t), Entries: entries}
}

func drawJoin(t *rapid.T) *Join {
	proc := drawSet(t, 6, drawInfo, func(a, b Info) int { return a.ID.Compare(b.ID) })
	if len(proc) == 0 {
		proc = []Info{drawInfo(t)}
	}
	j := &Join{Sender: rapid.SampledFrom(proc).Draw(t, "sender").ID, RingSeq: drawU64(t), Rotation: drawU32(t), Ring: drawRing(t), Proc: proc,
		Fail:   drawSet(t, 6, drawFailed, func(a, b Failed) int { return a.ID.Compare(b.ID) }),
		Barred: drawSet(t, 3, drawID, MemberID.Compare), Proved: drawSet(t, 3, drawID, MemberID.Compare)}
	for i := range proc {
		if !drawBool(t) {
			continue
		}
		h := Hearing{Member: uint16(i), Version: drawU32(t), Heard: make([]byte, (len(proc)+7)/8)}
		for k := range proc {
			if drawBool(t) {
				h.Hear(k, len(proc))
			}
		}
		j.Hearing = append(j.Hearing, h)
	}
	return j
}

func drawDirect(t *rapid.T) *Direct {
	p := &Direct{To: drawID(t), Epoch: drawU64(t), Seq: drawU64(t), First: drawBool(t), Last: drawBool(t), Kind: DirectKind(drawU8(t)),
		Group: GroupID(drawU64(t)), Follow: drawPos(t), Call: drawU64(t), Status: drawU8(t), Payload: drawBytes(t)}
	if p.First && !p.Last {
		p.Total = rapid.Uint32Min(uint32(len(p.Payload))).Draw(t, "total")
	}
	return p
}

func drawHeader(t *rapid.T) Header {
	return Header{Version, Class(rapid.IntRange(0, 3).Draw(t, "class")), drawU16(t), drawU32(t), drawU64(t), drawID(t), drawU64(t)}
}

func drawPart(t *rapid.T) PartHeader {
	count := uint16(rapid.IntRange(1, math.MaxUint16).Draw(t, "count"))
	return PartHeader{uint16(rapid.IntRange(0, int(count)-1).Draw(t, "index")), count, rapid.Uint32Min(uint32(count)).Draw(t, "total")}
}

func drawData(t *rapid.T) *Data {
	p := &Data{Flags: drawU8(t), Origin: drawU16(t), Seq: drawU64(t), Position: drawPos(t), Round: drawU32(t), Chunks: drawList(t, 20, drawChunk)}
	p.Prev, p.Control = drawOffset(t, p.Seq), drawOffset(t, p.Seq)
	return p
}

func drawDirectory(t *rapid.T) Directory {
	return Directory{drawRing(t), drawU64(t), drawSet(t, 5, drawID, MemberID.Compare), drawList(t, 5, drawFailed),
		drawSet(t, 3, drawRecord, func(a, b GroupRecord) int { return strings.Compare(a.Name, b.Name) }), drawBool(t)}
}

func TestRoundTripHeader(t *testing.T)      { roundTrip(t, drawHeader, ParseHeader) }
func TestRoundTripPartHeader(t *testing.T)  { roundTrip(t, drawPart, ParsePartHeader) }
func TestRoundTripJoin(t *testing.T)        { roundTrip(t, drawJoin, ParseJoin) }
func TestRoundTripCommitToken(t *testing.T) { roundTrip(t, drawCommit, ParseCommitToken) }
func TestRoundTripToken(t *testing.T)       { roundTrip(t, drawToken, ParseToken) }
func TestRoundTripData(t *testing.T)        { roundTrip(t, drawData, ParseData) }
func TestRoundTripDirect(t *testing.T)      { roundTrip(t, drawDirect, ParseDirect) }
func TestRoundTripGroupJoin(t *testing.T)   { roundTrip(t, drawGroupJoin, ParseGroupJoin) }
func TestRoundTripGroupRecord(t *testing.T) { roundTrip(t, drawRecord, ParseGroupRecord) }
func TestRoundTripDirectory(t *testing.T)   { roundTrip(t, drawDirectory, ParseDirectory) }

func TestRoundTripProbe(t *testing.T) {
	roundTrip(t, func(t *rapid.T) *Probe { return &Probe{drawBool(t), drawU64(t), drawRing(t)} }, ParseProbe)
}

func TestRoundTripBeacon(t *testing.T) {
	roundTrip(t, func(t *rapid.T) *Beacon {
		return &Beacon{drawInfo(t), drawRing(t), drawU16(t), drawSet(t, 4, func(t *rapid.T) Heard { return Heard{drawID(t), drawBool(t)} },
			func(a, b Heard) int { return a.ID.Compare(b.ID) }), drawList(t, 3, drawInfo), drawSet(t, 3, drawID, MemberID.Compare),
			int(drawU8(t))}
	}, ParseBeacon)
}

func TestRoundTripLeave(t *testing.T) {
	roundTrip(t, func(t *rapid.T) *Leave { return &Leave{drawID(t)} }, ParseLeave)
}

func TestRoundTripWake(t *testing.T) {
	roundTrip(t, func(t *rapid.T) *Wake { return &Wake{drawU64(t), drawBool(t)} }, ParseWake)
}

func TestRoundTripDirectAck(t *testing.T) {
	roundTrip(t, func(t *rapid.T) *DirectAck { return &DirectAck{drawID(t), drawU64(t), drawU64(t)} }, ParseDirectAck)
}

func TestRoundTripGroupLeave(t *testing.T) {
	roundTrip(t, func(t *rapid.T) GroupLeave {
		g := GroupLeave{Member: drawID(t), Lost: drawBool(t)}
		if g.Lost {
			g.Seeds = drawList(t, 3, drawAddr)
		}
		return g
	}, ParseGroupLeave)
}

func TestRoundTripLoaded(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Loaded { return Loaded{drawID(t), drawPos(t), drawID(t)} }, ParseLoaded)
}

func TestRoundTripRecut(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Recut { return Recut{drawID(t), drawPos(t), drawID(t)} }, ParseRecut)
}

func TestRoundTripTerminate(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Terminate { return Terminate{drawID(t)} }, ParseTerminate)
}

func TestRoundTripOverride(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Override { return Override{drawID(t), drawRing(t), drawU64(t)} }, ParseOverride)
}

func TestRoundTripResize(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Resize {
		voters := rapid.SliceOfN(rapid.Custom(drawName), 1, 4).Draw(t, "voters")
		return Resize{drawID(t), drawPos(t), rapid.Uint16Range(uint16(len(voters)), MaxMembers).Draw(t, "size"), voters}
	}, ParseResize)
}

func TestRoundTripBundle(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Bundle {
		var b Bundle
		for range rapid.IntRange(0, 4).Draw(t, "events") {
			b.Events = append(b.Events, BundledEvent{GroupID(drawU64(t)), Kind(drawU8(t)), rapid.SliceOfN(rapid.Byte(), 1, 9).Draw(t, "payload")})
		}
		return b
	}, ParseBundle)
}

func TestRoundTripReport(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Report { return Report{drawID(t), CutReport(rapid.String().Draw(t, "why"))} }, ParseReport)
}

// TestReportsAreCut: a text is shortened at the end of a character, and what is no text is left out.
func TestReportsAreCut(t *testing.T) {
	for _, n := range []int{MaxReport - 2, MaxReport - 1, MaxReport, MaxReport + 1} {
		text := CutReport(strings.Repeat("x", n) + "\xff\u00e9\u00e9")
		want := strings.Repeat("x", min(n, MaxReport))
		for len(want)+2 <= MaxReport && len(want) < n+4 {
			want += "\u00e9"
		}
		if text != want {
			t.Errorf("%d bytes and two characters became %d bytes, want %d", n, len(text), len(want))
		}
		if p, err := ParseReport(Report{Why: text}.Append(nil)); err != nil || p.Why != text {
			t.Error(err)
		}
	}
}

func TestRoundTripChains(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Chains {
		c := Chains{Ring: drawRing(t)}
		for range rapid.IntRange(0, MaxLinks).Draw(t, "links") {
			l := Link{From: drawU64(t), To: drawU64(t), Count: drawU64(t), Sum: drawU64(t)}
			for range rapid.IntRange(0, 3).Draw(t, "groups") {
				l.Groups = append(l.Groups, GroupSum{GroupID(drawU64(t)), drawU64(t), drawU64(t)})
			}
			c.Links = append(c.Links, l)
		}
		return c
	}, ParseChains)
}

func TestRoundTripSync(t *testing.T) {
	roundTrip(t, func(t *rapid.T) Sync { return Sync{drawRing(t)} }, ParseSync)
}
