//go:build !unix

package main

import "time"

// monotonic is nanoseconds on a clock that all processes share. Here it is the wall clock, which somebody may set during a run.
func monotonic() int64 { return time.Now().UnixNano() }
