package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// inThree runs a test of three stores in virtual time. Their fronts are called as functions: no socket is needed.
func inThree(t *testing.T, f func(t *testing.T, c *locksteptest.Cluster, s []*store)) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		s := make([]*store, 3)
		c.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
			s[i] = newStore(node, 3)
			return s[i].join(ctx)
		})
		f(t, c, s)
	})
}

// ask is one HTTP request; head are header names and values in turn.
func ask(s *store, method, path, body string, head ...string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	s.front().ServeHTTP(w, r)
	return w.Result()
}

// want fails the test unless the answer has the status and, where one is given, the body. It returns the entry's tag.
func want(t *testing.T, r *http.Response, status int, body ...string) string {
	t.Helper()
	got, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != status || len(body) > 0 && string(got) != body[0] {
		t.Errorf("%d %q, %v; want %d %q", r.StatusCode, got, err, status, body)
	}
	return r.Header.Get("ETag")
}

func TestEveryMemberAnswersTheSame(t *testing.T) {
	inThree(t, func(t *testing.T, _ *locksteptest.Cluster, s []*store) {
		written := want(t, ask(s[0], "PUT", "/kv/colour", "blue"), 204, "")
		for _, s := range s {
			if read := want(t, ask(s, "GET", "/kv/colour", ""), 200, "blue"); read != written {
				t.Errorf("version %s was written, %s is read", written, read)
			}
		}
		want(t, ask(s[1], "DELETE", "/kv/colour", ""), 204, "")
		for _, s := range s {
			want(t, ask(s, "GET", "/kv/colour", ""), 404)
		}
		want(t, ask(s[0], "PUT", "/kv/", "x"), 400)
		want(t, ask(s[0], "PUT", "/kv/big", strings.Repeat("x", maxValue+1)), 413)
		want(t, ask(s[0], "GET", "/ready", ""), 200)
		want(t, ask(s[0], "GET", "/live", ""), 200)
	})
}

func TestConditions(t *testing.T) {
	inThree(t, func(t *testing.T, _ *locksteptest.Cluster, s []*store) {
		want(t, ask(s[0], "PUT", "/kv/k", "x", "If-Match", "*"), 412)
		first := want(t, ask(s[0], "PUT", "/kv/k", "1", "If-None-Match", "*"), 204)
		want(t, ask(s[1], "PUT", "/kv/k", "x", "If-None-Match", "*"), 412)
		second := want(t, ask(s[1], "PUT", "/kv/k", "2", "If-Match", first), 204)
		if now := want(t, ask(s[2], "PUT", "/kv/k", "x", "If-Match", first), 412); now != second {
			t.Errorf("the refusal names version %s, not %s", now, second)
		}
		once := want(t, ask(s[0], "PUT", "/kv/k", "3", "If-Match", second, "Idempotency-Key", "r"), 204)
		want(t, ask(s[1], "PUT", "/kv/k", "4"), 204)
		if again := want(t, ask(s[2], "PUT", "/kv/k", "3", "If-Match", second, "Idempotency-Key", "r"), 204); again != once {
			t.Errorf("the same request wrote %s and %s", once, again)
		}
		want(t, ask(s[0], "GET", "/kv/k", ""), 200, "4")
		want(t, ask(s[0], "DELETE", "/kv/k", "", "If-Match", once), 412)
		for _, bad := range [][]string{{"If-Match", `""`}, {"If-Match", "-"}, {"If-Match", `"7"`}, {"If-None-Match", once}, {"If-Match", "*", "If-None-Match", "*"}} {
			want(t, ask(s[0], "DELETE", "/kv/k", "", bad...), 400)
		}
	})
}

// TestMinority: a member that is cut off refuses what it cannot promise, still shows its copy, and says that it may be old.
func TestMinority(t *testing.T) {
	inThree(t, func(t *testing.T, c *locksteptest.Cluster, s []*store) {
		want(t, ask(s[0], "PUT", "/kv/k", "old"), 204)
		want(t, ask(s[2], "GET", "/kv/k", ""), 200, "old")
		c.Cut(2)
		c.WantView(s[0].group, 5*time.Second, "a", "b")
		c.WantBlocked(s[2].group, 5*time.Second)
		want(t, ask(s[1], "PUT", "/kv/k", "new"), 204)
		want(t, ask(s[2], "PUT", "/kv/k", "bad"), 503)
		want(t, ask(s[2], "GET", "/kv/k", ""), 503)
		want(t, ask(s[2], "GET", "/ready", ""), 503)
		want(t, ask(s[2], "GET", "/live", ""), 200)
		look := ask(s[2], "GET", "/kv/k?stale", "")
		want(t, look, 200, "old")
		if look.Header.Get("Primary") != "false" {
			t.Error("a stale read does not say so")
		}
		c.Heal()
		c.WantView(s[2].group, 10*time.Second, "a", "b", "c")
		want(t, ask(s[2], "GET", "/kv/k", ""), 200, "new")
		if look := ask(s[2], "GET", "/kv/k?stale", ""); look.Header.Get("Primary") != "true" {
			t.Error("back in the primary, and does not say so")
		}
	})
}

// TestCutInTheMiddle cuts a member off at one moment after another while it carries out a change. Whatever it then answers is true:
// 503 only where nothing was done, 204 with the version that all others read, even where it had to ask again after the cut was healed.
func TestCutInTheMiddle(t *testing.T) {
	inThree(t, func(t *testing.T, c *locksteptest.Cluster, s []*store) {
		early, late, refused := 0, 0, 0
		for i := range 20 {
			path := fmt.Sprint("/kv/k", i)
			answer := make(chan *http.Response, 1)
			go func() { answer <- ask(s[2], "PUT", path, "x", "If-None-Match", "*") }()
			<-time.After(time.Duration(i) * 50 * time.Microsecond)
			c.Cut(2)
			c.WantBlocked(s[2].group, 5*time.Second)
			synctest.Wait()
			before := len(answer) > 0
			c.Heal()
			c.WantView(s[2].group, 20*time.Second, "a", "b", "c")
			r := <-answer
			switch {
			case r.StatusCode == 503:
				refused++
				want(t, ask(s[0], "GET", path, ""), 404)
				continue
			case before:
				early++
			default:
				late++
			}
			if version := want(t, r, 204); version != want(t, ask(s[0], "GET", path, ""), 200, "x") {
				t.Errorf("%d: version %s was answered and another is there", i, version)
			}
		}
		t.Logf("%d answered before the cut, %d settled after it, %d refused", early, late, refused)
		if late == 0 {
			t.Error("no cut was in the middle")
		}
	})
}

// TestUncertainIsSaid: if the member does not come back in time, its client is told that nobody knows, and repeats the request
// elsewhere. It counts once, whether or not it had been carried out.
func TestUncertainIsSaid(t *testing.T) {
	inThree(t, func(t *testing.T, c *locksteptest.Cluster, s []*store) {
		for i := range 20 {
			path := fmt.Sprint("/kv/k", i)
			answer := make(chan *http.Response, 1)
			go func() { answer <- ask(s[2], "PUT", path, "x") }()
			<-time.After(time.Duration(i) * 50 * time.Microsecond)
			c.Cut(2)
			if r := <-answer; r.StatusCode == 504 {
				request := r.Header.Get("Idempotency-Key")
				version := want(t, ask(s[0], "PUT", path, "x", "Idempotency-Key", request), 204)
				want(t, ask(s[1], "PUT", path, "x", "If-Match", version), 204) // nobody else wrote
				return
			}
			c.Heal()
			c.WantView(s[2].group, 20*time.Second, "a", "b", "c")
		}
		t.Error("no cut was in the middle")
	})
}

func TestKilledMemberComesBackWithEverything(t *testing.T) {
	inThree(t, func(t *testing.T, c *locksteptest.Cluster, s []*store) {
		for i := range 100 {
			want(t, ask(s[i%3], "PUT", fmt.Sprint("/kv/k", i), fmt.Sprint(i)), 204)
		}
		c.Kill(0)
		c.WantView(s[1].group, 5*time.Second, "b", "c")
		want(t, ask(s[1], "PUT", "/kv/k5", "five"), 204)
		back := newStore(c.Restart(0), 3)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := back.join(ctx); err != nil {
			t.Fatal(err)
		}
		want(t, ask(back, "GET", "/kv/k5", ""), 200, "five")
		want(t, ask(back, "GET", "/kv/k99?stale", ""), 200, "99")
		if !reflect.DeepEqual(back.content, s[1].content) {
			t.Error("it has another content than the others")
		}
	})
}

// TestRollingUpdate replaces one member after the other, as a stateful set does: each leaves, and its successor is waited for until it is
// ready. Nothing is lost, and somebody answers at any time.
func TestRollingUpdate(t *testing.T) {
	inThree(t, func(t *testing.T, c *locksteptest.Cluster, s []*store) {
		want(t, ask(s[0], "PUT", "/kv/k", "0"), 204)
		for i := range s {
			if err := c.Node(i).Close(); err != nil {
				t.Fatal(err)
			}
			want(t, ask(s[i], "GET", "/live", ""), 500)
			want(t, ask(s[(i+1)%3], "PUT", "/kv/k", fmt.Sprint(i+1)), 204)
			s[i] = newStore(c.Restart(i), 3)
			joined := make(chan error, 1)
			go func() { joined <- s[i].join(t.Context()) }()
			c.Want(10*time.Second, "readiness", func() bool { return ask(s[i], "GET", "/ready", "").StatusCode == 200 })
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
			want(t, ask(s[i], "GET", "/kv/k?stale", ""), 200, fmt.Sprint(i+1)) // ready is with the state
		}
		want(t, ask(s[0], "GET", "/kv/k", ""), 200, "3")
	})
}

func TestOutcomesAreForgotten(t *testing.T) {
	c := newContent()
	for i := range remembered + 10 {
		c.apply(Change{Request: fmt.Sprint(i), Key: "k"}, lockstep.Position(i+1))
	}
	if len(c.Outcomes) != remembered || len(c.Requests) != remembered || c.Requests[0] != "10" {
		t.Errorf("%d outcomes of %d requests are kept", len(c.Outcomes), len(c.Requests))
	}
}

// TestProgram runs the command alone, on real sockets.
func TestProgram(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	read, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-listen", "127.0.0.1:0", "-http", "127.0.0.1:0"}, out)
		out.Close()
	}()
	var text bytes.Buffer
	var base string
	for !strings.Contains(text.String(), "ready: ") {
		b := make([]byte, 1000)
		n, err := read.Read(b)
		if err != nil {
			t.Fatalf("%v, %v: %s", err, <-ended, text.String())
		}
		text.Write(b[:n])
		if _, rest, found := strings.Cut(text.String(), "clients on "); found && base == "" {
			base, _, _ = strings.Cut(rest, "\n")
		}
	}
	r, err := http.NewRequestWithContext(ctx, "PUT", base+"/kv/a/b", strings.NewReader("c"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	want(t, answer, 204)
	if answer, err = http.Get(base + "/kv/a/b"); err != nil {
		t.Fatal(err)
	}
	want(t, answer, 200, "c")
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{"-seeds", "x:1"}, {"-key-env", "KV_NO_SUCH_VARIABLE"}, {"-key-file", t.TempDir() + "/none"}, {"-name", ""}} {
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
}
