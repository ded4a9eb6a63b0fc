package wire

// Golden bytes: what each type looks like on the wire and on a line. They are final; a change here is a change of the protocol.
// `go test ./internal/wire -run Golden -update` writes them anew.

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/golden.txt anew")

const goldenFile = "testdata/golden.txt"

// A goldenEntry is one paragraph of the file: "# name", "= line", then hexadecimal bytes, 32 a line.
type goldenEntry struct {
	name, line string
	body       []byte
}

func (e goldenEntry) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n= %s\n", e.name, e.line)
	for rest := e.body; len(rest) > 0; {
		n := min(len(rest), 32)
		fmt.Fprintf(&b, "%x\n", rest[:n])
		rest = rest[n:]
	}
	return b.String()
}

func readGolden(t *testing.T) map[string]goldenEntry {
	t.Helper()
	raw, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]goldenEntry{}
	for paragraph := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n\n") {
		lines := strings.Split(paragraph, "\n")
		if len(lines) < 3 || !strings.HasPrefix(lines[0], "# ") || !strings.HasPrefix(lines[1], "= ") {
			t.Fatalf("bad paragraph %q", paragraph)
		}
		body, err := hex.DecodeString(strings.Join(lines[2:], ""))
		if err != nil {
			t.Fatalf("%s: %v", lines[0], err)
		}
		e := goldenEntry{name: lines[0][2:], line: lines[1][2:], body: body}
		entries[e.name] = e
	}
	return entries
}

func TestGolden(t *testing.T) {
	if *update {
		var paragraphs []string
		for _, s := range samples() {
			paragraphs = append(paragraphs, goldenEntry{s.name, s.value.String(), s.value.Append(nil)}.String())
		}
		if err := os.WriteFile(goldenFile, []byte(strings.Join(paragraphs, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden := readGolden(t)
	if len(golden) != len(samples()) {
		t.Errorf("%d golden entries, %d samples", len(golden), len(samples()))
	}
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			want, ok := golden[s.name]
			if !ok {
				t.Fatal("no golden entry")
			}
			if got := s.value.Append([]byte("before")); !bytes.Equal(got, append([]byte("before"), want.body...)) {
				t.Errorf("bytes\n got %x\nwant %x", got[6:], want.body)
			}
			if got := s.value.String(); got != want.line || strings.ContainsAny(got, "\n\r") {
				t.Errorf("line\n got %s\nwant %s", got, want.line)
			}
			parsed, err := s.parse(want.body)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(parsed, s.value) {
				t.Errorf("parsed\n got %+v\nwant %+v", parsed, s.value)
			}
			if p, ok := s.value.(Packet); ok {
				if got, err := Parse(want.body); err != nil || !reflect.DeepEqual(got, p) {
					t.Errorf("Parse: %v %v", got, err)
				}
			}
			if sized, ok := s.value.(interface{ Size() int }); ok && sized.Size() != len(want.body) {
				t.Errorf("Size %d, %d bytes", sized.Size(), len(want.body))
			}
		})
	}
}
