//go:build linux

package lab

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestNetlinkAnswers(t *testing.T) {
	answer := make([]byte, unix.SizeofNlMsghdr+4)
	answer[4] = unix.NLMSG_ERROR
	if err := readAnswer(answer); err != nil {
		t.Errorf("done was read as %v", err)
	}
	for i := range 4 {
		answer[unix.SizeofNlMsghdr+i] = 0xff // -1
	}
	if err := readAnswer(answer); !errors.Is(err, syscall.EPERM) {
		t.Errorf("no permission was read as %v", err)
	}
	for _, bad := range [][]byte{nil, make([]byte, 40)} {
		if readAnswer(bad) == nil {
			t.Errorf("%d bytes were taken for an answer", len(bad))
		}
	}
	if got := attributes(nil).text(1, "ab").number(2, 3); len(got) != 8+8 {
		t.Errorf("two attributes are %d bytes, want each filled up to 8", len(got))
	}
}

// TestBridgeCarries has a datagram as large as the MTU allows go from one host to another.
func TestBridgeCarries(t *testing.T) {
	for _, mtu := range []int{1500, 8800} {
		b, err := LayBridge(2, mtu)
		if errors.Is(err, ErrNoHosts) && os.Geteuid() != 0 {
			t.Logf("NOT TESTED HERE: %v", err)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(b.Close)
		var conns [2]net.PacketConn
		for i, h := range b.Hosts {
			err := h.within(func() (err error) {
				conns[i], err = net.ListenPacket("udp4", h.Addr.String()+":7000")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conns[i].Close() })
		}
		want := mtu - 28
		if _, err := conns[0].WriteTo(make([]byte, want), conns[1].LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if err := conns[1].SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, from, err := conns[1].ReadFrom(make([]byte, 1<<16))
		if err != nil || n != want || from.String() != conns[0].LocalAddr().String() {
			t.Errorf("MTU %d: %d bytes from %v, %v; want %d from %v", mtu, n, from, err, want, conns[0].LocalAddr())
		}
	}
	for _, bad := range [][2]int{{0, 1500}, {3, 100}, {hostsMost + 1, 1500}} {
		if b, err := LayBridge(bad[0], bad[1]); err == nil {
			b.Close()
			t.Errorf("%d hosts with MTU %d were laid", bad[0], bad[1])
		}
	}
}
