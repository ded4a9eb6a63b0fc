//go:build !race

package lockstep_test

const (
	groupsTested  = 3000
	idleGroupMost = 4 << 10 // bytes of an idle group at a node
	joinsTested   = 10_000
)
