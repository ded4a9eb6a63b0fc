//go:build linux && !lockstep_portable

package transport

// Offload on Linux: the socket options, the control messages, and what makes us give them up.

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// openOffload turns on what this kernel has.
func (u *UDP) openOffload(fd int, disabled bool) {
	o := &u.offload
	if disabled {
		o.segment.Store(uint32(OffloadDisabled))
		o.coalesce.Store(uint32(OffloadDisabled))
		return
	}
	if _, err := unix.GetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT); err == nil {
		o.segment.Store(uint32(OffloadOn))
		var name unix.Utsname
		if unix.Uname(&name) == nil {
			if release := unix.ByteSliceToString(name.Release[:]); manglesSegments(release) {
				o.giveUp(&o.segment, "Linux "+release+" is known to mangle segments")
			}
		}
	}
	if unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1) == nil {
		o.coalesce.Store(uint32(OffloadOn))
	}
}

// manglesSegments reports whether a kernel is one of 7.0.0 to 7.1.4, which write wrong headers and checksums where all segments of a
// run are of one length. The receiver's kernel drops such datagrams without a word, so nothing here could notice.
func manglesSegments(release string) bool {
	var major, minor, patch int
	if n, _ := fmt.Sscanf(release, "%d.%d.%d", &major, &minor, &patch); n < 2 {
		return false
	}
	return major == 7 && (minor == 0 || minor == 1 && patch <= 4 && !strings.HasPrefix(release, "7.1-"))
}

// refusesOffload reports whether an error of a send may be about its being a run. Others, such as a full buffer, never are.
func refusesOffload(errno syscall.Errno) bool {
	switch errno {
	case unix.EIO, unix.EINVAL, unix.EMSGSIZE, unix.EOPNOTSUPP, unix.ENOPROTOOPT:
		return true
	}
	return false
}

// distrustCoalescing implements offloader.
func (u *UDP) distrustCoalescing(why string) {
	if !u.offload.giveUp(&u.offload.coalesce, why) {
		return
	}
	_ = u.batch.socket.with(func(fd int) { _ = unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 0) })
}

const (
	segmentControl = 24 // bytes of the control message that asks for segments: unix.CmsgSpace(2)
	receiveControl = 64 // bytes for the two that come with a datagram: the count of drops, and the length of segments
)

// setSegment writes the control message that has the kernel cut a buffer.
func setSegment(control *[segmentControl]byte, size int) {
	h := unix.Cmsghdr{Level: unix.SOL_UDP, Type: unix.UDP_SEGMENT}
	h.SetLen(unix.CmsgLen(2))
	putCmsghdr(control[:], &h)
	binary.NativeEndian.PutUint16(control[unix.CmsgLen(0):], uint16(size))
}

// parseControl reads what came with a datagram of n bytes: its segments' length, n itself if it is a single one or the length makes no
// sense, and the running count of drops, if it is there.
func parseControl(control []byte, n int) (segment int, drops uint32, counted bool) {
	segment = n
	for len(control) >= unix.CmsgLen(0) {
		length, level, kind := getCmsghdr(control)
		if length < unix.CmsgLen(0) || length > len(control) {
			break
		}
		data := control[unix.CmsgLen(0):length]
		switch {
		case level == unix.SOL_SOCKET && kind == unix.SO_RXQ_OVFL && len(data) >= 4:
			drops, counted = binary.NativeEndian.Uint32(data), true
		case level == unix.SOL_UDP && kind == unix.UDP_GRO && len(data) >= 4:
			if size := int32(binary.NativeEndian.Uint32(data)); size > 0 && int(size) < n {
				segment = int(size)
			}
		case level == unix.SOL_UDP && kind == unix.UDP_GRO && len(data) >= 2:
			if size := int(binary.NativeEndian.Uint16(data)); size > 0 && size < n {
				segment = size
			}
		}
		next := unix.CmsgSpace(len(data))
		if next > len(control) {
			break
		}
		control = control[next:]
	}
	return segment, drops, counted
}
