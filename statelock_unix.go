//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package lockstep

// The lock of a state directory: the kernel's, so that it ends with the process whatever way that ends.

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

func lockStateDir(file string) (io.Closer, error) {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errors.New("another running node uses it. Each node needs a directory of its own")
		}
		return nil, err
	}
	return f, nil
}
