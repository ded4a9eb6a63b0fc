package catalogue

// The commands: what each word at the beginning of a line does.

import (
	"slices"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/sim"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

// A command is one line, read word by word.
type command struct {
	s     *story
	words []string
}

// option takes "name value" out of the words, wherever it stands.
func (c *command) option(name string) (value string, ok bool) {
	i := slices.Index(c.words, name)
	if i < 0 {
		return "", false
	}
	if i+1 == len(c.words) {
		c.s.fail("%s of what?", name)
		return "", false
	}
	value = c.words[i+1]
	c.words = slices.Delete(c.words, i, i+2)
	return value, true
}

// flag takes a word out.
func (c *command) flag(name string) bool {
	i := slices.Index(c.words, name)
	if i >= 0 {
		c.words = slices.Delete(c.words, i, i+1)
	}
	return i >= 0
}

// times takes "x5" out; otherwise is what it is where it is not there.
func (c *command) times(otherwise int) int {
	for i, w := range c.words {
		if len(w) > 1 && w[0] == 'x' && w[1] >= '0' && w[1] <= '9' {
			c.words = slices.Delete(c.words, i, i+1)
			return c.s.number(w[1:])
		}
	}
	return otherwise
}

// group takes "of g" out.
func (c *command) group() string {
	if g, ok := c.option("of"); ok {
		return g
	}
	return "g"
}

var orders = map[string]wire.Order{"fifo": wire.OrderFIFO, "causal": wire.OrderCausal, "ordered": wire.OrderAgreed, "safe": wire.OrderSafe}

// wan are the limits of lockstep's preset of that name.
var wan = core.Timing{
	TokenLoss: 4 * time.Second, TokenRetransmit: 100 * time.Millisecond, Rest: time.Second, Join: 150 * time.Millisecond,
	Consensus: 1200 * time.Millisecond, CommitRetransmit: 125 * time.Millisecond, Probe: time.Second, Silence: 4 * time.Second,
	Beacon: 2500 * time.Millisecond, DirectRetransmit: 250 * time.Millisecond,
}

func (s *story) command(line string) {
	words := strings.Fields(line)
	c := &command{s, words[1:]}
	switch words[0] {
	case "cluster":
		s.unfinished()
		s.describe(c)
	case "group":
		s.group(c)
	case "start", "restart":
		for _, i := range s.nodes(c.words...) {
			s.cluster().Restart(i)
		}
	case "crash":
		for _, i := range s.nodes(c.words...) {
			s.cluster().Crash(i)
		}
	case "close":
		for _, i := range s.nodes(c.words...) {
			s.cluster().Close(i)
		}
	case "pause":
		n := len(c.words) - 1
		for _, i := range s.nodes(c.words[:n]...) {
			s.c.Pause(i, s.duration(c.words[n]))
		}
	case "slow", "fast":
		for _, i := range s.nodes(c.words...) {
			s.c.Slow(i, words[0] == "slow")
		}
	case "clock":
		s.c.SetWall(s.nodes(c.words[0])[0], s.duration(c.words[1]))
	case "drift":
		s.c.Drift(s.nodes(c.words[0])[0], int64(10000*s.number(strings.TrimSuffix(c.words[1], "%"))))
	case "leave":
		g := c.group()
		for _, i := range s.nodes(c.words...) {
			s.c.Leave(i, g)
		}
	case "join":
		for _, i := range s.nodes(c.words...) {
			s.c.Join(i)
		}
	case "send":
		s.send(c)
	case "talk":
		s.talk(s.nodes(c.words...))
	case "busy":
		every := 10 * time.Millisecond
		if v, ok := c.option("every"); ok {
			every = s.duration(v)
		}
		size := 100
		if v, ok := c.option("size"); ok {
			size = s.number(v)
		}
		s.busy++
		for k, i := range s.nodes(c.words...) {
			s.work(s.busy, i, k, size, every)
		}
	case "quiet":
		s.busy++
	case "cut":
		for _, path := range c.words {
			if from, to, ok := strings.Cut(path, ">"); ok {
				s.c.CutOneWay(s.nodes(from)[0], s.nodes(to)[0])
				continue
			}
			one, two, _ := strings.Cut(path, "-")
			s.c.Cut(s.nodes(one)[0], s.nodes(two)[0])
		}
	case "isolate":
		s.isolate(c)
	case "partition":
		var sides [][]int
		for _, side := range strings.Split(strings.Join(c.words, " "), "|") {
			sides = append(sides, s.nodes(strings.Split(strings.ReplaceAll(side, " ", ""), "")...))
		}
		s.c.Partition(sides...)
	case "heal":
		s.heal()
	case "flicker":
		s.flicker(c)
	case "run":
		s.c.Run(s.duration(c.words[0]))
	case "view":
		s.view(c)
	case "when":
		s.when(line)
	case "drop", "delay", "repeat", "limit", "keep", "on":
		s.rule(words[0], line)
	case "replay":
		s.replay(c)
	case "mark":
		s.mark()
	case "expect":
		s.expect(c)
	case "views":
		s.views(c.group())
	case "told":
		g := c.group()
		for _, i := range s.nodes(c.words...) {
			s.told(i, g)
		}
	case "delivered":
		each := c.flag("each")
		s.delivered(c.group(), each)
	case "ring":
		s.say("%s", names(s.ring()))
	case "fences":
		s.fences()
	case "check":
		s.check(c)
	default:
		s.fail("unknown command %q", words[0])
	}
}

// describe says what the next cluster is made of.
func (s *story) describe(c *command) {
	s.running = true
	s.opts = sim.Options{Seed: *seed, Network: sim.NetworkConfig{Delay: 300 * time.Microsecond, Jitter: 100 * time.Microsecond}}
	g := sim.GroupSpec{Name: "g"}
	if v, ok := c.option("size"); ok {
		g.Size = s.number(v)
	}
	if v, ok := c.option("loss"); ok {
		s.opts.Network.Loss = float64(s.number(strings.TrimSuffix(v, "%"))) / 100
	}
	if v, ok := c.option("duplicate"); ok {
		s.opts.Network.Duplicate = float64(s.number(strings.TrimSuffix(v, "%"))) / 100
	}
	if v, ok := c.option("reorder"); ok {
		s.opts.Network.Reorder = float64(s.number(strings.TrimSuffix(v, "%"))) / 100
	}
	if v, ok := c.option("delay"); ok {
		s.opts.Network.Delay = s.duration(v)
	}
	if v, ok := c.option("jitter"); ok {
		s.opts.Network.Jitter = s.duration(v)
	}
	if v, ok := c.option("maxbody"); ok {
		s.opts.MaxBody = s.number(v)
	}
	if v, ok := c.option("maxmessage"); ok {
		s.opts.MaxMessage = s.number(v)
	}
	if v, ok := c.option("seeds"); ok {
		s.opts.Seeds = s.number(v)
	}
	s.opts.Disk.Durable = c.flag("disk")
	if v, ok := c.option("ring"); ok {
		s.opts.Near.Begin.Ring = s.below(v)
	}
	if v, ok := c.option("position"); ok {
		s.opts.Near.Begin.Position = wire.Position(s.below(v))
	}
	if v, ok := c.option("counter"); ok {
		s.opts.Near.Counter = s.below(v)
	}
	if c.flag("wan") {
		s.opts.Timing = wan
	}
	s.opts.Nodes = s.number(c.words[0])
	if len(c.words) != 1 {
		s.fail("cluster: what is %q?", c.words[1:])
	}
	g.Nodes = s.nodes("all")
	s.opts.Groups = []sim.GroupSpec{g}
}

// below reads a number such as 2^32-5.
func (s *story) below(w string) uint64 {
	power, less, _ := strings.Cut(strings.TrimPrefix(w, "2^"), "-")
	return 1<<s.number(power) - uint64(s.number(less))
}

// group adds a group, or says who is in one.
func (s *story) group(c *command) {
	g := sim.GroupSpec{Name: c.words[0]}
	c.words = c.words[1:]
	c.flag("of")
	if v, ok := c.option("size"); ok {
		g.Size = s.number(v)
	}
	g.Nodes = s.nodes(c.words...)
	for i := range s.opts.Groups {
		if s.opts.Groups[i].Name == g.Name {
			s.opts.Groups[i] = g
			return
		}
	}
	s.opts.Groups = append(s.opts.Groups, g)
}

// send has each node send; who may not is named.
func (s *story) send(c *command) {
	n, g, size := c.times(1), c.group(), 100
	if v, ok := c.option("size"); ok {
		size = s.number(v)
	}
	last := len(c.words) - 1
	what := c.words[last]
	for _, i := range s.nodes(c.words[:last]...) {
		for range n {
			var ok bool
			switch what {
			case "apply":
				ok = s.c.Ask(i, g, wire.KindApply, wire.OrderSafe, size)
			case "query":
				ok = s.c.Ask(i, g, wire.KindQuery, wire.OrderAgreed, size)
			default:
				o, known := orders[what]
				if !known {
					s.fail("%q is no order", what)
				}
				ok = s.c.Send(i, g, o, size)
			}
			if !ok {
				s.say("%s may not send", name(i))
				break
			}
		}
	}
}

// talk has each node send five messages of each order.
func (s *story) talk(nodes []int) {
	for range 5 {
		for _, i := range nodes {
			for o := wire.OrderFIFO; o <= wire.OrderSafe; o++ {
				s.c.Send(i, "g", o, 100)
			}
		}
		s.c.Run(5 * time.Millisecond)
	}
}

// work sends in the background, one order after the other, until the story is quiet.
func (s *story) work(turn, node, k, size int, every time.Duration) {
	s.c.After(every, func() {
		if s.busy != turn {
			return
		}
		s.c.Send(node, "g", wire.Order(k%4), size)
		s.work(turn, node, k+1, size, every)
	})
}

// isolate heals, and cuts off the n-th of the nodes of a word: "isolate abc 2".
func (s *story) isolate(c *command) {
	s.c.Heal()
	order, n := strings.Split(c.words[0], ""), s.number(c.words[1])-1
	alone := s.nodes(order[n])
	s.c.Partition(alone, s.nodes(slices.Delete(order, n, n+1)...))
}

// flicker cuts one member off after the other, each for a moment: "1000 cuts of 1ms every 10ms".
func (s *story) flicker(c *command) {
	n, length := s.number(c.words[0]), s.duration(c.group())
	every, _ := c.option("every")
	for i := range n {
		victim := i % s.opts.Nodes
		var rest []int
		for k := range s.opts.Nodes {
			if k != victim {
				rest = append(rest, k)
			}
		}
		s.c.After(s.duration(every)*time.Duration(i), func() {
			open := s.c.Partition([]int{victim}, rest)
			s.c.After(length, open)
		})
	}
	s.c.Run(s.duration(every) * time.Duration(n))
}

func (s *story) heal() {
	s.c.Heal()
	for _, r := range s.rules {
		if r.left != 0 {
			r.left = 0
		}
	}
}

// view waits until just these nodes share a primary view.
func (s *story) view(c *command) {
	g, limit := c.group(), 3*time.Second
	if v, ok := c.option("within"); ok {
		limit = s.duration(v)
	}
	nodes := s.nodes(c.words...)
	if err := s.c.WantView(limit, g, nodes...); err != nil {
		s.fail("%v", err)
		return
	}
	s.say("%s: one primary view", names(nodes))
}

// when arranges for something to happen when a state is entered.
func (s *story) when(line string) {
	s.cluster()
	cond, actions, ok := strings.Cut(line, ":")
	w := strings.Fields(cond)
	if !ok || len(w) != 4 || w[2] != "enters" {
		s.fail("a when is: when NODE enters STATE: what to do")
		return
	}
	for st := membership.StateOperational; st <= membership.StateRecovery; st++ {
		if st.String() == w[3] {
			s.triggers = append(s.triggers, &trigger{node: w[1], state: st, actions: actions})
			return
		}
	}
	s.fail("there is no state %q", w[3])
}

// check ends a story: see doc.go.
func (s *story) check(c *command) {
	after := 4 * time.Second
	if v, ok := c.option("after"); ok {
		after = s.duration(v)
	}
	s.checked = true
	s.busy++
	s.heal()
	for _, r := range s.rules {
		if !r.struck {
			s.fail("it never happened: %s", r.text)
		}
	}
	for _, t := range s.triggers {
		if !t.done {
			s.fail("nobody entered %v: %s", t.state, t.actions)
		}
	}
	for i := range s.opts.Nodes {
		s.c.Restart(i)
		s.c.Join(i)
	}
	s.c.Run(after)
	s.c.Settle()
	for _, v := range s.c.Violations() {
		s.fail("%v", v)
	}
	if s.c.Stats().GroupsBlocked > 0 {
		s.say("nothing is wrong; so many were lost at once that the group rightly waits")
		return
	}
	s.say("nothing is wrong")
}

func names(nodes []int) string {
	var list []string
	for _, i := range nodes {
		list = append(list, name(i))
	}
	return strings.Join(list, " ")
}
