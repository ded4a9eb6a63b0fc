//go:build linux

package lab

// The kernel's switch and cables, asked for over netlink, so that no tool is needed: rtnetlink(7), with the attributes that a bridge
// and a pair of virtual interfaces need.

import (
	"encoding/binary"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	bridgeSnooping = 23 // IFLA_BR_MCAST_SNOOPING
	vethPeer       = 1  // VETH_INFO_PEER
)

// attributes are netlink attributes, one after the other, each filled up to four bytes.
type attributes []byte

func (a attributes) add(kind uint16, value []byte) attributes {
	a = binary.NativeEndian.AppendUint16(a, uint16(unix.SizeofNlAttr+len(value)))
	a = binary.NativeEndian.AppendUint16(a, kind)
	a = append(a, value...)
	for len(a)%unix.NLA_ALIGNTO != 0 {
		a = append(a, 0)
	}
	return a
}

func (a attributes) text(kind uint16, s string) attributes { return a.add(kind, append([]byte(s), 0)) }

func (a attributes) number(kind uint16, n int) attributes {
	return a.add(kind, binary.NativeEndian.AppendUint32(nil, uint32(n)))
}

// linkHead is what stands before a link's attributes: its family, type, index, flags and which of the flags count.
func linkHead(flags uint32) attributes {
	b := make(attributes, 8, unix.SizeofIfInfomsg) // family, type and index: unknown
	b = binary.NativeEndian.AppendUint32(b, flags)
	return binary.NativeEndian.AppendUint32(b, flags)
}

// newBridge makes a switch in this thread's namespace, up, that sends a group's packets to all its ports.
func newBridge(name string) error {
	kind := attributes(nil).text(unix.IFLA_INFO_KIND, "bridge").
		add(unix.IFLA_INFO_DATA, attributes(nil).add(bridgeSnooping, []byte{0}))
	return newLink(linkHead(unix.IFF_UP).text(unix.IFLA_IFNAME, name).add(unix.IFLA_LINKINFO, kind))
}

// newCable makes a cable: one end, up, is a port of this namespace's switch, the other the interface of the namespace that a file
// stands for.
func newCable(port string, bridge, mtu, namespace int) error {
	far := linkHead(0).text(unix.IFLA_IFNAME, device).number(unix.IFLA_MTU, mtu).number(unix.IFLA_NET_NS_FD, namespace)
	kind := attributes(nil).text(unix.IFLA_INFO_KIND, "veth").add(unix.IFLA_INFO_DATA, attributes(nil).add(vethPeer, far))
	return newLink(linkHead(unix.IFF_UP).text(unix.IFLA_IFNAME, port).number(unix.IFLA_MTU, mtu).number(unix.IFLA_MASTER, bridge).
		add(unix.IFLA_LINKINFO, kind))
}

// newLink asks the kernel for a link and waits for its answer.
func newLink(link attributes) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer unix.Close(fd)
	ask := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(link)))
	ask = binary.NativeEndian.AppendUint16(ask, unix.RTM_NEWLINK)
	ask = binary.NativeEndian.AppendUint16(ask, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_EXCL)
	ask = append(ask, make([]byte, 8)...) // sequence number and port: one question at a time
	if err := unix.Sendto(fd, append(ask, link...), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	answer := make([]byte, 1<<13)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	return readAnswer(answer[:n])
}

// readAnswer reads the kernel's acknowledgement: an error number, 0 for done.
func readAnswer(b []byte) error {
	if len(b) < unix.SizeofNlMsghdr+4 || binary.NativeEndian.Uint16(b[4:]) != unix.NLMSG_ERROR {
		return fmt.Errorf("netlink: %d bytes that are no acknowledgement", len(b))
	}
	if code := int32(binary.NativeEndian.Uint32(b[unix.SizeofNlMsghdr:])); code != 0 {
		return fmt.Errorf("netlink: %w", syscall.Errno(-code))
	}
	return nil
}
