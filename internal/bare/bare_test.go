//go:build linux

package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/loopback"
)

// addresses are free ones on loopback.
func addresses(t *testing.T, n int) []string {
	t.Helper()
	addrs, err := loopback.FreeAddresses(n)
	if err != nil {
		t.Fatal(err)
	}
	return addrs
}

// together runs command lines at once and returns their results.
func together(t *testing.T, lines ...string) []result {
	t.Helper()
	results, errs := make([]result, len(lines)), make(chan error)
	for i, line := range lines {
		go func() {
			var out strings.Builder
			err := run(strings.Fields(line), &out, io.Discard)
			if err == nil {
				err = json.Unmarshal([]byte(out.String()), &results[i])
			}
			errs <- err
		}()
	}
	for range lines {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	return results
}

func TestPass(t *testing.T) {
	for _, how := range []string{"", " -net"} {
		at := addresses(t, 2)
		a, b := at[0], at[1]
		r := together(t, "pass -first -for 200ms -pause 1ms -listen "+a+" -next "+b+how, "pass -for 200ms -listen "+b+" -next "+a+how)
		if r[0].N == 0 || r[0].P50 <= 0 || r[0].P99 < r[0].P50 {
			t.Errorf("%s: %+v", how, r[0])
		}
	}
}

func TestFloodAndDrain(t *testing.T) {
	for _, how := range []string{"-size 64", "-size 1400", "-size 1400 -segments 40"} {
		at := addresses(t, 2)
		a, b := at[0], at[1]
		gro := ""
		if strings.Contains(how, "segments") {
			gro = " -gro"
		}
		r := together(t, "flood "+how+" -for 500ms -to "+a+","+b, "drain -size 1400 -for 1s -listen "+a+gro, "drain -size 1400 -for 1s -listen "+b+gro)
		for i, one := range r {
			if one.PerSecond <= 0 || one.Megabytes <= 0 {
				t.Errorf("%s: process %d: %+v", how, i, one)
			}
		}
	}
}

// A lateNetwork brings every datagram after the next one, as a machine does that was busy elsewhere for longer than a round may take.
type lateNetwork struct{ kept, come [][]byte }

func (n *lateNetwork) send(b []byte) error {
	n.come = append(n.come, n.kept...)
	n.kept = [][]byte{append([]byte(nil), b...)}
	if len(n.come) > 3 {
		n.come = append(n.come, n.kept...)
	}
	return nil
}

func (n *lateNetwork) receive(b []byte) (int, bool, error) {
	if len(n.come) == 0 {
		return 0, false, nil
	}
	k := copy(b, n.come[0])
	n.come = n.come[1:]
	return k, true, nil
}

func (n *lateNetwork) patience(time.Duration) error { return nil }
func (n *lateNetwork) close()                       {}

func TestLateRoundsDoNotCount(t *testing.T) {
	n := &lateNetwork{}
	n.kept = [][]byte{make([]byte, passSize)}
	round := func(number byte) (ok bool) {
		b := make([]byte, passSize)
		b[7] = number
		if err := n.send(b); err != nil {
			t.Fatal(err)
		}
		_, ok, _ = matching(n, b, make([]byte, passSize))
		return ok
	}
	for i := range byte(3) {
		if round(i + 1) {
			t.Errorf("the datagram before was taken for number %d", i+1)
		}
	}
	n.come = make([][]byte, 4)
	for i := range n.come {
		n.come[i] = make([]byte, passSize)
	}
	if !round(9) {
		t.Error("its own datagram was not found behind four others")
	}
}

func TestPassed(t *testing.T) {
	var rounds []time.Duration
	for i := 200; i > 0; i-- {
		rounds = append(rounds, time.Duration(i)*time.Microsecond)
	}
	if r := passed(rounds); r.N != 200 || r.P50 != 100 || r.P99 != 198 {
		t.Errorf("%+v", r)
	}
	if r := passed(nil); r != (result{}) {
		t.Errorf("%+v", r)
	}
}

func TestWrongLines(t *testing.T) {
	for _, line := range []string{"", "fly", "pass -listen nowhere", "flood -size 0", "flood -size 1400 -segments 64", "drain -for 0s", "pass -listen [::1]:0"} {
		if err := run(strings.Fields(line), io.Discard, io.Discard); err == nil {
			t.Errorf("%q was carried out", line)
		}
	}
}

func TestSealAndOpen(t *testing.T) {
	for _, how := range []string{"-size 1344 -segments 40", "-size 1344"} {
		at := addresses(t, 3)
		a, b, c := at[0], at[1], at[2]
		r := together(t, "seal "+how+" -for 300ms -listen "+a+" -to "+b+","+c, "open "+how+" -for 1s -listen "+b, "open "+how+" -for 1s -listen "+c)
		for i := range r {
			if r[i].PerSecond < 1000 {
				t.Errorf("%s: %+v", how, r)
			}
		}
	}
}
