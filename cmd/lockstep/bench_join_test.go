package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/internal/loopback"
)

func TestBenchStateIsAsLongAsAsked(t *testing.T) {
	for _, n := range []int64{0, 1, 64 << 10, 64<<10 + 1, 1 << 20} {
		var b bytes.Buffer
		if got, err := benchState(n).WriteTo(&b); err != nil || got != n || int64(b.Len()) != n {
			t.Errorf("%d bytes of state: %d, %d, %v", n, got, b.Len(), err)
		}
	}
}

// A member comes to one that is under load, and has the state, and what was sent meanwhile.
func TestBenchJoin(t *testing.T) {
	addrs, err := loopback.FreeAddresses(2)
	if err != nil {
		t.Fatal(err)
	}
	const state = 4 << 20
	run := func(i int, mode string, more ...string) <-chan string {
		said := make(chan string, 1)
		go func() {
			status, out, errText := runHere(append([]string{"bench", "-insecure", "-name", mode, "-listen", addrs[i], "-seeds", addrs[0], "-members", "1",
				"-mode", mode, "-size", "1000", "-rate", "500", "-state", strconv.Itoa(state), "-json"}, more...)...)
			if status != statusOK {
				out = errText
			}
			said <- out
		}()
		return said
	}
	load := run(0, "load", "-for", "4s", "-transfer-rate", strconv.Itoa(4*state))
	<-time.After(1500 * time.Millisecond) // settled and under load
	var j, l benchResult
	if out := <-run(1, "join", "-spill-dir", t.TempDir(), "-wait", "10s"); json.Unmarshal([]byte(out), &j) != nil {
		t.Fatal(out)
	}
	if j.Mode != "join" || j.StateBytes != state || j.Began == 0 || j.Ended <= j.Began || j.CaughtUp < j.Ended || !strings.HasPrefix(j.text(), "join with 4194304 B of state: ") {
		t.Errorf("%+v", j)
	}
	if out := <-load; json.Unmarshal([]byte(out), &l) != nil {
		t.Fatal(out)
	}
	if l.Mode != "load" || l.N == 0 || l.Messages != uint64(l.N) || l.Node.StateBytesGiven != state || !strings.HasPrefix(l.text(), "load 1000 B: ") {
		t.Errorf("%+v", l)
	}
}

func TestTransferText(t *testing.T) {
	x := lockstep.StatusTransfer{Group: "g", Peer: "b/2", Bytes: 10, Total: 40, Lasted: 3 * time.Second}
	if got, want := transferText(x), "state of group g from b/2: 10 B of 40 B, 25 %, since 3s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	x.Giving, x.Delta, x.Total = true, true, 0
	if got, want := transferText(x), "delta of group g to b/2: 10 B, since 3s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
