//go:build !linux

package main

// newClock gives monotonic: elsewhere than on Linux, Go's own clock need not be the same one.
func newClock() func() int64 { return monotonic }
