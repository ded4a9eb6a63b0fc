//go:build race

package sim

// seeds is how many executions the test runs: the race detector makes each of them slow, and one goroutine has no races.
const seeds = 20
