//go:build race

package lockstep_test

// The race detector makes everything slow, and few groups share what a node takes in any case.
const (
	groupsTested  = 300
	idleGroupMost = 16 << 10 // bytes of an idle group at a node
	joinsTested   = 1000
)
