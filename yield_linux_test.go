package lockstep

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// nice is how nice this thread is.
func nice(t *testing.T) int {
	t.Helper()
	p, err := unix.Getpriority(unix.PRIO_PROCESS, unix.Gettid())
	if err != nil {
		t.Fatal(err)
	}
	return 20 - p // the kernel's answer is never negative
}

// TestYielding: what yields is nicer than who waits for it, also when its goroutine ends, and leaves no nice thread to others.
func TestYielding(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	own := nice(t)
	for name, end := range map[string]func(){"returns": func() {}, "ends its goroutine": runtime.Goexit} {
		within := own
		yielding(func() {
			within = nice(t)
			end()
		})
		if want := max(own, niceness); within != want || nice(t) != own {
			t.Errorf("%s: %d within and %d outside, want %d and %d", name, within, nice(t), want, own)
		}
	}
	after := make(chan int)
	for range 20 {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			after <- nice(t)
		}()
		if got := <-after; got != own {
			t.Errorf("a goroutine that came later runs with %d, want %d", got, own)
		}
	}
}
