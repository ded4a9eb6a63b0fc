package lockstep

// Yielding on Linux, where each thread has a niceness of its own. Anybody may raise it; hardly anybody may lower it again.

import "golang.org/x/sys/unix"

// niceness of a thread that yields: beside one that does not, it gets a tenth of a processor.
const niceness = 10

// stepBack makes this thread yield for good.
func stepBack() {
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), niceness) // if it may not, it is a thread like any other
}
