package catalogue

// A story: a cluster, what was arranged for it, and how a block of commands is carried out.

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/sim"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// A story is one run of a scenario, or of one turn of a sweep.
type story struct {
	opts     sim.Options
	c        *sim.Cluster // nil until something is started
	running  bool         // opts was set
	rules    []*rule
	triggers []*trigger
	kept     []sim.Packet
	rings    map[wire.RingID]string // who was to be on each ring
	busy     int                    // which background traffic is the current one
	it       int                    // who caused the when or on that is carried out
	base     marked
	out      strings.Builder
	failures []string
	checked  bool
}

// A trigger is a when: what to do when a state is entered.
type trigger struct {
	node    string // "it": anybody
	state   membership.State
	actions string
	done    bool
}

func (s *story) say(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

func (s *story) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	s.failures = append(s.failures, text)
	s.say("FAILED: %s", text)
}

// block carries out commands and returns what they said.
func (s *story) block(list []string) string {
	s.out.Reset()
	for i, line := range list {
		words := strings.Fields(line)
		if words[0] == "sweep" {
			s.sweep(words[1:], list[i+1:])
			break
		}
		s.command(line)
	}
	return s.out.String()
}

// sweep runs the rest of a block once for each value, each time as a story of its own.
func (s *story) sweep(words, body []string) {
	s.unfinished()
	turns := []map[string]string{{}}
	for len(words) > 1 {
		name, n := words[0], slices.Index(words, "and")
		if n < 0 {
			n = len(words)
		}
		var next []map[string]string
		for _, turn := range turns {
			for _, v := range values(words[1:n]) {
				t := map[string]string{name: v}
				for k, w := range turn {
					t[k] = w
				}
				next = append(next, t)
			}
		}
		turns = next
		words = words[min(n+1, len(words)):]
	}
	for _, turn := range turns {
		sub := &story{}
		var lines []string
		for _, l := range body {
			for k, v := range turn {
				l = strings.ReplaceAll(l, "$"+k, v)
			}
			lines = append(lines, l)
		}
		said := sub.block(lines)
		if !sub.checked {
			sub.fail("the turn does not end in a check")
		}
		for _, f := range sub.failures {
			s.fail("%v: %s", turn, f)
		}
		if *trace {
			fmt.Printf("%v:\n%s", turn, said)
		}
	}
	s.say("%d runs, each as expected and nothing wrong", len(turns))
	s.checked = true
}

// values reads a list such as "0..4" or "gather commit".
func values(words []string) (list []string) {
	for _, w := range words {
		from, to, ok := strings.Cut(w, "..")
		a, err1 := strconv.Atoi(from)
		b, err2 := strconv.Atoi(to)
		if !ok || err1 != nil || err2 != nil {
			list = append(list, w)
			continue
		}
		for ; a <= b; a++ {
			list = append(list, strconv.Itoa(a))
		}
	}
	return list
}

// unfinished ends the cluster before this one, which must have been checked.
func (s *story) unfinished() {
	if s.running && !s.checked {
		s.fail("a cluster was left without a check")
	}
	*s = story{failures: s.failures, out: s.out}
}

// cluster is the running cluster; the first to ask for it makes it.
func (s *story) cluster() *sim.Cluster {
	if s.c != nil {
		return s.c
	}
	if !s.running {
		s.fail("there is no cluster yet")
		s.opts.Nodes = 1
	}
	if *trace {
		s.opts.Trace = os.Stdout
	}
	s.c = sim.NewCluster(s.opts)
	s.rings = map[wire.RingID]string{}
	s.c.Watch(s.packet)
	s.c.OnState(s.entered)
	s.mark()
	return s.c
}

// entered looks whether somebody waited for this.
func (s *story) entered(node int, state membership.State) {
	for _, t := range s.triggers {
		if t.done || t.state != state || t.node != "it" && !slices.Contains(s.nodes(t.node), node) {
			continue
		}
		t.done = true
		s.c.After(0, func() { s.act(node, t.actions) })
	}
}

// act carries out the commands of a when or an on.
func (s *story) act(it int, actions string) {
	was := s.it
	s.it = it
	for rest := true; rest; {
		a := strings.TrimSpace(actions)
		if !strings.HasPrefix(a, "when ") && !strings.HasPrefix(a, "on ") { // these take all that follows as theirs
			a, actions, rest = strings.Cut(a, ";")
		} else {
			rest = false
		}
		s.command(strings.TrimSpace(a))
	}
	s.it = was
}

// nodes reads names of nodes.
func (s *story) nodes(words ...string) (list []int) {
	for _, w := range words {
		switch {
		case w == "all":
			for i := range s.opts.Nodes {
				list = append(list, i)
			}
		case w == "it":
			list = append(list, s.it)
		case w == "rep":
			list = append(list, s.ring()[0])
		case strings.HasPrefix(w, "ring"):
			i, err := strconv.Atoi(w[4:])
			if r := s.ring(); err != nil || i >= len(r) {
				s.fail("nobody is %s", w)
			} else {
				list = append(list, r[i])
			}
		case len(w) == 1 && w[0] >= 'a' && int(w[0]-'a') < s.opts.Nodes:
			list = append(list, int(w[0]-'a'))
		default:
			s.fail("%q is no node", w)
		}
	}
	return list
}

// ring are the nodes on the largest ring, in ring order.
func (s *story) ring() (nodes []int) {
	var largest core.Status
	for i := range s.opts.Nodes {
		if st, ok := s.cluster().Status(i); ok && len(st.Members) > len(largest.Members) {
			largest = st
		}
	}
	for _, m := range largest.Members {
		nodes = append(nodes, int(m.Name[0]-'a'))
	}
	if len(nodes) == 0 {
		s.fail("there is no ring")
		return []int{0}
	}
	return nodes
}

// duration reads a duration.
func (s *story) duration(w string) time.Duration {
	d, err := time.ParseDuration(w)
	if err != nil {
		s.fail("%v", err)
	}
	return d
}

func (s *story) number(w string) int {
	n, err := strconv.Atoi(w)
	if err != nil {
		s.fail("%q is no number", w)
	}
	return n
}

// name is a node's letter.
func name(i int) string { return string(rune('a' + i)) }
