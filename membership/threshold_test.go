package membership

import (
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// TestEnough asks of a group of five, a to e by age, who of them must hold a message that is to be safe at k.
func TestEnough(t *testing.T) {
	for _, c := range []struct {
		name    string
		config  wire.GroupConfig
		loading string
		k       uint8
		enough  string // each alone is
		few     string // none is
	}{
		{"one", wire.GroupConfig{}, "", 1, "a b c d e", "-"},
		{"two", wire.GroupConfig{}, "", 2, "ab de ae", "a e"},
		{"all", wire.GroupConfig{}, "", 5, "abcde", "abcd bcde"},
		{"more than there are", wire.GroupConfig{}, "", 9, "abcde", "abcd bcde"},
		{"a quorum", wire.GroupConfig{}, "", 0, "abc cde", "ab de"},
		{"who loads does not count", wire.GroupConfig{}, "de", 2, "ab bc", "ade cde"},
		{"as many as have the state", wire.GroupConfig{}, "de", 4, "abc", "abde ab"},
		{"a quorum of those with the state", wire.GroupConfig{}, "de", 0, "ab bc", "ade c"},
		{"one of three votes", wire.GroupConfig{Size: 3}, "", 1, "a b c", "de"},
		{"two of three votes", wire.GroupConfig{Size: 3}, "", 2, "ab bc", "ade cde"},
		{"all votes and one more", wire.GroupConfig{Size: 3}, "", 4, "abcd abce", "abc abde"},
		{"a quorum of three", wire.GroupConfig{Size: 3}, "", 0, "ab ac", "ade c"},
		{"a quorum of five", wire.GroupConfig{Size: 5}, "", 0, "abc cde", "ab de"},
		{"a quorum of which one loads", wire.GroupConfig{Size: 3}, "c", 0, "ab", "a bcde"},
		{"no vote has the state", wire.GroupConfig{Size: 3}, "abc", 2, "de", "d abce"},
		{"partitionable", wire.GroupConfig{Partition: wire.PolicyPartitionable}, "", 0, "abc", "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := cluster(t, "abcde", c.config)
			p, g := w.proc("a"), wire.NewGroupID("g")
			r := &p.dir.index[g][0].GroupRecord
			for i := range r.Members {
				r.Members[i].Loaded = !strings.Contains(c.loading, r.Members[i].Name)
			}
			ask := func(who string) bool {
				return p.dir.Enough(g, c.k, func(id wire.MemberID) bool {
					return strings.Contains(who, r.Members[find(r, id)].Name)
				})
			}
			for _, who := range strings.Fields(c.enough) {
				if !ask(who) {
					t.Errorf("%s are not enough", who)
				}
			}
			for _, who := range strings.Fields(c.few) {
				if ask(who) {
					t.Errorf("%s are enough", who)
				}
			}
		})
	}
}

// TestEnoughWaitsForNobodyElsewhere: where a group does not go on, or is not known, nothing waits.
func TestEnoughWaitsForNobodyElsewhere(t *testing.T) {
	w, _ := cluster(t, "abc", wire.GroupConfig{Size: 3})
	nobody := func(wire.MemberID) bool { return false }
	if p := w.proc("a"); p.dir.Enough(wire.NewGroupID("g"), 1, nobody) || !p.dir.Enough(wire.NewGroupID("another"), 1, nobody) {
		t.Error("a primary waits, an unknown group does not")
	}
	w.crash("b")
	w.crash("c")
	w.regroup("a")
	if !w.proc("a").dir.Enough(wire.NewGroupID("g"), 1, nobody) {
		t.Error("a blocked group waits")
	}
}
