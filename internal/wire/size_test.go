package wire

// How large packets become, and what the hot path costs.

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// ringOf is the description of n members, sorted by id.
func ringOf(n int) []Info {
	members := make([]Info, n)
	for i := range members {
		name := fmt.Sprintf("host-%03d.example", i)
		members[i] = Info{ID: NewMemberID(name, 1<<60+uint64(i)), Name: name, Addrs: []Addr{{0, mustAddr(fmt.Sprintf("10.0.%d.%d:7946", i/250, i%250+1))}}}
	}
	slices.SortFunc(members, func(a, b Info) int { return a.ID.Compare(b.ID) })
	return members
}

// TestSixtyFour encodes the packets that grow with the ring for 64 members.
func TestSixtyFour(t *testing.T) {
	members := ringOf(64)
	var ids []MemberID
	var failed []Failed
	for i, m := range members {
		ids = append(ids, m.ID)
		if i%2 == 1 {
			failed = append(failed, Failed{m.ID, ReasonPartition})
		}
	}
	ring := RingID{Seq: 1000, Rep: ids[0]}
	join := &Join{Sender: ids[7], RingSeq: 999, Ring: ring, Proc: members, Fail: failed}
	commit := &CommitToken{Ring: ring, Hop: 100}
	token := &Token{TokenSeq: 1 << 40, Round: 70000, Seq: 1 << 33, Position: 1 << 60, Aru: 1<<33 - 200, AruMember: 63, Retrans: NoMember, LastSender: 5}
	for i, id := range ids {
		entry := CommitEntry{ID: id, Filled: true, OldRing: RingID{Seq: 500, Rep: ids[0]}, Aru: 1 << 33, High: 1<<33 + 9, Position: 1 << 60, Obligations: ids}
		binary.BigEndian.PutUint64(entry.Nonce[:], uint64(i))
		commit.Entries = append(commit.Entries, entry)
		token.Members = append(token.Members, MemberState{Aru: uint32(i)})
		token.Requests = append(token.Requests, Request{First: 1<<33 + uint64(i), Count: 1})
		token.Congested = append(token.Congested, Congestion{Member: uint16(i), Group: GroupID(i)})
	}
	for _, c := range []struct {
		packet Packet
		limit  int // bytes; 64 members must stay within a few parts at MTU 1280, and the token in one
	}{{join, 6000}, {commit, 7000}, {token, 1700}} {
		body := c.packet.Append(nil)
		t.Logf("%v of 64: %d bytes: %.100v...", c.packet.Type(), len(body), c.packet)
		got, err := Parse(body)
		if err != nil || !reflect.DeepEqual(got, c.packet) {
			t.Errorf("%v does not come back: %v", c.packet.Type(), err)
		}
		if len(body) > c.limit {
			t.Errorf("%v takes %d bytes, more than %d", c.packet.Type(), len(body), c.limit)
		}
	}
	token.Requests, token.Congested = nil, nil
	if n := token.Size(); n > 1280-48-HeaderSize-16 {
		t.Errorf("a token of 64 members without requests takes %d bytes and fills more than a datagram", n)
	}
}

// hotData is a packet full of small messages.
func hotData() *Data {
	p := &Data{Origin: 1, Seq: 1000, Position: 5000, Prev: 2}
	for range 15 {
		p.Chunks = append(p.Chunks, Chunk{Group: 1, Kind: KindApp, Order: OrderAgreed, Flags: ChunkFirst | ChunkLast, Payload: make([]byte, 64)})
	}
	return p
}

func TestDataAllocations(t *testing.T) {
	p := hotData()
	body := p.Append(nil)
	buffer := make([]byte, 0, len(body))
	var parsed *Data
	if n := testing.AllocsPerRun(100, func() { parsed, _ = ParseData(body) }); n > 2 {
		t.Errorf("ParseData: %v allocations", n)
	}
	if parsed == nil || len(parsed.Chunks) != 15 || &parsed.Chunks[0].Payload[0] != &body[DataHeaderSize+ChunkHeaderSize] {
		t.Error("payloads do not alias the body")
	}
	if n := testing.AllocsPerRun(100, func() { buffer = p.Append(buffer[:0]) }); n > 0 {
		t.Errorf("Data.Append: %v allocations", n)
	}
	token := &Token{Members: make([]MemberState, 5), Requests: make([]Request, 3)}
	if n := testing.AllocsPerRun(100, func() { buffer = token.Append(buffer[:0]) }); n > 0 {
		t.Errorf("Token.Append: %v allocations", n)
	}
}

// TestChunkOverhead fills a packet exactly, as ordering does.
func TestChunkOverhead(t *testing.T) {
	const room = 1000
	for _, c := range []struct {
		first, last bool
		order       Order
	}{{true, true, OrderFIFO}, {true, false, OrderAgreed}, {false, true, OrderSafe}, {false, false, OrderSafe}, {true, true, SafeAt(3)}, {true, false, OrderSafeAt}} {
		chunk := Chunk{Kind: KindApp, Order: c.order, Payload: make([]byte, room-DataHeaderSize-ChunkOverhead(c.order, c.first, c.last))}
		if c.first {
			chunk.Flags |= ChunkFirst
		}
		if c.last {
			chunk.Flags |= ChunkLast
		}
		p := &Data{Chunks: []Chunk{chunk}}
		if n := len(p.Append(nil)); n != room || p.Size() != room {
			t.Errorf("%v first %v last %v: %d bytes, Size %d, want %d", c.order, c.first, c.last, n, p.Size(), room)
		}
	}
}

func BenchmarkParseData(b *testing.B) {
	body := hotData().Append(nil)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseData(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendData(b *testing.B) {
	p := hotData()
	buffer := p.Append(nil)
	b.SetBytes(int64(len(buffer)))
	b.ReportAllocs()
	for b.Loop() {
		buffer = p.Append(buffer[:0])
	}
}
