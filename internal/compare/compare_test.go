//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/record"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		line string
		want func(options) bool
	}{
		{"", func(o options) bool {
			return o.rounds == 3 && o.runFor == 4*time.Second && o.out == filepath.Join("docs", "benchmarks", "mtu1500.json") && len(o.peers) == 3
		}},
		{"-mtu 8800", func(o options) bool { return strings.HasSuffix(o.out, "mtu8800.json") }},
		{"-quick", func(o options) bool {
			return o.rounds == 1 && o.runFor == time.Second && o.idleFor == 3*time.Second && o.out == ""
		}},
		{"-quick -rounds 2 -out f", func(o options) bool { return o.rounds == 2 && o.out == "f" }},
		{"-only ping,locks -peers none", func(o options) bool {
			return slices.Equal(o.only, []string{"ping", "locks"}) && o.out == "" && o.peers == nil
		}},
	} {
		if o, err := parseOptions(strings.Fields(c.line), io.Discard); err != nil || !c.want(o) {
			t.Errorf("%q: %+v, %v", c.line, o, err)
		}
	}
	for _, bad := range []string{"more", "-rounds 0", "-for 1ms", "-peers raft", "-idle-for 0s"} {
		if o, err := parseOptions(strings.Fields(bad), io.Discard); err == nil {
			t.Errorf("%q was taken for %+v", bad, o)
		}
	}
}

func TestWanted(t *testing.T) {
	s := &study{}
	if !s.wanted("send/ordered/64/1") {
		t.Error("all jobs are wanted when none is named")
	}
	s.only = []string{"send/ordered/64", "ping"}
	for name, want := range map[string]bool{
		"send/ordered/64/1": true, "send/ordered/64/3": true, "send/ordered/65536/1": false, "ping": true, "ping/5ms": true, "rotation": true,
		"idle": false,
	} {
		if s.wanted(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestSamples(t *testing.T) {
	seen := make([]map[int64]time.Duration, 3)
	for i, text := range []string{"1 100\n2 200\n3 5\n", "1 150\n2 120\n", "1 90\n2 300\n3 7\n"} {
		var err error
		if seen[i], err = parseSamples(strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	if got := slices.Sorted(slices.Values(slowestOf(seen))); !slices.Equal(got, []time.Duration{150, 300}) {
		t.Errorf("the slowest took %v; the third ping was not seen by all", got)
	}
	if _, err := parseSamples(strings.NewReader("1 x\n")); err == nil {
		t.Error("no number was read as one")
	}
}

func TestFiguresOfMembers(t *testing.T) {
	members := []memberResult{
		{PerSecond: 300, ProcessorSeconds: 1, Seconds: 2, PeakBytes: 5 << 20, HeapBytes: 1 << 20},
		{PerSecond: 200, ProcessorSeconds: 0.5, Seconds: 2, PeakBytes: 4 << 20, HeapBytes: 3 << 20},
		{PerSecond: 400},
	}
	if got := slowest(members); got != 200 {
		t.Errorf("the slowest delivered %v", got)
	}
	if got := busy(members); got != 75 {
		t.Errorf("they were busy for %v %% of a core", got)
	}
	var p peak
	r := &record.Report{}
	p.add(r)
	if len(r.Figures) > 0 {
		t.Error("memory of members that never ran")
	}
	p.see(peakOf(members))
	p.add(r)
	if v, _ := r.Value(record.Lockstep, "memory/rss"); v != 5 {
		t.Errorf("%v MiB resident", v)
	}
	if v, _ := r.Value(record.Lockstep, "memory/heap"); v != 3 {
		t.Errorf("%v MiB of heap", v)
	}
}

func TestTogether(t *testing.T) {
	got, err := together(context.Background(), 3, func(_ context.Context, i int) (int, error) { return i * i, nil })
	if err != nil || !slices.Equal(got, []int{0, 1, 4}) {
		t.Errorf("%v, %v", got, err)
	}
	broken := errors.New("broken")
	_, err = together(context.Background(), 3, func(ctx context.Context, i int) (int, error) {
		if i == 1 {
			return 0, broken
		}
		<-ctx.Done() // ended with the one that failed
		return 0, ctx.Err()
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "2 of 3") {
		t.Errorf("%v, want the first reason", err)
	}
}

func TestCorosyncConfig(t *testing.T) {
	s := &study{options: options{mtu: 8800}, net: &lab.Bridge{Hosts: []*lab.Host{{}, {}, {}}}}
	for transport, want := range map[string]string{"udpu": "netmtu: 8800", "knet": "crypto_cipher: aes256"} {
		r := &ring{s: s, transport: transport}
		got := r.config("/dir")
		if !strings.Contains(got, want) || !strings.Contains(got, "transport: "+transport) || strings.Count(got, "nodeid:") != 3 ||
			strings.Count(got, "{") != strings.Count(got, "}") {
			t.Error(got)
		}
	}
}

// TestSmallRun measures two rows for real, on hosts of its own.
func TestSmallRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "report.json")
	var said bytes.Buffer
	status := run(context.Background(), strings.Fields("-quick -peers none -for 300ms -only typed,ping/safe -out "+out), &said, &said)
	if os.Geteuid() != 0 && strings.Contains(said.String(), lab.ErrNoHosts.Error()) {
		t.Logf("NOT TESTED HERE: %s", said.String())
		return
	}
	var r record.Report
	if err := record.Load(out, &r); err != nil {
		t.Fatalf("status %d, %v: %s", status, err, said.String())
	}
	for _, key := range []string{"typed", "ping/safe/p50", "turn/safe/p99", "memory/rss"} {
		if v, ok := r.Value(record.Lockstep, key); !ok || v <= 0 {
			t.Errorf("no figure of %s: %s", key, said.String())
		}
	}
	if v, ok := r.Value(record.Bare, "rotation/p50"); !ok || v <= 0 {
		t.Errorf("no bare rotation: %s", said.String())
	}
	if len(r.Failures) > 0 || !strings.Contains(said.String(), "-- latency") {
		t.Errorf("status %d: %s", status, said.String())
	}
}

// TestLockClients has the clients call a server that keeps no locks but answers as etcd does.
func TestLockClients(t *testing.T) {
	var held, released atomic.Int64
	refuse := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		switch r.URL.Path {
		case "/v3/lease/grant":
			fmt.Fprint(w, `{"ID":"17"}`)
		case "/v3/lock/lock":
			held.Add(1)
			fmt.Fprint(w, `{"key":"a2V5"}`)
		case "/v3/lock/unlock":
			released.Add(1)
			fmt.Fprint(w, `{}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	var out, told strings.Builder
	if status := run(t.Context(), []string{lockClients, server.URL, "100ms"}, &out, &told); status != 0 {
		t.Fatal(told.String())
	}
	var rate float64
	if _, err := fmt.Sscan(out.String(), &rate); err != nil || rate <= 0 || rate > float64(held.Load())/0.1 {
		t.Errorf("%q, %v; %d were held in 0.1 s at least", out.String(), err, held.Load())
	}
	if held.Load() < clientsEach || held.Load() != released.Load() {
		t.Errorf("%d clients held %d and released %d", clientsEach, held.Load(), released.Load())
	}
	refuse = true
	c := &etcdCaller{url: server.URL, http: server.Client()}
	if err := c.lock(t.Context(), "17"); err == nil || !strings.Contains(err.Error(), "418") {
		t.Errorf("a lock was held of a server that refuses: %v", err)
	}
	for _, bad := range [][]string{nil, {"url", "soon"}} {
		if run(t.Context(), append([]string{lockClients}, bad...), &out, &told) == 0 {
			t.Errorf("%q was carried out", bad)
		}
	}
}
