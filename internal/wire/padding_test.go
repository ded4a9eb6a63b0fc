package wire

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestPaddingComesOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOf(rapid.SampledFrom([]byte{0, 1, paddingMark})).Draw(t, "body")
		n := rapid.IntRange(1, 300).Draw(t, "padding")
		padded := AppendPadding(bytes.Clone(body), n)
		if len(padded) != len(body)+n {
			t.Fatalf("%d bytes of padding on %d make %d", n, len(body), len(padded))
		}
		if got, ok := TrimPadding(padded); !ok || !bytes.Equal(got, body) {
			t.Fatalf("got %x, %v; want %x", got, ok, body)
		}
	})
	for _, bad := range [][]byte{nil, {}, {0}, {0, 0, 0}, {1}, {paddingMark, 1}, {paddingMark, 0, 7, 0}} {
		if got, ok := TrimPadding(bad); ok {
			t.Errorf("%x has no padding, and yet %x was left", bad, got)
		}
	}
	if got := AppendPadding([]byte{1}, -1); len(got) != 1 {
		t.Errorf("got %x", got)
	}
}
