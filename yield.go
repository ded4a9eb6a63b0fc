package lockstep

// Work that yields: whoever saves, gives or loads a state does so with the processor that others leave. On a host that is busy, ring,
// handlers and application would else wait a time slice for each piece of it, and a group's latency would be the transfer's.

import "runtime"

// yielding runs f on a thread that yields the processor to others, and returns when f does. f's goroutine is not the caller's: what f
// panics with is to be caught in f.
func yielding(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine, and nobody inherits its niceness
		stepBack()
		f()
	}()
	<-done
}
