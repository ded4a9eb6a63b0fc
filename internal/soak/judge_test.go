//go:build linux

package main

// The judge judged: a good stream passes, and each way of breaking it is found out and called by its name.

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/linear"
)

func count(n uint64) string { return strconv.FormatUint(n, 10) }

func TestGoodStream(t *testing.T) {
	v := judge(good(), true)
	for _, x := range v.violations {
		t.Error(x)
	}
	if v.deliveries != 41 || v.views != 16 || v.applied != 6 || v.queries != 4 || v.messages != 18 {
		t.Errorf("counted %+v", v)
	}
}

// A stream is runs to spoil.
type stream struct {
	t    *testing.T
	runs []run
}

// of is the run of a member.
func (s *stream) of(member string) *run {
	s.t.Helper()
	for i := range s.runs {
		if string(s.runs[i].member()) == member {
			return &s.runs[i]
		}
	}
	s.t.Fatalf("no run of %s", member)
	return nil
}

// find is the place of a member's first line of which this holds.
func (s *stream) find(member string, match func(lab.Line) bool) (*run, int) {
	s.t.Helper()
	r := s.of(member)
	i := slices.IndexFunc(r.lines, match)
	if i < 0 {
		s.t.Fatalf("no such line of %s", member)
	}
	return r, i
}

func delivers(data string) func(lab.Line) bool {
	return func(l lab.Line) bool { return l.Ev == "deliver" && l.Data == data }
}

func shows(view string) func(lab.Line) bool {
	return func(l lab.Line) bool { return l.Ev == "view" && strings.HasPrefix(l.View, view+".") }
}

// drop takes a line away, and what follows goes on as if it had never been: counts and chains fit.
func (s *stream) drop(member string, match func(lab.Line) bool) {
	r, i := s.find(member, match)
	r.lines = slices.Delete(r.lines, i, i+1)
	rechain(r)
}

// lastAnswer makes the answer to a's last query, which follows its own write, that of another length of the log.
func (s *stream) lastAnswer(count string) {
	r := s.of(a)
	for i := len(r.lines) - 1; ; i-- {
		if r.lines[i].Ev == "replies" {
			r.lines[i].Replies = map[string]string{a: "a:" + count, c2: "c:" + count}
			return
		}
	}
}

// swap lets two lines change places, and what follows fits.
func (s *stream) swap(member string, first, second func(lab.Line) bool) {
	r, i := s.find(member, first)
	_, k := s.find(member, second)
	x, y := &r.lines[i], &r.lines[k]
	*x, *y = *y, *x
	x.At, y.At = y.At, x.At
	rechain(r)
}

// rechain makes a run's counts and chains fit its deliveries, from load to load, as those of a member that is merely wrong would.
func rechain(r *run) {
	var n uint64
	chain := noLog
	for i := range r.lines {
		l := &r.lines[i]
		switch l.Ev {
		case "loaded":
			n, chain = l.Count, l.Chain
		case "deliver":
			if orderOf(l.Order).Total() {
				n++
				chain = linked(chain, l.Sender, l.Data)
			}
			l.Count, l.Chain = n, chain
		case "view", "saved":
			l.Count, l.Chain = n, chain
		}
	}
}

var mutants = []struct {
	name  string
	want  string // how a violation begins
	spoil func(s *stream)
}{
	{"a delivery dropped", "virtual synchrony", func(s *stream) { s.drop(b, delivers("t2 lock 0")) }},
	{"a fifo delivery dropped", "virtual synchrony", func(s *stream) { s.drop(b, delivers("a2")) }},
	{"a safe delivery dropped", "safe delivery", func(s *stream) { s.drop(b, delivers("c1")) }},
	{"a delivery dropped, chain untouched", "state", func(s *stream) {
		r, i := s.find(b, delivers("t2 lock 0"))
		r.lines = slices.Delete(r.lines, i, i+1)
	}},
	{"an own delivery dropped", "self-delivery", func(s *stream) { s.drop(a, delivers("a2")) }},
	{"two deliveries swapped", "same order", func(s *stream) { s.swap(a, delivers("t1 lock 0"), delivers("t2 lock 0")) }},
	{"one sender's deliveries swapped", "sender order", func(s *stream) { s.swap(a, delivers("bb-0.."), delivers("bb-1..")) }},
	{"a message twice", "no duplication", func(s *stream) {
		r, i := s.find(b, delivers("t1 lock 0"))
		r.lines = slices.Insert(r.lines, i, r.lines[i])
		rechain(r)
	}},
	{"a message that nobody sent", "no creation", func(s *stream) {
		r, i := s.find(b, delivers("t1 lock 0"))
		l := r.lines[i]
		l.Data, l.Seq = "forged", l.Seq-1
		r.lines = slices.Insert(r.lines, i, l)
		rechain(r)
	}},
	{"a view forged", "view agreement", func(s *stream) {
		r, i := s.find(b, shows("3"))
		r.lines[i].Members = []string{a, b, c}
	}},
	{"a view that nobody announced", "stream", func(s *stream) {
		r, i := s.find(b, shows("3"))
		r.lines[i].View = "3.00000000"
	}},
	{"a view left out", "came along", func(s *stream) { s.drop(b, shows("5")) }},
	{"a departure forged", "view agreement", func(s *stream) {
		r, i := s.find(b, shows("3"))
		r.lines[i].Left = []lab.Departure{{Member: c, Reason: "crash"}}
	}},
	{"an applied one lost by the next primary", "stable kept", func(s *stream) {
		// b forgets what a was answered, and gives a state without it to a joiner, which installs the next view first.
		s.drop(b, delivers("t5 unlock 0"))
		r, i := s.find(c2, func(l lab.Line) bool { return l.Ev == "loaded" })
		_, k := s.find(b, func(l lab.Line) bool { return l.Ev == "saved" })
		r.lines[i].Count, r.lines[i].Chain = s.of(b).lines[k].Count, s.of(b).lines[k].Chain
		rechain(r)
		for j, l := range r.lines {
			if shows("6")(l) {
				_, first := s.find(a, shows("6"))
				r.lines[j-1].At, r.lines[j].At = s.of(a).lines[first-1].At-1, s.of(a).lines[first-1].At-1
			}
		}
	}},
	{"a load that nobody saved", "state", func(s *stream) {
		r, i := s.find(c2, func(l lab.Line) bool { return l.Kind == "load" })
		r.lines[i].Cut++
	}},
	{"a delivery while blocked", "group bounds", func(s *stream) {
		r, i := s.find(c, func(l lab.Line) bool { return l.Ev == "blocked" })
		l := s.of(b).lines[slices.IndexFunc(s.of(b).lines, delivers("b2"))]
		l.At, l.Transitional, l.View = r.lines[i].At, false, "2.00000007"
		r.lines = slices.Insert(r.lines, i+1, l)
		rechain(r)
	}},
	{"a loss without a reason", "self-delivery", func(s *stream) {
		r, i := s.find(a, delivers("a2"))
		r.lines[i] = lab.Line{Ev: "lost", At: r.lines[i].At, Data: "a2", Uncertain: true}
	}},
	{"refused, and delivered", "outcome", func(s *stream) {
		for _, m := range []string{a, b} {
			r, i := s.find(m, delivers("t4 write 1"))
			r.lines[i].Sender, r.lines[i].Data = c, "c4"
			rechain(r)
		}
	}},
	{"transitional without a word", "stream", func(s *stream) {
		r, i := s.find(b, func(l lab.Line) bool { return l.Ev == "transitional" })
		r.lines = slices.Delete(r.lines, i, i+1)
	}},
	{"a chain that does not follow", "stream", func(s *stream) {
		r, i := s.find(b, delivers("a3"))
		r.lines[i].Chain = noLog
	}},
	{"a clock that goes back", "stream", func(s *stream) {
		r, i := s.find(b, delivers("a3"))
		r.lines[i].At = 1
	}},
	{"an apply with another's position", "calls", func(s *stream) {
		r, i := s.find(b, func(l lab.Line) bool { return l.Ev == "applied" })
		r.lines[i].Seq++
	}},
	{"members that answer differently at one place", "calls", func(s *stream) {
		r, i := s.find(a, func(l lab.Line) bool { return l.Ev == "replies" })
		r.lines[i].Replies[c] = "c:1"
	}},
	{"a member that is not accounted for", "calls", func(s *stream) {
		r, i := s.find(a, func(l lab.Line) bool { return l.Ev == "replies" })
		delete(r.lines[i].Replies, c)
	}},
	{"an answer from the past", "real time", func(s *stream) { s.lastAnswer("11") }},
	{"a register from the past", "linearizable", func(s *stream) { s.lastAnswer("11") }},
	{"an operation that is never answered", "liveness", func(s *stream) {
		s.drop(c2, func(l lab.Line) bool { return l.Ev == "replies" })
	}},
}

func TestMutantStreams(t *testing.T) {
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			s := &stream{t, good()}
			m.spoil(s)
			v := judge(s.runs, true)
			if !slices.ContainsFunc(v.violations, func(x string) bool { return strings.HasPrefix(x, m.want+":") }) {
				t.Errorf("not found out: want %s, found\n%s", m.want, strings.Join(v.violations, "\n"))
			}
		})
	}
}

// TestTable reads a log entry by entry, and what each caller is told.
func TestTable(t *testing.T) {
	var now table
	for i, x := range []struct {
		sender, data string
		want         linear.Result
	}{
		{a, "t1 write 2", linear.Result{}},
		{a, "t2 lock 0", linear.Result{Fence: 2}},
		{b, "t3 lock 0", linear.Result{}},
		{a, "t4 lock 0", linear.Result{Fence: 2}},
		{b, "t5 unlock 0", linear.Result{}},
		{a, "t6 unlock 0", linear.Result{Done: true}},
		{b, "t7 break 0", linear.Result{}},
		{b, "t8 lock 0", linear.Result{Fence: 8}},
		{c, "t9 break 0", linear.Result{Done: true}},
		{c, "no command", linear.Result{}},
		{c, "t10 lock 7", linear.Result{}},
	} {
		var got linear.Result
		if now, got = now.change(lab.Line{Sender: x.sender, Data: x.data, Seq: uint64(i + 1)}); got != x.want {
			t.Errorf("%s by %s: told %+v, want %+v", x.data, x.sender, got, x.want)
		}
	}
	if now.value[2] != "t1 write 2" || now.holder[0] != "" || now.fence[0] != 8 {
		t.Errorf("ended as %+v", now)
	}
}

// TestRecords looks at what the good stream gives to linear: each answered apply, each query as reads of all keys, and of those
// that nobody knows of only what was delivered somewhere.
func TestRecords(t *testing.T) {
	list := records(good())
	if want := 6 + 4*2*keys; len(list) != want {
		t.Errorf("%d records, want %d", len(list), want)
	}
	for _, r := range list {
		if r.Open {
			t.Errorf("%v: nobody delivered what nobody knows of", r)
		}
	}
}

// TestNumberBehindALoss numbers an apply of a member that lost a message before: delivered elsewhere and never at home, it comes
// behind the loss, or its own end would be told before it was made.
func TestNumberBehindALoss(t *testing.T) {
	n := newNarrator()
	n.start(a, b)
	n.send(a, "ordered", "delivered")
	n.deliver(a, "ordered", "delivered", a, b)
	n.send(a, "ordered", "lost")
	n.say(a, lab.Line{Ev: "lost", Data: "lost"})
	n.say(a, lab.Line{Ev: "calling", Op: "apply", Order: "safe", Data: "elsewhere", Tag: "apply"})
	n.deliver(a, "safe", "elsewhere", b)
	n.say(a, lab.Line{Ev: "error", Op: "apply", Tag: "apply", Uncertain: true})
	all := newMessages([]run{*n.runs[a], *n.runs[b]}, t.Errorf)
	for i, data := range []string{"delivered", "lost", "elsewhere"} {
		if got := all.uid(a, data).Seq; got != uint64(i+1) {
			t.Errorf("%q has number %d, want %d", data, got, i+1)
		}
	}
}

// TestKept writes a round down and judges it again.
func TestKept(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := kept(dir); err == nil {
		t.Error("an empty directory holds a round")
	}
	text := `{"ev":"start","member":"a/1","at":5}` + "\n" + `{"ev":"left","at":6}` + "\n" + `{"ev":"ended","at":7}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, "a-0"+eventsSuffix), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	runs, quiet, err := kept(dir)
	if err != nil || quiet || len(runs) != 1 || len(runs[0].lines) != 2 || runs[0].ended != 7 {
		t.Errorf("read %+v, %v, %v", runs, quiet, err)
	}
	var out, told strings.Builder
	if status := judgeAgain(dir, &out, &told); status != statusPassed || !strings.Contains(out.String(), "0 violations") {
		t.Errorf("status %d, said %q %q", status, out.String(), told.String())
	}
}

// TestForks builds a log that forks, and asks which begin which.
func TestForks(t *testing.T) {
	n := newNarrator()
	n.start(a, b)
	n.deliver(a, "ordered", "1", a, b)
	one := n.chain[a]
	n.deliver(a, "ordered", "2", a)
	n.deliver(b, "safe", "3", b)
	n.deliver(b, "safe", "4", b)
	n.deliver(b, "fifo", "5", a, b)
	g := newLogs([]run{*n.runs[a], *n.runs[b]})
	for _, x := range []struct {
		short, long string
		want        bool
	}{
		{noLog, one, true}, {one, n.chain[a], true}, {one, n.chain[b], true}, {n.chain[b], n.chain[b], true}, {noLog, n.chain[b], true},
		{n.chain[a], n.chain[b], false}, {n.chain[b], n.chain[a], false}, {n.chain[b], one, false}, {"strange", one, false},
	} {
		if got := g.begins(x.short, x.long); got != x.want {
			t.Errorf("%.8s begins %.8s: %v, want %v", x.short, x.long, got, x.want)
		}
	}
	if len(g) != 5 {
		t.Errorf("%d logs, want the empty one and four", len(g))
	}
}
