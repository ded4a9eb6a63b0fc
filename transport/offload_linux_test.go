//go:build linux && !lockstep_portable

package transport

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func listenAt(t testing.TB, listen string, noOffload bool) *UDP {
	t.Helper()
	u, err := ListenUDP(context.Background(), UDPConfig{Listen: listen, MTU: 1472, NoOffload: noOffload})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { u.Close() })
	return u
}

// hearSome receives n datagrams, few at a time, so that what the kernel joined is left over between calls.
func hearSome(t testing.TB, u *UDP, n int) []Datagram {
	t.Helper()
	var got []Datagram
	batch := make([]Datagram, 3)
	for len(got) < n {
		k, err := u.Receive(batch)
		if err != nil {
			t.Fatalf("after %d datagrams: %v", len(got), err)
		}
		for _, d := range batch[:k] {
			d.Buf = bytes.Clone(d.Buf)
			got = append(got, d)
		}
	}
	return got
}

// text is a datagram of that length that no other equals.
func text(i, size int) []byte {
	b := bytes.Repeat([]byte{byte(i)}, size)
	copy(b, fmt.Sprint(i))
	return b
}

// mixed is a batch to both addresses, of runs and of what breaks them, and what each is to hear.
func mixed(a, b netip.AddrPort) (batch []Datagram, heard map[netip.AddrPort][][]byte) {
	heard = map[netip.AddrPort][][]byte{}
	i := 0
	for _, leg := range []struct {
		to    netip.AddrPort
		sizes []int
	}{
		{a, []int{1400, 1400, 1400, 700}}, {b, []int{1400, 1400, 1400, 700}}, {a, []int{60}}, {b, []int{60, 61, 62, 62, 1}},
		{a, []int{10, 20, 20, 30}}, {b, []int{1472, 1472}}, {a, []int{1472}}, {b, []int{1472}},
	} {
		for _, n := range leg.sizes {
			d := text(i, n)
			i++
			batch = append(batch, Datagram{Addr: leg.to, Buf: d})
			heard[leg.to] = append(heard[leg.to], d)
		}
	}
	for range 70 { // more than one run holds
		d := text(i, 1000)
		i++
		batch = append(batch, Datagram{Addr: a, Buf: d})
		heard[a] = append(heard[a], d)
	}
	return batch, heard
}

func checkHeard(t *testing.T, u *UDP, want [][]byte, from netip.AddrPort) {
	t.Helper()
	for i, d := range hearSome(t, u, len(want)) {
		if !bytes.Equal(d.Buf, want[i]) || d.Addr.Port() != from.Port() {
			t.Fatalf("datagram %d: %d bytes %.10q from %v, want %d bytes %.10q from %v", i, len(d.Buf), d.Buf, d.Addr, len(want[i]), want[i], from)
		}
	}
}

func TestOffloadKeepsDatagramsAsTheyWere(t *testing.T) {
	for _, c := range []struct {
		own, peer string
		without   bool
	}{{"127.0.0.1:0", "127.0.0.1:0", false}, {"[::1]:0", "[::1]:0", false}, {":0", "127.0.0.1:0", false}, {":0", "[::1]:0", false}, {"127.0.0.1:0", "127.0.0.1:0", true}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s, a, b := listenAt(t, c.own, c.without), listenAt(t, c.peer, c.without), listenAt(t, c.peer, true)
			batch, heard := mixed(a.Addr(), b.Addr())
			for range 3 {
				if err := s.Send(batch); err != nil {
					t.Fatal(err)
				}
				checkHeard(t, a, heard[a.Addr()], s.Addr())
				checkHeard(t, b, heard[b.Addr()], s.Addr())
			}
			out, in := s.Stats(), a.Stats()
			if out.Out != uint64(3*len(batch)) || in.In != uint64(3*len(heard[a.Addr()])) || out.SendErrors != 0 {
				t.Errorf("stats: %+v and %+v", out, in)
			}
			want := OffloadOn
			if c.without {
				want = OffloadDisabled
			}
			if out.Segmenting != want || in.Coalescing != want || (out.SegmentsOut > 0) == c.without || (in.SegmentsIn > 0) == c.without {
				t.Errorf("offload: %+v and %+v, want it %v", out, in, want)
			}
		})
	}
}

// A socket that writes no checksums is refused runs by the kernel, and nothing else.
func TestOffloadRefusedByTheKernelIsGivenUp(t *testing.T) {
	s, a, b := listenAt(t, "127.0.0.1:0", false), listenAt(t, "127.0.0.1:0", false), listenAt(t, "127.0.0.1:0", false)
	var err error
	_ = s.batch.socket.with(func(fd int) { err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1) })
	if err != nil {
		t.Fatal(err)
	}
	batch, heard := mixed(a.Addr(), b.Addr())
	for range 2 {
		if err := s.Send(batch); err != nil {
			t.Fatal(err)
		}
		checkHeard(t, a, heard[a.Addr()], s.Addr())
		checkHeard(t, b, heard[b.Addr()], s.Addr())
	}
	st := s.Stats()
	if st.Segmenting != OffloadGivenUp || !strings.Contains(st.OffloadWhy, unix.EINVAL.Error()) {
		t.Errorf("segmenting is %v because %q", st.Segmenting, st.OffloadWhy)
	}
	if st.Out != uint64(2*len(batch)) || st.SendErrors != 0 || st.SegmentsOut != 0 {
		t.Errorf("stats: %+v", st)
	}
}

// Port 0 is refused in the same words, single datagrams too: that is not the offload's fault.
func TestOffloadIsNotBlamedForAnAddress(t *testing.T) {
	s, a := listenAt(t, "127.0.0.1:0", false), listenAt(t, "127.0.0.1:0", false)
	var batch []Datagram
	for i := range 12 {
		to := a.Addr()
		if i/4 == 1 {
			to = netip.AddrPortFrom(to.Addr(), 0)
		}
		batch = append(batch, Datagram{Addr: to, Buf: text(i, 500)})
	}
	if err := s.Send(batch); err != nil {
		t.Fatal(err)
	}
	for i, d := range hearSome(t, a, 8) {
		if want := batch[i/4*8+i%4].Buf; !bytes.Equal(d.Buf, want) {
			t.Fatalf("datagram %d is %.3q, want %.3q", i, d.Buf, want)
		}
	}
	if st := s.Stats(); st.Segmenting != OffloadOn || st.SendErrors != 4 || st.Out != 8 {
		t.Errorf("stats: %+v", st)
	}
}

func TestSegmentLengthsThatMakeNoSense(t *testing.T) {
	message := func(level, kind int32, data ...byte) []byte {
		h := unix.Cmsghdr{Level: level, Type: kind}
		h.SetLen(unix.CmsgLen(len(data)))
		b := make([]byte, unix.CmsgSpace(len(data)))
		putCmsghdr(b, &h)
		copy(b[unix.CmsgLen(0):], data)
		return b
	}
	number := func(n int32) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(n)) }
	gro := func(n int32) []byte { return message(unix.SOL_UDP, unix.UDP_GRO, number(n)...) }
	drops := message(unix.SOL_SOCKET, unix.SO_RXQ_OVFL, number(7)...)
	long := gro(500)
	binary.NativeEndian.PutUint64(long, 1<<40) // on 32 bits the upper half is the level, which is as wrong
	short := gro(500)
	binary.NativeEndian.PutUint32(short, 3)
	for _, c := range []struct {
		name    string
		control []byte
		want    int
	}{
		{"none", nil, 3000}, {"good", gro(1000), 1000}, {"good, 16 bits", message(unix.SOL_UDP, unix.UDP_GRO, number(1000)[:2]...), 1000},
		{"behind drops", append(bytes.Clone(drops), gro(1000)...), 1000}, {"before drops", append(gro(1000), drops...), 1000},
		{"zero", gro(0), 3000}, {"negative", gro(-1), 3000}, {"all", gro(3000), 3000}, {"more than all", gro(3001), 3000}, {"huge", gro(1 << 30), 3000},
		{"one byte", message(unix.SOL_UDP, unix.UDP_GRO, 9), 3000}, {"cut short", gro(1000)[:unix.CmsgLen(0)-1], 3000},
		{"data cut off", gro(1000)[:unix.CmsgLen(0)], 3000}, {"length too long", long, 3000}, {"length too short", short, 3000},
		{"another level", message(unix.SOL_IP, unix.UDP_GRO, number(1000)...), 3000},
	} {
		got, count, counted := parseControl(c.control, 3000)
		if got != c.want || counted != bytes.Contains(c.control, drops) || counted && count != 7 {
			t.Errorf("%s: segments of %d, %d drops (%v); want %d", c.name, got, count, counted, c.want)
		}
	}
}

// Segments longer than any datagram are dropped and counted, and not what was joined with them.
func TestSegmentsTooLongAreDropped(t *testing.T) {
	s, a := listenAt(t, "127.0.0.1:0", false), listenAt(t, "127.0.0.1:0", false)
	var batch []Datagram
	for i := range 3 {
		batch = append(batch, Datagram{Addr: a.Addr(), Buf: text(i, MaxDatagram+1)})
	}
	if err := s.Send(append(batch, Datagram{Addr: a.Addr(), Buf: []byte("good")})); err != nil {
		t.Fatal(err)
	}
	if got := hearSome(t, a, 1)[0]; string(got.Buf) != "good" {
		t.Fatalf("heard %.10q", got.Buf)
	}
	if st := a.Stats(); st.Truncated != 3 {
		t.Errorf("stats: %+v", st)
	}
}

func TestKernelsThatMangleSegments(t *testing.T) {
	for release, want := range map[string]bool{
		"6.18.44-fc": false, "6.12.0-amd64": false, "7.0.0": true, "7.0.0-rc3": true, "7.0-rc1": true, "7.0.12-arch": true, "7.1.0": true, "7.1.4-generic": true,
		"7.1.5": false, "7.2.0": false, "8.0.1": false, "": false, "linux": false,
	} {
		if got := manglesSegments(release); got != want {
			t.Errorf("%q: %v, want %v", release, got, want)
		}
	}
}

// A mangler damages all large datagrams that the kernel had joined, as bad kernels and cards do.
type mangler struct {
	*UDP
	damaged int
}

func (m *mangler) Receive(batch []Datagram) (int, error) {
	n, err := m.UDP.Receive(batch)
	for i := range batch[:n] {
		if batch[i].joined && len(batch[i].Buf) > 500 {
			batch[i].Buf[len(batch[i].Buf)-1] ^= 1
			m.damaged++
		}
	}
	return n, err
}

func TestJoinedPacketsThatDoNotOpenEndJoining(t *testing.T) {
	m := &mangler{UDP: listenAt(t, "127.0.0.1:0", false)}
	cfg := EndpointConfig{Transport: listenAt(t, "127.0.0.1:0", false), Key: make([]byte, KeySize), Self: wire.NewMemberID("a", 1)}
	a, err := NewEndpoint(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	cfg.Transport, cfg.Self = m, wire.NewMemberID("b", 1)
	b, err := NewEndpoint(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	to := []netip.AddrPort{b.Addr()}
	var got []Packet
	send := func(packets int) {
		var out []Outgoing
		for i := range packets {
			out = append(out, Outgoing{To: to, Class: wire.ClassData, Body: text(i, 1000)})
		}
		a.Send(out)
		a.Send([]Outgoing{{To: to, Class: wire.ClassToken, Body: []byte("end")}}) // is never damaged
		for {
			had := len(got)
			if got, err = b.Receive(got); err != nil {
				t.Fatal(err)
			}
			for i := range got[had:] {
				if string(got[had+i].Body) == "end" {
					return
				}
			}
		}
	}
	send(0) // now b knows a
	for m.Stats().Coalescing == OffloadOn && m.damaged < 1000 {
		got = got[:0]
		send(20)
	}
	if st := m.Stats(); st.Coalescing != OffloadGivenUp || !strings.Contains(st.OffloadWhy, "did not open") || m.damaged < doubtMost/doubtBad {
		t.Fatalf("after %d damaged: %+v", m.damaged, st)
	}
	got = got[:0]
	send(20)
	if len(got) != 21 {
		t.Errorf("%d of 21 packets came when nothing was joined any more", len(got))
	}
	if st := m.Stats(); st.Segmenting != OffloadOn {
		t.Errorf("sending has nothing to do with it: %+v", st)
	}
	if err := errors.Join(a.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

// Packets of nearly one length are made to be of one, and come out as they were.
func TestPaddedPackets(t *testing.T) {
	for _, without := range []bool{false, true} {
		cfg := EndpointConfig{Transport: listenAt(t, "127.0.0.1:0", without), Key: make([]byte, KeySize), Self: wire.NewMemberID("a", 1)}
		a, err := NewEndpoint(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		cfg.Transport, cfg.Self = listenAt(t, "127.0.0.1:0", false), wire.NewMemberID("b", 1)
		b, err := NewEndpoint(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		to := []netip.AddrPort{b.Addr()}
		var out []Outgoing
		for i, n := range []int{1200, 1399, 1400, 1100, 100, 1400, 1050, 1049, 1400, 1300} {
			body := text(i, n)
			body[n-1] = 0
			if i == 0 {
				body[n-1] = 0x80
			}
			out = append(out, Outgoing{To: to, Class: wire.ClassData, Body: body})
		}
		a.Send(out)
		var got []Packet
		for len(got) < len(out) {
			if got, err = b.Receive(got); err != nil {
				t.Fatal(err)
			}
		}
		for i := range out {
			if !bytes.Equal(got[i].Body, out[i].Body) || got[i].Header.Flags != 0 {
				t.Errorf("packet %d: %d bytes, flags %x", i, len(got[i].Body), got[i].Header.Flags)
			}
		}
		padding, segments := a.Stats().Padding, a.Stats().Transport.SegmentsOut
		if without && (padding != 0 || segments != 0) || !without && (padding != 200+1+300+350 || segments != 5+3+2) {
			t.Errorf("%d bytes of padding, %d segments", padding, segments)
		}
	}
}

// A spoiler is a socket whose kernel cuts runs into datagrams that no receiver's kernel takes.
type spoiler struct{ *UDP }

func (s *spoiler) Send(batch []Datagram) error {
	for len(batch) > 0 {
		n := 1
		if s.segmenting() {
			n = runLength(batch)
		}
		if n == 1 {
			if err := s.UDP.Send(batch[:1]); err != nil {
				return err
			}
		}
		batch = batch[n:]
	}
	return nil
}

func TestRunsThatAreLostAreGivenUp(t *testing.T) {
	for _, spoiled := range []bool{true, false} {
		u := listenAt(t, "127.0.0.1:0", false)
		cfg := EndpointConfig{Transport: u, Key: make([]byte, KeySize), Self: wire.NewMemberID("a", 1)}
		if spoiled {
			cfg.Transport = &spoiler{u}
		}
		a, err := NewEndpoint(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		cfg.Transport, cfg.Self = listenAt(t, "127.0.0.1:0", false), wire.NewMemberID("b", 1)
		b, err := NewEndpoint(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		toA, toB := []netip.AddrPort{a.Addr()}, []netip.AddrPort{b.Addr()}
		go func() { // a's packets and probes are answered at once
			var got []Packet
			for err := error(nil); err == nil; {
				if got, err = b.Receive(got[:0]); len(got) > 0 {
					b.Send([]Outgoing{{To: toA, Class: wire.ClassToken, Body: []byte("token")}})
				}
			}
		}()
		var visit []Outgoing
		for i := range 8 {
			visit = append(visit, Outgoing{To: toB, Class: wire.ClassData, Body: text(i, 1300)})
		}
		// The last of a visit is sent by itself, so that there is an answer. It takes five rounds and a little.
		var got []Packet
		for start := time.Now(); time.Since(start) < 2500*time.Millisecond && u.Stats().Segmenting == OffloadOn; {
			a.Send(visit)
			a.Send(visit[:1])
			if got, err = a.Receive(got[:0]); err != nil {
				t.Fatal(err)
			}
		}
		st := u.Stats()
		if want := map[bool]OffloadState{true: OffloadGivenUp, false: OffloadOn}[spoiled]; st.Segmenting != want {
			t.Errorf("spoiled %v: segmenting is %v because %q", spoiled, st.Segmenting, st.OffloadWhy)
		}
		if n := len(a.Paths()); n != 0 {
			t.Errorf("spoiled %v: %d narrow paths", spoiled, n)
		}
	}
}
