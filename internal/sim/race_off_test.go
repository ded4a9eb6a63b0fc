//go:build !race

package sim

// seeds is how many executions the test runs.
const seeds = 500
