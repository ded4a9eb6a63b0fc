package transport

// The bounds of reassembly and of the key cache, which are not reached through sockets.

import (
	"bytes"
	"crypto/cipher"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func partOf(sealer byte, counter uint64, h wire.PartHeader, text string) Packet {
	return Packet{
		Header: wire.Header{Flags: wire.FlagPart, Sealer: wire.MemberID{sealer}, Counter: counter + uint64(h.Index)},
		Body:   append(h.Append(nil), text...),
	}
}

func TestAssemblyTakesPartsInAnyOrder(t *testing.T) {
	var a assembly
	texts := []string{"abc", "def", "g"}
	for step, i := range []int{2, 0, 0, 1} {
		whole, dropped, done := a.add(partOf(1, 10, wire.PartHeader{Index: uint16(i), Count: 3, Total: 7}, texts[i]))
		if dropped != 0 || done != (step == 3) {
			t.Fatalf("step %d: dropped %d, done %v", step, dropped, done)
		}
		if done && (string(whole.Body) != "abcdefg" || whole.Header.Counter != 10 || whole.Header.Flags != 0) {
			t.Errorf("got %q, %v", whole.Body, whole.Header)
		}
	}
	if len(a.pending) != 0 || len(a.order) != 0 || a.bytes != 0 {
		t.Errorf("left over: %+v", a)
	}
}

func TestAssemblyRefusesNonsense(t *testing.T) {
	for name, p := range map[string]Packet{
		"no header":       {Header: wire.Header{Counter: 5}, Body: []byte{0, 0, 0}},
		"too many parts":  partOf(1, 10, wire.PartHeader{Index: 0, Count: MaxParts + 1, Total: 1000}, "x"),
		"too large":       partOf(1, 10, wire.PartHeader{Index: 0, Count: 2, Total: MaxWhole + 1}, "x"),
		"index past end":  partOf(1, 10, wire.PartHeader{Index: 2, Count: 2, Total: 10}, "x"),
		"no parts":        partOf(1, 10, wire.PartHeader{}, "x"),
		"empty":           partOf(1, 10, wire.PartHeader{Index: 0, Count: 2, Total: 10}, ""),
		"counter below 1": partOf(1, 0, wire.PartHeader{Index: 1, Count: 2, Total: 10}, "x"),
		"counter 0":       partOf(1, 0, wire.PartHeader{Index: 0, Count: 2, Total: 10}, "x"),
	} {
		var a assembly
		if _, dropped, done := a.add(p); dropped != 1 || done || len(a.order) != 0 {
			t.Errorf("%s: dropped %d, done %v", name, dropped, done)
		}
	}
	for name, second := range map[string]Packet{
		"another count": partOf(1, 10, wire.PartHeader{Index: 1, Count: 3, Total: 4}, "cd"),
		"another total": partOf(1, 10, wire.PartHeader{Index: 1, Count: 2, Total: 5}, "cd"),
		"too long":      partOf(1, 10, wire.PartHeader{Index: 1, Count: 2, Total: 4}, "cdefg"),
		"too short":     partOf(1, 10, wire.PartHeader{Index: 1, Count: 2, Total: 4}, "c"),
	} {
		var a assembly
		a.add(partOf(1, 10, wire.PartHeader{Index: 0, Count: 2, Total: 4}, "ab"))
		if _, dropped, done := a.add(second); dropped < 1 || done {
			t.Errorf("%s: dropped %d, done %v", name, dropped, done)
		}
	}
}

func TestAssemblyIsBounded(t *testing.T) {
	var a assembly
	h := wire.PartHeader{Index: 0, Count: 2, Total: 10}
	// A fifth unfinished packet of one sealer drives out its first, and nobody else's.
	a.add(partOf(9, 1, h, "x"))
	lost := 0
	for i := range uint64(5) {
		_, dropped, _ := a.add(partOf(1, 100*(i+1), h, "x"))
		lost += dropped
	}
	if lost != 1 || len(a.order) != 1+pendingPerSealer || a.pending[partKey{wire.MemberID{1}, 0, 100}] != nil {
		t.Errorf("lost %d, pending %d", lost, len(a.order))
	}
	// Many sealers.
	for i := range uint64(3000) {
		p := partOf(0, 1, h, "x")
		p.Header.Sealer = wire.NewMemberID("x", i)
		a.add(p)
	}
	if len(a.order) != pendingMost || len(a.pending) != pendingMost || a.bytes != pendingMost {
		t.Errorf("pending %d, %d bytes", len(a.order), a.bytes)
	}
	// Many bytes.
	a = assembly{}
	large := string(bytes.Repeat([]byte{1}, 8000))
	for i := range uint64(200) {
		for k := range uint16(30) {
			p := partOf(0, 1, wire.PartHeader{Index: k, Count: 31, Total: 31 * 8000}, large)
			p.Header.Sealer = wire.NewMemberID("x", i)
			a.add(p)
		}
	}
	if a.bytes > pendingBytes || a.bytes < pendingBytes/2 {
		t.Errorf("%d bytes pending, the bound is %d", a.bytes, pendingBytes)
	}
}

// A packet that was given up for newer ones is not begun again by what comes late of it: the newer ones become whole.
func TestLatePartsDriveNobodyOut(t *testing.T) {
	var a assembly
	part := func(packet uint64, index uint16) (dropped int, done bool) {
		_, dropped, done = a.add(partOf(1, 100*packet, wire.PartHeader{Index: index, Count: 2, Total: 2}, "x"))
		return dropped, done
	}
	for packet := range uint64(pendingPerSealer + 1) {
		part(packet+1, 0)
	}
	if dropped, done := part(1, 1); dropped != 1 || done {
		t.Errorf("the late part of what was given up: %d dropped, whole %v", dropped, done)
	}
	for packet := uint64(2); packet <= pendingPerSealer+1; packet++ {
		if dropped, done := part(packet, 1); dropped != 0 || !done {
			t.Errorf("packet %d: %d dropped, whole %v", packet, dropped, done)
		}
	}
}

func TestOpenerCacheIsBoundedAndKeepsWhatIsUsed(t *testing.T) {
	var c openerCache
	var aead cipher.AEAD = checksum{}
	used := opener{wire.NewMemberID("used", 1), 7}
	c.add(used, aead)
	for i := range uint64(20000) {
		c.add(opener{wire.NewMemberID("other", i/2), i % 2}, aead)
		if c.find(used) == nil {
			t.Fatalf("forgotten after %d others", i)
		}
		if n := len(c.young) + len(c.old); n > 2*openersYoung {
			t.Fatalf("%d sealers are remembered", n)
		}
	}
	if c.find(opener{wire.NewMemberID("other", 1), 1}) != nil {
		t.Error("a sealer long unused is remembered")
	}
}

func TestForgedSealersMakeNothingGrow(t *testing.T) {
	cl := newCluster(bytes.Repeat([]byte{1}, KeySize), "x")
	s, err := cl.newSeal(0, [32]byte{}, wire.MemberID{1}, 0)
	if err != nil {
		t.Fatal(err)
	}
	e := &Endpoint{cluster: cl}
	e.in.init(e)
	for i := range uint64(100) {
		if _, _, _, ok := e.verify(s, wire.Header{Sealer: wire.NewMemberID("forged", i), Counter: i<<40 + 1}, make([]byte, 100)); ok {
			t.Fatal("a forged packet opened")
		}
	}
	if n := len(s.openers.young) + len(s.openers.old); n != 0 {
		t.Errorf("%d forged sealers are remembered", n)
	}
}
