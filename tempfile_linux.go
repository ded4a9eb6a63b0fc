package lockstep

// Past the page cache on Linux: O_DIRECT, which a file system may refuse.

import (
	"os"

	"golang.org/x/sys/unix"
)

// passCache has a file go past the system's page cache, or not any more.
func passCache(f *os.File, on bool) error {
	c, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var refused error
	err = c.Control(func(fd uintptr) {
		flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
		if err != nil {
			refused = err
			return
		}
		if flags &^= unix.O_DIRECT; on {
			flags |= unix.O_DIRECT
		}
		_, refused = unix.FcntlInt(fd, unix.F_SETFL, flags)
	})
	if err != nil {
		return err
	}
	return refused
}
