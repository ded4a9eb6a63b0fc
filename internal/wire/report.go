package wire

// Report: an application's word that a member has failed.

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Report says that a member has failed, though the ring may not have noticed. It is the payload of a KindReport message, agreed, whose
// origin is who says so. Of no group.
type Report struct {
	Member MemberID
	Why    string // for people, at most MaxReport bytes
}

// CutReport shortens a text to what a Report may carry, at the end of a character, and leaves out what is no UTF-8.
func CutReport(why string) string {
	why = strings.ToValidUTF8(why, "")
	if len(why) <= MaxReport {
		return why
	}
	end := MaxReport
	for !utf8.RuneStart(why[end]) {
		end--
	}
	return why[:end]
}

// Append appends the payload's bytes to b.
func (p Report) Append(b []byte) []byte {
	b = append(b, p.Member[:]...)
	b = appendCount16(b, len(p.Why))
	return append(b, p.Why...)
}

// ParseReport reads a whole payload. Errors match ErrMalformed.
func ParseReport(payload []byte) (Report, error) {
	r := reader{b: payload}
	p := Report{Member: r.id()}
	p.Why = r.text(uint32(r.u16()), 0, MaxReport)
	if err := r.done("report"); err != nil {
		return Report{}, err
	}
	return p, nil
}

// String describes the payload on one line.
func (p Report) String() string { return fmt.Sprintf("report %v %q", p.Member, p.Why) }
