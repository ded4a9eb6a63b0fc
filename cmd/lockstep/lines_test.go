package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
)

func TestEventsAreSpeltAsDocumented(t *testing.T) {
	a := lockstep.Member{Name: "a", Incarnation: 0x1f}
	b := lockstep.Member{Name: "b", Incarnation: 2}
	three := 3
	for _, c := range []struct {
		event any
		want  string
	}{
		{startEvent{"start", "a", a.String(), "127.0.0.1:1"}, `{"ev":"start","name":"a","member":"a/1f","listen":"127.0.0.1:1"}`},
		{viewEvent{
			Ev: "view", Group: "g", View: "7.00", Members: names([]lockstep.Member{a, b}), Joined: names(nil),
			Left: departures([]lockstep.Departure{{Member: b, Reason: lockstep.Crashed}}), With: names(nil), Loading: names(nil), Primary: true,
			Count: 17, Chain: "ab",
		}, `{"ev":"view","group":"g","view":"7.00","members":["a/1f","b/2"],"joined":[],"left":[{"member":"b/2","reason":"crash"}],` +
			`"with":[],"loading":[],"primary":true,"count":17,"chain":"ab"}`},
		{viewEvent{Left: departures(nil)}.Left, `[]`},
		{transitionalEvent{"transitional", "g", names(nil)}, `{"ev":"transitional","group":"g","members":[]}`},
		{deliverEvent{"deliver", "g", "7.00", 123, "ordered", "a/1f", "<&>", 18, "ab", false},
			`{"ev":"deliver","group":"g","view":"7.00","seq":123,"order":"ordered","sender":"a/1f","data":"<&>","count":18,"chain":"ab"}`},
		{appliedEvent{"applied", "t1", 123}, `{"ev":"applied","tag":"t1","seq":123}`},
		{repliesOf("t2", lockstep.Replies[string]{
			Answers: []lockstep.Reply[string]{{Member: a, Value: "a:18"}, {Member: b, Err: errors.New("no")}},
		}), `{"ev":"replies","tag":"t2","view":"","replies":{"a/1f":"a:18"},"failed":["b/2"],"declined":[]}`},
		{repliesOf("t2", lockstep.Replies[string]{Failed: []lockstep.Departure{{Member: a}}, Declined: []lockstep.Member{b}}),
			`{"ev":"replies","tag":"t2","view":"","replies":{},"failed":["a/1f","b/2"],"declined":["b/2"]}`},
		{flushedEvent{"flushed", "t3"}, `{"ev":"flushed","tag":"t3"}`},
		{stateEvent{Ev: "state", View: "7.00", Primary: true, Count: 18, Chain: "ab"},
			`{"ev":"state","view":"7.00","primary":true,"count":18,"chain":"ab"}`},
		{acceptedEvent{Ev: "accepted", Op: "burst", Count: 1000}, `{"ev":"accepted","op":"burst","count":1000}`},
		{blockedEvent{Ev: "blocked"}, `{"ev":"blocked","primary":false}`},
		{leftEvent{Ev: "left"}, `{"ev":"left"}`},
		{errorEvent{Ev: "error", Op: "send", Count: &three, Error: "e"}, `{"ev":"error","op":"send","count":3,"error":"e","uncertain":false}`},
		{errorEvent{Ev: "error", Op: "apply", Tag: "t", Error: "e", Uncertain: true}, `{"ev":"error","op":"apply","tag":"t","error":"e","uncertain":true}`},
		{lostEvent{"lost", "safe", "x", true}, `{"ev":"lost","order":"safe","data":"x","uncertain":true}`},
	} {
		var out strings.Builder
		l := newLines(&out)
		l.print(c.event)
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(out.String(), "\n"); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

func TestStatsAreOneObject(t *testing.T) {
	b, err := json.Marshal(statsEvent{tag: "t", stats: lockstep.Stats{Uptime: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	if m["ev"] != "stats" || m["tag"] != "t" || m["uptime_ns"] != 1e9 || !strings.HasPrefix(string(b), `{"ev":"stats",`) {
		t.Errorf("%s", b)
	}
}

func TestLinesStayWhole(t *testing.T) {
	var out strings.Builder
	l := newLines(&out)
	const printers, each = 8, 500
	var wg sync.WaitGroup
	for p := range printers {
		wg.Go(func() {
			for i := range each {
				l.print(appliedEvent{"applied", fmt.Sprint(p), uint64(i)})
			}
		})
	}
	wg.Wait()
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	next := map[string]uint64{}
	for _, s := range strings.Split(strings.TrimSpace(out.String()), "\n") {
		var e appliedEvent
		if err := json.Unmarshal([]byte(s), &e); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if e.Seq != next[e.Tag] {
			t.Fatalf("printer %s: %d, want %d", e.Tag, e.Seq, next[e.Tag])
		}
		next[e.Tag]++
	}
	if len(next) != printers || next["0"] != each {
		t.Errorf("lines are missing: %v", next)
	}
}

func TestASlowReaderSlowsThePrinters(t *testing.T) {
	r, w := io.Pipe()
	l := newLines(w)
	printed := make(chan struct{})
	const n, size = 100, linesMost / 10
	go func() {
		defer close(printed)
		for range n {
			l.print(flushedEvent{"flushed", strings.Repeat("x", size)})
		}
	}()
	buf := make([]byte, 1)
	if _, err := io.ReadFull(r, buf); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	waiting := l.buf.Len()
	l.mu.Unlock()
	if waiting > linesMost+2*size {
		t.Errorf("%d bytes wait", waiting)
	}
	if err := r.CloseWithError(errors.New("the reader is gone")); err != nil {
		t.Fatal(err)
	}
	<-printed // nobody waits for a reader that is gone
	<-l.failed
	if err := l.close(); err == nil || err.Error() != "the reader is gone" {
		t.Errorf("close: %v", err)
	}
}
