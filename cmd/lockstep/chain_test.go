package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
)

func TestChainIsTheDocumentedHash(t *testing.T) {
	var c chain
	want := make([]byte, 32)
	for _, e := range []entry{{1, "a/1f", "x"}, {2, "b/2", ""}, {9, "a/1f", "x-0......"}} {
		c.add(e)
		h := sha256.Sum256([]byte(string(want) + e.sender + "\x00" + e.data))
		want = h[:]
	}
	if !bytes.Equal(c.sum[:], want) || c.count != 3 {
		t.Fatalf("chain %x after %d, want %x after 3", c.sum, c.count, want)
	}
	// Worked out apart from this code: sha256(32 zero bytes, "a/1f", 0, "x").
	var one chain
	one.add(entry{1, "a/1f", "x"})
	if got := hex.EncodeToString(one.sum[:]); got != firstLink {
		t.Errorf("first link %s, want %s", got, firstLink)
	}
}

func TestChainTravels(t *testing.T) {
	var c chain
	for i := range tailEntries + 5 {
		c.add(entry{uint64(i), "a/1", strings.Repeat("d", i%50)})
	}
	frozen := c.frozen()
	var b bytes.Buffer
	n, err := frozen.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d: %v", n, b.Len(), err)
	}
	saved := b.Bytes()
	back, err := readChain(bytes.NewReader(saved))
	if err != nil {
		t.Fatal(err)
	}
	if back.count != c.count || back.sum != c.sum || len(back.tail) != tailEntries || back.tail[0] != c.tail[0] || back.bytes != c.bytes {
		t.Fatalf("came back as %d entries, tail of %d", back.count, len(back.tail))
	}
	for _, cut := range []int{0, 5, len(stateMagic) + 3, len(saved) / 2, len(saved) - 1} {
		if _, err := readChain(bytes.NewReader(saved[:cut])); err == nil {
			t.Errorf("%d of %d bytes were taken for a state", cut, len(saved))
		}
	}
	if _, err := readChain(strings.NewReader(string(saved) + "x")); err == nil {
		t.Error("a byte too many was not noticed")
	}
	wild := bytes.Clone(saved)
	wild[len(stateMagic)+8+32] = 0xff // a tail of 4 billion entries
	if _, err := readChain(bytes.NewReader(wild)); err == nil {
		t.Error("a length out of bounds was taken")
	}
}

func TestFrozenStaysAsItIs(t *testing.T) {
	var c chain
	c.add(entry{1, "a/1", "one"})
	f := c.frozen()
	sum := f.sum
	for i := range 2 * tailEntries {
		c.add(entry{uint64(i), "a/1", "more"})
	}
	if f.count != 1 || f.sum != sum || len(f.tail) != 1 || f.tail[0].data != "one" {
		t.Errorf("the copy changed: %d entries, %v", f.count, f.tail)
	}
}

func TestTailIsBounded(t *testing.T) {
	var c chain
	big := strings.Repeat("b", tailBytes/4)
	for i := range 10 {
		c.add(entry{uint64(i), "a/1", big})
	}
	if c.bytes > tailBytes || len(c.tail) == 0 || c.tail[len(c.tail)-1].seq != 9 {
		t.Errorf("%d bytes in %d entries", c.bytes, len(c.tail))
	}
	c.add(entry{10, "a/1", strings.Repeat("b", 2*tailBytes)})
	if len(c.tail) != 1 || c.tail[0].seq != 10 {
		t.Errorf("a huge entry leaves %d", len(c.tail))
	}
}

func TestSidesChooseTheSame(t *testing.T) {
	make3 := func(n int, data string) *chain {
		c := &chain{}
		for range n {
			c.add(entry{1, "a/1", data})
		}
		return c
	}
	x, y, z := make3(3, "x"), make3(3, "y"), make3(2, "z")
	want := longer(longer(x, y), z)
	for _, got := range []*chain{longer(z, longer(y, x)), longer(longer(z, x), y), longer(y, longer(x, z))} {
		if got != want {
			t.Error("the order of the sides mattered")
		}
	}
	if longer(x, z) != x || longer(z, x) != x {
		t.Error("the shorter log won")
	}
}

const firstLink = "143cd9a817d1b648c44fa2165ce54987aec02f083ed753250211906383f3c72c"
