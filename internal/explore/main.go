package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

// A campaign is one way to search: what may go wrong, how often, and how much faster than others a packet may be.
type campaign struct {
	kinds  string
	faults int
	lag    int
}

// campaigns are run from every start when nothing else is asked for; what one leaves of its time the next ones have. A cut that heals
// lets every ring merge again in every way, so with cuts, and with two faults, packets keep pace with each other.
var campaigns = []campaign{
	{kinds: "-cut", faults: 1, lag: 1},
	{kinds: "-cut", faults: 2, lag: 0},
	{kinds: "all", faults: 2, lag: 0},
}

func main() {
	which := flag.String("start", "", "start from this scenario only: "+startNames())
	faults := flag.Int("faults", -1, "at most so many faults on a path, and one search instead of the campaigns")
	kindText := flag.String("kinds", "all", "with -faults: which, of drop,duplicate,overtake,late,crash,cut; all; -cut: all but cut")
	lag := flag.Int("lag", 1, "with -faults and -replay: a packet is at most so many hops slower than the fastest chain of packets")
	lanTiming := flag.Bool("lan", false, "the protocol's limits are those of the preset LAN, not ones that are close together")
	minutes := flag.Float64("minutes", 5, "stop after so many minutes, shared by all searches")
	states := flag.Int("states", 0, "stop a search after so many states; 0: no limit")
	memory := flag.Int("memory", 3500, "stop a search at so many MiB; 0: no limit")
	steps := flag.Int("steps", 2000, "a path of so many steps since its last fault without a quiet end is wrong")
	replay := flag.String("replay", "", "tell the story of a path from -start, as a finding prints it")
	flag.Parse()
	wanted := campaigns
	if *faults >= 0 || *replay != "" {
		wanted = []campaign{{kinds: *kindText, faults: max(*faults, 0), lag: *lag}}
	}
	var list []start
	for _, s := range starts {
		if *which == "" || *which == s.name {
			list = append(list, s)
		}
	}
	_, known := kindsOf(*kindText)
	if len(list) == 0 || *replay != "" && len(list) != 1 || !known {
		fmt.Fprintln(os.Stderr, "explore: -start must be one of", startNames(), "and -kinds one of those listed by -h")
		os.Exit(2)
	}
	timing := brief
	if *lanTiming {
		timing = lan
	}
	if *replay != "" {
		if !story(os.Stdout, newExplorer(list[0], limits{lag: int32(*lag), timing: timing, kinds: all()}), *replay) {
			os.Exit(1)
		}
		return
	}
	debug.SetGCPercent(400) // nearly all that is kept is kept for good
	if *memory > 0 {
		debug.SetMemoryLimit(int64(*memory) << 20)
	}
	l := limits{timing: timing, states: *states, memory: uint64(*memory) << 20, steps: *steps}
	if !run(wanted, list, l, time.Now().Add(time.Duration(*minutes*float64(time.Minute)))) {
		os.Exit(1)
	}
}

// run does all searches, which share the time, and reports whether nothing was found.
func run(wanted []campaign, list []start, l limits, end time.Time) bool {
	well := true
	searches := len(wanted) * len(list)
	steps, states := 0, 0
	for _, c := range wanted {
		l.faults, l.lag = c.faults, int32(c.lag)
		l.kinds, _ = kindsOf(c.kinds)
		fmt.Printf("== at most %d faults of %s, packets at most %d hops slower than others\n", c.faults, l.kinds, c.lag)
		for _, s := range list {
			l.until = time.Now().Add(time.Until(end) / time.Duration(searches))
			searches--
			e := newExplorer(s, l)
			e.search()
			report(os.Stdout, e)
			well = well && e.found == nil
			steps, states = steps+e.stats.steps, states+len(e.nodes)
		}
	}
	fmt.Printf("%d steps, %d states visited\n", steps, states)
	return well
}

func all() kinds {
	k, _ := kindsOf("all")
	return k
}

func startNames() string {
	var list []string
	for _, s := range starts {
		list = append(list, s.name)
	}
	return strings.Join(list, ", ")
}
