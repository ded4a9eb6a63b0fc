package main

import "time"

// newClock gives monotonic without a system call for each reading. Go's own clock is the same one, but tells only how long ago something was:
// so it is read beside the other once, at the moment when both readings are nearest to each other.
func newClock() func() int64 {
	var base int64
	var at time.Time
	narrowest := time.Hour
	for range 100 {
		before := time.Now()
		read := monotonic()
		if width := time.Since(before); width < narrowest {
			narrowest, base, at = width, read, before.Add(width/2)
		}
	}
	return func() int64 { return base + int64(time.Since(at)) }
}
