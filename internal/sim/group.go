package sim

// A group as the scenario knows it: its name, who has a part in it, how it is configured.

import (
	"github.com/lockstep-go/lockstep/internal/evs"
	"github.com/lockstep-go/lockstep/internal/wire"
)

// A GroupSpec describes one group of a cluster.
type GroupSpec struct {
	Name  string
	Nodes []int // who joins it, by index
	Size  int   // 0: the last primary view decides
	// Policy is one of wire's.
	Policy uint8
	// Spares is how many members save for a joiner besides its donor.
	Spares uint8
	// Idle groups have members and nothing else: no state and no messages. They come last.
	Idle bool
}

// A group is a GroupSpec in a running cluster.
type group struct {
	GroupSpec
	id     wire.GroupID
	config wire.GroupConfig
	// mayBlock says that so many were lost at once that the group may rightly never have a primary again.
	mayBlock bool

	calls  map[evs.UID]*call // what was asked of its registers and locks
	called []*call           // in the order of asking

	foundings int
	words     map[word]bool // what operators said; nil: nothing
}

// busy are the groups in which something happens.
func (c *Cluster) busy() []*group {
	n := len(c.groups)
	for n > 0 && c.groups[n-1].Idle {
		n--
	}
	return c.groups[:n]
}

func (g *group) has(node int) bool {
	for _, n := range g.Nodes {
		if n == node {
			return true
		}
	}
	return false
}

// table is what every member of every group registers.
func table() []wire.HandlerEntry {
	return []wire.HandlerEntry{{Name: "Line", Kind: 1, Shape: "Text string"}, {Name: "Ask", Kind: 3, Shape: "Text string"}}
}
