package lockstep

// What a node with Config.StateDir remembers across its runs, as a file: a few lines of text, and a checksum of them.

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// A remembered is whose memory it is, and what its runs so far may have used up: nothing above the mark, no incarnation above
// the last.
type remembered struct {
	cluster     string
	name        string
	incarnation uint64
	mark        core.Mark
}

// stateFormat is the file's first line; another is of a later version.
const stateFormat = "lockstep state 1"

// append writes the file's text.
func (r remembered) append(b []byte) []byte {
	b = fmt.Appendf(b, "%s\ncluster %q\nname %q\nincarnation %d\nring %d\nposition %d\n", stateFormat, r.cluster, r.name, r.incarnation,
		r.mark.Ring, uint64(r.mark.Position))
	return fmt.Appendf(b, "crc32c %08x\n", crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// parseRemembered reads a file's text. The error says what is wrong with it.
func parseRemembered(text []byte) (r remembered, err error) {
	if format, _, _ := strings.Cut(string(text), "\n"); format != stateFormat {
		return r, fmt.Errorf("it does not begin with %q", stateFormat)
	}
	at := bytes.LastIndex(text, []byte("crc32c "))
	if at < 0 {
		return r, fmt.Errorf("it has no checksum")
	}
	if want := fmt.Sprintf("crc32c %08x\n", crc32.Checksum(text[:at], crc32.MakeTable(crc32.Castagnoli))); string(text[at:]) != want {
		return r, fmt.Errorf("its checksum is wrong")
	}
	for line := range strings.Lines(string(text[len(stateFormat)+1 : at])) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		var n uint64
		switch key {
		case "cluster":
			r.cluster, err = strconv.Unquote(value)
		case "name":
			r.name, err = strconv.Unquote(value)
		default:
			n, err = strconv.ParseUint(value, 10, 64)
		}
		switch key {
		case "incarnation":
			r.incarnation = n
		case "ring":
			r.mark.Ring = n
		case "position":
			r.mark.Position = wire.Position(n)
		}
		if err != nil {
			return r, fmt.Errorf("the line %q cannot be read", line)
		}
	}
	if r.name == "" || r.incarnation == 0 || r.mark.Ring == 0 || r.mark.Position == 0 {
		return r, fmt.Errorf("a line is missing")
	}
	return r, nil
}
