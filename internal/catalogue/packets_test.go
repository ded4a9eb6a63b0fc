package catalogue

// Rules about packets: which ones, and what becomes of them.

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/sim"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// A rule says what becomes of packets of one kind.
type rule struct {
	text   string
	do     string // the command's first word
	filter filter
	left   int // how many more packets it takes; below zero: all
	until  time.Duration
	chance float64
	rng    *rand.Rand
	struck bool

	by      time.Duration // delay
	copies  int           // repeat
	actions string        // on

	// A limit lets rate packets a second through, and at most a tenth of that at once.
	rate, room float64
	at         time.Duration
}

// A filter says which packets are meant. Empty lists mean any.
type filter struct {
	kinds    []string
	with     string // the kind of a message inside
	from, to []int
	hop      int // below zero: any
	above    int
}

// rule reads a rule and puts it in force.
func (s *story) rule(do, line string) {
	s.cluster()
	r := &rule{text: line, do: do, left: -1, filter: filter{hop: -1}, rng: rand.New(rand.NewPCG(uint64(len(s.rules)), 7))}
	body := strings.TrimPrefix(line, do)
	if do == "on" {
		var ok bool
		if body, r.actions, ok = strings.Cut(body, ":"); !ok {
			s.fail("an on is: on PACKET: what to do")
		}
		r.left = 1
	}
	c := &command{s, strings.Fields(body)}
	r.filter.kinds = strings.Split(c.words[0], ",")
	for _, k := range r.filter.kinds {
		if !slices.Contains(kinds, k) {
			s.fail("%q is no packet", k)
		}
	}
	c.words = c.words[1:]
	if v, ok := c.option("with"); ok {
		r.filter.with = v
	}
	if v, ok := c.option("hop"); ok {
		r.filter.hop = s.number(v)
	}
	if v, ok := c.option("above"); ok {
		r.filter.above = s.number(v)
	}
	if v, ok := c.option("for"); ok {
		r.until = s.c.Now() + s.duration(v)
	}
	if v, ok := c.option("at"); ok {
		r.chance = float64(s.number(strings.TrimSuffix(v, "%"))) / 100
	}
	if c.flag("once") {
		r.left = 1
	} else {
		r.left = c.times(r.left)
	}
	if v, ok := c.option("by"); ok {
		r.by = s.duration(v)
	}
	if n := len(c.words); n > 0 && (do == "repeat" || do == "limit") {
		r.copies, r.rate = s.number(c.words[n-1]), float64(s.number(c.words[n-1]))
		c.words = c.words[:n-1]
	}
	r.room = r.rate / 10
	list := &r.filter.from
	for _, w := range c.words {
		switch w {
		case "from":
			list = &r.filter.from
		case "to":
			list = &r.filter.to
		default:
			*list = append(*list, s.nodes(w)...)
		}
	}
	s.rules = append(s.rules, r)
}

// packet is asked about every packet that leaves.
func (s *story) packet(p sim.Packet) (f sim.Fate) {
	s.note(p)
	for _, r := range s.rules {
		if r.left == 0 || r.until > 0 && s.c.Now() > r.until || !s.matches(&r.filter, p) {
			continue
		}
		if r.chance > 0 && r.rng.Float64() >= r.chance {
			continue
		}
		if r.do == "limit" && r.pass(s.c.Now()) {
			continue
		}
		r.struck = true
		s.base.struck++
		if r.left > 0 {
			r.left--
		}
		switch r.do {
		case "drop", "limit":
			f.Drop = true
			return f
		case "delay":
			f.Delay += r.by
		case "repeat":
			f.Copies += r.copies
		case "keep":
			s.kept = append(s.kept, p)
		case "on":
			from := p.From
			s.c.After(0, func() { s.act(from, r.actions) })
		}
	}
	return f
}

// pass takes room for one packet out of a limit.
func (r *rule) pass(now time.Duration) bool {
	r.room = min(r.rate/10, r.room+r.rate*(now-r.at).Seconds())
	r.at = now
	if r.room < 1 {
		return false
	}
	r.room--
	return true
}

var kinds = []string{"token", "commit", "data", "recovered", "multicast", "join", "beacon", "probe", "wake", "leave", "direct", "packets", "data-class",
	"token-class"}

// kind is a packet's kind in a rule's words.
func kind(p sim.Packet) string {
	if p.Type() == wire.TypeData && p.Body[1]&wire.DataRecovered != 0 {
		return "recovered"
	}
	if p.Type() == wire.TypeDirectAck {
		return "direct"
	}
	return p.Type().String()
}

func (s *story) matches(f *filter, p sim.Packet) bool {
	k := kind(p)
	if !slices.ContainsFunc(f.kinds, func(w string) bool {
		switch w {
		case "packets":
			return true
		case "multicast":
			return p.Type() == wire.TypeData
		case "data-class":
			return p.Class() == wire.ClassData
		case "token-class":
			return p.Class() == wire.ClassToken
		}
		return w == k
	}) {
		return false
	}
	switch {
	case f.from != nil && !slices.Contains(f.from, p.From), f.to != nil && !slices.Contains(f.to, p.To), len(p.Body) <= f.above:
		return false
	case f.with != "" && !contains(p, f.with):
		return false
	}
	return f.hop < 0 || f.hop == s.hop(p)
}

// contains reports whether a data packet carries a message of a kind.
func contains(p sim.Packet, kind string) bool {
	d, err := wire.ParseData(p.Body)
	return err == nil && slices.ContainsFunc(d.Chunks, func(c wire.Chunk) bool { return c.Kind.String() == kind })
}

// hop is how far a commit token has come, or the place of a token's sender on the ring.
func (s *story) hop(p sim.Packet) int {
	if t, err := wire.ParseCommitToken(p.Body); err == nil {
		return int(t.Hop)
	}
	st, _ := s.c.Status(p.From)
	for i, m := range st.Members {
		if m.Name == name(p.From) {
			return i
		}
	}
	return -1
}

// note watches that no ring id is given to two memberships, or twice to one.
func (s *story) note(p sim.Packet) {
	if p.Type() != wire.TypeCommitToken {
		return
	}
	t, err := wire.ParseCommitToken(p.Body)
	if err != nil || !t.Entries[0].Filled {
		return
	}
	who := fmt.Sprintf("%x", t.Entries[0].Nonce)
	for i := range t.Entries {
		who += " " + t.Entries[i].ID.String()
	}
	if was, ok := s.rings[t.Ring]; ok && was != who {
		s.fail("ring id %v was given twice: to %s and to %s", t.Ring, was, who)
	}
	s.rings[t.Ring] = who
}

// replay brings what was kept once more, now or later.
func (s *story) replay(c *command) {
	again := func() {
		if len(s.kept) == 0 {
			s.fail("nothing was kept that could be replayed")
		}
		for _, p := range s.kept {
			s.c.Replay(p)
		}
	}
	if v, ok := c.option("in"); ok {
		s.c.After(s.duration(v), again)
		return
	}
	again()
}
