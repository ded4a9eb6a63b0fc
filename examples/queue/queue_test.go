package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// A shift is three workers and what they were told.
type shift struct {
	*locksteptest.Cluster
	t     *testing.T
	crews []*crew
	takes time.Duration

	mu   sync.Mutex
	told []map[string][]string // by node and job: who finished it with what
	ran  map[string]int        // by job: how often it was begun
}

// crew makes the member of node i.
func (s *shift) crew(i int) *crew {
	told := map[string][]string{}
	s.told[i] = told
	work := capitals(s.takes)
	return newCrew(s.Node(i), 3, func(ctx context.Context, text string) string {
		s.mu.Lock()
		s.ran[text]++
		s.mu.Unlock()
		return work(ctx, text)
	}, func(r Run, result string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		told[r.Job.ID] = append(told[r.Job.ID], r.Worker.Name+" "+result)
	})
}

func onShift(t *testing.T, takes time.Duration, f func(t *testing.T, s *shift)) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		s := &shift{Cluster: c, t: t, crews: make([]*crew, 3), takes: takes, told: make([]map[string][]string, 3), ran: map[string]int{}}
		t.Cleanup(func() {
			c.Close()
			for _, c := range s.crews {
				c.stop()
			}
		})
		for i := range s.crews {
			s.crews[i] = s.crew(i)
		}
		c.Each(func(ctx context.Context, i int, _ *lockstep.Node) error { return s.crews[i].join(ctx) })
		f(t, s)
	})
}

// submit brings jobs first to last at the nodes in turn.
func (s *shift) submit(first, last int, nodes ...int) {
	s.t.Helper()
	for n := first; n <= last; n++ {
		ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
		defer cancel()
		if err := s.crews[nodes[n%len(nodes)]].submit(ctx, fmt.Sprint(n), fmt.Sprint("job ", n)); err != nil {
			s.t.Errorf("job %d: %v", n, err)
		}
	}
}

// finished waits until a node was told of n jobs, and checks that each was finished once and with the right result.
func (s *shift) finished(node, n int) (byWorker map[string]int) {
	s.t.Helper()
	count := func() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.told[node]) }
	s.Want(time.Minute, fmt.Sprintf("%d jobs finished", n), func() bool { return count() == n })
	s.mu.Lock()
	defer s.mu.Unlock()
	byWorker = map[string]int{}
	for id, results := range s.told[node] {
		if want := " JOB " + id; len(results) != 1 || results[0][1:] != want {
			s.t.Errorf("%s was told that job %s is finished as %q", s.Name(node), id, results)
		}
		byWorker[results[0][:1]]++
	}
	return byWorker
}

// coordinator is the node of the oldest member.
func (s *shift) coordinator(of int) int {
	return int(s.crews[of].group.View().Members[0].Name[0] - 'a')
}

func TestAllWork(t *testing.T) {
	onShift(t, 100*time.Millisecond, func(t *testing.T, s *shift) {
		begun := time.Now()
		s.submit(1, 30, 0, 1, 2)
		for i := range 3 {
			if by := s.finished(i, 30); len(by) != 3 || slices.Min(slices.Collect(maps.Values(by))) < 5 {
				t.Errorf("done by %v", by)
			}
		}
		if took := time.Since(begun); took > 1500*time.Millisecond {
			t.Errorf("30 jobs of 100 ms took three workers %v", took)
		}
		s.submit(7, 7, 0) // again
		s.submit(31, 31, 1)
		s.finished(2, 31)
		if len(s.ran) != 31 || slices.Max(slices.Collect(maps.Values(s.ran))) != 1 {
			t.Errorf("ran: %v", s.ran)
		}
	})
}

// TestCohortTakesOver: the coordinator dies with jobs waiting, running and just being submitted. A cohort goes on; its own job is done
// by another.
func TestCohortTakesOver(t *testing.T) {
	onShift(t, 300*time.Millisecond, func(t *testing.T, s *shift) {
		first := s.coordinator(0)
		b, c := (first+1)%3, (first+2)%3
		s.submit(1, 12, 0, 1, 2)
		<-time.After(400 * time.Millisecond) // each is in its second job
		s.Kill(first)
		s.submit(13, 15, b, c)
		s.finished(b, 15)
		s.finished(c, 15)
		if heir := s.coordinator(b); heir == first {
			t.Error("the dead coordinates")
		}
		again := 0
		for _, n := range s.ran {
			again += n - 1
		}
		if again != 1 {
			t.Errorf("%d jobs were run again, want that of the dead: %v", again, s.ran)
		}
		<-s.Node(first).Done()
		s.crews[first].stop()
		s.Restart(first)
		s.crews[first] = s.crew(first)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := s.crews[first].join(ctx); err != nil {
			t.Fatal(err)
		}
		s.submit(16, 30, first)
		if by := s.finished(first, 15); by[s.Name(first)] == 0 { // it was told only of those after its return
			t.Errorf("who came back got no work: %v", by)
		}
	})
}

// TestCutOffWorkerIsReplaced: its job is done by another, and what it makes of it counts for nothing, before it is back and after.
func TestCutOffWorkerIsReplaced(t *testing.T) {
	onShift(t, 3*time.Second, func(t *testing.T, s *shift) {
		s.submit(1, 3, 0, 1, 2)
		<-time.After(100 * time.Millisecond)
		out := (s.coordinator(0) + 1) % 3
		in := s.coordinator(0)
		s.Cut(out)
		if by := s.finished(in, 3); by[s.Name(out)] != 0 {
			t.Errorf("done by %v, though %s was cut off", by, s.Name(out))
		}
		s.Heal()
		s.WantView(s.crews[out].group, 20*time.Second, "a", "b", "c")
		s.submit(4, 6, out)
		if by := s.finished(in, 6); by[s.Name(out)] != 1 {
			t.Errorf("done by %v, and %s is back", by, s.Name(out))
		}
	})
}

// TestNothingIsForgottenWithoutQuorum: all are cut off from each other while they work, and their results are lost on the way. When they
// meet again all is finished.
func TestNothingIsForgottenWithoutQuorum(t *testing.T) {
	onShift(t, 2*time.Second, func(t *testing.T, s *shift) {
		s.submit(1, 9, 0, 1, 2)
		s.Split([]int{0}, []int{1}, []int{2})
		for _, c := range s.crews {
			s.WantBlocked(c.group, 10*time.Second)
		}
		<-time.After(5 * time.Second)
		late := make(chan struct{})
		go func() { s.submit(10, 10, 1); close(late) }()
		s.Heal()
		<-late
		for i := range 3 {
			s.WantView(s.crews[i].group, 20*time.Second, "a", "b", "c")
		}
		s.submit(11, 12, 0, 1, 2)
		s.Want(time.Minute, "12 jobs finished, as all know", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			known := map[string]bool{}
			for _, told := range s.told {
				for id := range told {
					known[id] = true
				}
			}
			return len(known) == 12
		})
	})
}

func TestTable(t *testing.T) {
	a, b := lockstep.Member{Name: "a", Incarnation: 1}, lockstep.Member{Name: "b", Incarnation: 1}
	tab := newTable()
	for i, id := range []string{"x", "y", "z"} {
		if !tab.submit(Job{ID: id, At: lockstep.Position(i + 1)}) || tab.submit(Job{ID: id, At: 9}) {
			t.Fatal("submitted twice, or never")
		}
	}
	if !tab.assign("x", a, 10) || tab.assign("y", a, 11) || tab.assign("x", b, 12) || !tab.assign("y", b, 13) {
		t.Fatalf("%+v", tab)
	}
	tab.keep([]lockstep.Member{b})
	if len(tab.Waiting) != 2 || tab.Waiting[0].ID != "x" {
		t.Fatalf("the job of one that is gone: %+v", tab.Waiting)
	}
	if _, ok := tab.finish("x", 10); ok {
		t.Error("a run that was taken away has finished")
	}
	if r, ok := tab.finish("y", 13); !ok || r.Worker != b || tab.submit(Job{ID: "y"}) {
		t.Errorf("%+v, %v", r, ok)
	}
	if !tab.assign("x", b, 20) {
		t.Error("not assigned again")
	}
	if _, ok := tab.finish("x", 10); ok {
		t.Error("an old run has finished a new one")
	}
	for i := range remembered + 5 {
		tab.note(fmt.Sprint(i))
	}
	text, err := json.Marshal(tab)
	if err != nil || len(tab.done) != remembered || len(text) < remembered {
		t.Errorf("%d of %d are remembered, %v", len(tab.done), len(tab.Finished), err)
	}
}
