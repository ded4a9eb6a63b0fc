//go:build !unix

package sim

import (
	"runtime"
	"time"
)

// processorTime is an upper bound where the system's own figure is out of reach: the time that has passed, on every processor.
func processorTime() time.Duration {
	return time.Duration(time.Now().UnixNano()) * time.Duration(runtime.GOMAXPROCS(0))
}
