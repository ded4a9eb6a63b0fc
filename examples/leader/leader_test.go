package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// A stage is three candidates and a vault.
type stage struct {
	*locksteptest.Cluster
	vault      vault
	candidates []*election

	mu      sync.Mutex
	leading map[string]lockstep.Position // who believes to lead, and with which fence
}

// candidate makes the member of node i. Its work is to write at every tenth of a second; if zombie, it goes on after its end.
func (s *stage) candidate(i int, zombie bool) *election {
	name := s.Name(i)
	return newElection(s.Node(i), 3, func(ctx context.Context, fence lockstep.Position) {
		s.set(name, fence)
		defer s.set(name, 0)
		if zombie {
			ctx = context.WithoutCancel(ctx)
		}
		_ = work(ctx, 100*time.Millisecond, func(n int) error { return s.vault.put(fence.Uint64(), name) })
	})
}

func (s *stage) set(name string, fence lockstep.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if fence == 0 {
		delete(s.leading, name)
	} else {
		s.leading[name] = fence
	}
}

// leader waits until exactly one of the named believes to lead and says which node, and with which fence.
func (s *stage) leader(names ...string) (i int, fence lockstep.Position) {
	s.Want(10*time.Second, fmt.Sprintf("one leader of %v", names), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		found := 0
		for _, n := range names {
			if f, leads := s.leading[n]; leads {
				i, fence = int(n[0]-'a'), f
				found++
			}
		}
		return found == 1
	})
	return i, fence
}

func onStage(t *testing.T, zombies bool, f func(t *testing.T, s *stage)) {
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		s := &stage{Cluster: c, candidates: make([]*election, 3), leading: map[string]lockstep.Position{}}
		t.Cleanup(func() {
			c.Close()
			for _, e := range s.candidates {
				e.stop()
				e.wait()
			}
		})
		c.Each(func(ctx context.Context, i int, _ *lockstep.Node) error {
			s.candidates[i] = s.candidate(i, zombies)
			return s.candidates[i].stand(ctx)
		})
		f(t, s)
	})
}

// others are the two names beside node i.
func (s *stage) others(i int) []string { return []string{s.Name((i + 1) % 3), s.Name((i + 2) % 3)} }

// asked is what all members answer about who leads.
func asked(t *testing.T, e *election, members int) (l Leadership) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	replies, err := lockstep.Query[Leadership](ctx, e.group, lockstep.All, WhoLeads{})
	for err == nil && len(replies.Declined) > 0 { // who is back has the state in a moment
		<-time.After(10 * time.Millisecond)
		replies, err = lockstep.Query[Leadership](ctx, e.group, lockstep.All, WhoLeads{})
	}
	if err != nil || len(replies.Answers) != members {
		t.Fatalf("%+v, %v", replies, err)
	}
	for _, a := range replies.Answers {
		if l = replies.Answers[0].Value; a.Value != l {
			t.Errorf("%v says %v, %v says %v", a.Member, a.Value, replies.Answers[0].Member, l)
		}
	}
	return l
}

func TestKilledLeaderIsReplaced(t *testing.T) {
	onStage(t, false, func(t *testing.T, s *stage) {
		first, fence := s.leader("a", "b", "c")
		s.Kill(first)
		died := time.Now()
		heirs := s.others(first)
		heir, higher := s.leader(heirs...)
		if took := time.Since(died); took > 400*time.Millisecond {
			t.Errorf("without a leader for %v", took)
		}
		if higher <= fence {
			t.Errorf("fence %d after %d", higher, fence)
		}
		<-s.Node(first).Done() // what is left of it in this process
		s.candidates[first].stop()
		s.candidates[first].wait()
		s.Restart(first)
		s.candidates[first] = s.candidate(first, false)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := s.candidates[first].stand(ctx); err != nil {
			t.Fatal(err)
		}
		if l := asked(t, s.candidates[first], 3); l.Leader != s.Node(heir).Self() || l.Fence != higher {
			t.Errorf("%v leads after the return of an older", l)
		}
	})
}

// TestCutOffLeaderIsFenced: the leader that was voted out goes on working, as a process does that was stopped in the middle of it. The
// vault takes nothing of it after its successor's first entry.
func TestCutOffLeaderIsFenced(t *testing.T) {
	onStage(t, true, func(t *testing.T, s *stage) {
		old, fence := s.leader("a", "b", "c")
		s.Cut(old)
		_, higher := s.leader(s.others(old)...)
		if higher <= fence {
			t.Fatalf("fence %d after %d", higher, fence)
		}
		s.Want(time.Second, "a refusal", func() bool { s.vault.mu.Lock(); defer s.vault.mu.Unlock(); return s.vault.refused > 0 })
		s.WantBlocked(s.candidates[old].group, 10*time.Second)
		s.Heal()
		s.WantView(s.candidates[old].group, 20*time.Second, "a", "b", "c")
		<-time.After(time.Second)
		s.vault.mu.Lock()
		names := slices.Compact(slices.Clone(s.vault.entries))
		s.vault.mu.Unlock()
		if len(names) != 2 || names[0] != s.Name(old) {
			t.Errorf("written by %v in turn", names)
		}
		asked(t, s.candidates[old], 3)
		for i := range 3 { // no zombie may outlive the test
			if err := s.vault.put(^uint64(0), s.Name(i)); err != nil {
				t.Error(err)
			}
		}
		<-time.After(time.Second)
	})
}

// TestLeaderWithoutQuorumResigns: nobody leads while nobody has a quorum, and one does afterwards.
func TestLeaderWithoutQuorumResigns(t *testing.T) {
	onStage(t, false, func(t *testing.T, s *stage) {
		_, fence := s.leader("a", "b", "c")
		s.Split([]int{0}, []int{1}, []int{2})
		for _, e := range s.candidates {
			s.WantBlocked(e.group, 10*time.Second)
		}
		synctest.Wait()
		s.mu.Lock()
		if len(s.leading) > 0 {
			t.Errorf("%v without a quorum", s.leading)
		}
		s.mu.Unlock()
		s.Heal()
		i, again := s.leader("a", "b", "c")
		if again < fence {
			t.Errorf("fence %d after %d", again, fence)
		}
		if l := asked(t, s.candidates[0], 3); l.Leader != s.Node(i).Self() || l.Fence != again {
			t.Errorf("%v, and %s works", l, s.Name(i))
		}
	})
}

func TestVaultBehindHTTP(t *testing.T) {
	v := &vault{}
	server := httptest.NewServer(v)
	defer server.Close()
	for _, c := range []struct {
		fence lockstep.Position
		want  error
	}{{5, nil}, {5, nil}, {7, nil}, {5, errStale}} {
		if err := post(t.Context(), server.URL, c.fence, fmt.Sprint(c.fence.Uint64())); !errors.Is(err, c.want) {
			t.Errorf("fence %d: %v, want %v", c.fence, err, c.want)
		}
	}
	if fmt.Sprint(v.entries) != "[5 5 7]" || v.refused != 1 {
		t.Errorf("%v, %d refused", v.entries, v.refused)
	}
	for _, c := range []struct {
		method, path string
		want         int
	}{{"GET", "/", 200}, {"POST", "/", 400}, {"POST", "/?fence=-1", 400}} {
		w := httptest.NewRecorder()
		v.ServeHTTP(w, httptest.NewRequest(c.method, c.path, http.NoBody))
		if w.Code != c.want {
			t.Errorf("%s %s: %d", c.method, c.path, w.Code)
		}
	}
}
