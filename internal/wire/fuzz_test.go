package wire

// One fuzz target a type: no bytes make a parser panic, and what parses keeps its meaning through its own bytes.

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"testing"
)

// fuzz starts from the samples that parse accepts and checks whatever the fuzzer makes of them.
func fuzz[T encoder](f *testing.F, parse func([]byte) (T, error)) {
	seeds := 0
	for _, s := range samples() {
		if body := s.value.Append(nil); reflect.TypeOf(s.value) == reflect.TypeFor[T]() {
			f.Add(body)
			f.Add(append(body, 0x70, 0, 0, 1, 'x'))
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no sample of this type")
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kept := bytes.Clone(body)
		v, err := parse(body)
		if err != nil {
			if !errors.Is(err, ErrMalformed) && !errors.Is(err, ErrVersion) {
				t.Fatalf("another error: %v", err)
			}
			return
		}
		again := v.Append(nil)
		if len(again) > len(body) {
			t.Fatalf("%d bytes became %d", len(body), len(again))
		}
		w, err := parse(again)
		if err != nil {
			t.Fatalf("its own bytes do not parse: %v\n%+v", err, v)
		}
		if !reflect.DeepEqual(v, w) {
			t.Fatalf("first  %+v\nsecond %+v", v, w)
		}
		if v.String() == "" || !bytes.Equal(kept, body) {
			t.Fatal("no line, or the body was written to")
		}
	})
}

func FuzzHeader(f *testing.F)      { fuzz(f, ParseHeader) }
func FuzzPartHeader(f *testing.F)  { fuzz(f, ParsePartHeader) }
func FuzzProbe(f *testing.F)       { fuzz(f, ParseProbe) }
func FuzzBeacon(f *testing.F)      { fuzz(f, ParseBeacon) }
func FuzzJoin(f *testing.F)        { fuzz(f, ParseJoin) }
func FuzzLeave(f *testing.F)       { fuzz(f, ParseLeave) }
func FuzzCommitToken(f *testing.F) { fuzz(f, ParseCommitToken) }
func FuzzToken(f *testing.F)       { fuzz(f, ParseToken) }
func FuzzData(f *testing.F)        { fuzz(f, ParseData) }
func FuzzWake(f *testing.F)        { fuzz(f, ParseWake) }
func FuzzDirect(f *testing.F)      { fuzz(f, ParseDirect) }
func FuzzDirectAck(f *testing.F)   { fuzz(f, ParseDirectAck) }
func FuzzGroupJoin(f *testing.F)   { fuzz(f, ParseGroupJoin) }
func FuzzGroupLeave(f *testing.F)  { fuzz(f, ParseGroupLeave) }
func FuzzLoaded(f *testing.F)      { fuzz(f, ParseLoaded) }
func FuzzRecut(f *testing.F)       { fuzz(f, ParseRecut) }
func FuzzTerminate(f *testing.F)   { fuzz(f, ParseTerminate) }
func FuzzOverride(f *testing.F)    { fuzz(f, ParseOverride) }
func FuzzResize(f *testing.F)      { fuzz(f, ParseResize) }
func FuzzBundle(f *testing.F)      { fuzz(f, ParseBundle) }
func FuzzReport(f *testing.F)      { fuzz(f, ParseReport) }
func FuzzGroupRecord(f *testing.F) { fuzz(f, ParseGroupRecord) }
func FuzzDirectory(f *testing.F)   { fuzz(f, ParseDirectory) }
func FuzzChains(f *testing.F)      { fuzz(f, ParseChains) }
func FuzzSync(f *testing.F)        { fuzz(f, ParseSync) }

// FuzzParse checks the way in: the packet's type is the body's first byte, and an error comes without a packet.
func FuzzParse(f *testing.F) {
	for _, s := range samples() {
		if _, ok := s.value.(Packet); ok {
			f.Add(s.value.Append(nil))
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := Parse(body)
		if (p == nil) != (err != nil) {
			t.Fatalf("%v %v", p, err)
		}
		if p != nil && uint8(p.Type()) != body[0] {
			t.Fatalf("type %v of %x", p.Type(), binary.BigEndian.Uint16(append(body, 0)))
		}
	})
}
