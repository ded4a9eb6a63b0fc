//go:build !linux

package lockstep

// Elsewhere a thread has no niceness of its own, and nothing yields.

func stepBack() {}
