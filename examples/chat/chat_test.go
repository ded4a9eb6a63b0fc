package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// A screen is what a member printed.
type screen struct {
	mu    sync.Mutex
	lines []string
}

func (s *screen) print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, text)
}

func (s *screen) shows(want string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.lines, want)
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// A party is a cluster of people in one room.
type party struct {
	*locksteptest.Cluster
	t       *testing.T
	rooms   []*room
	screens []*screen
}

func inRoom(t *testing.T, n int, f func(t *testing.T, p *party)) {
	locksteptest.Run(t, n, func(t *testing.T, c *locksteptest.Cluster) {
		p := &party{c, t, make([]*room, n), make([]*screen, n)}
		c.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
			p.screens[i] = &screen{}
			p.rooms[i] = newRoom(node, p.screens[i].print)
			return p.rooms[i].group.Join(ctx)
		})
		p.together("abcdefgh"[:n])
		f(t, p)
	})
}

// together waits until the members named by letters see each other, and nobody else.
func (p *party) together(names string) {
	p.t.Helper()
	for _, l := range names {
		p.WantMembers(p.rooms[l-'a'].group, 20*time.Second, strings.Split(names, "")...)
	}
}

// say has a member obey a typed line.
func (p *party) say(i int, line string) {
	p.t.Helper()
	if err := p.rooms[i].obey(p.t.Context(), line); err != nil {
		p.t.Errorf("%s: %s: %v", p.Name(i), line, err)
	}
}

// seen waits until the members named by letters show a line.
func (p *party) seen(names, line string) {
	p.t.Helper()
	for _, l := range names {
		p.Want(5*time.Second, fmt.Sprintf("%q on the screen of %c", line, l), func() bool { return p.screens[l-'a'].shows(line) })
	}
}

func TestTalk(t *testing.T) {
	inRoom(t, 3, func(t *testing.T, p *party) {
		p.say(0, "hello")
		p.seen("abc", "a: hello")
		p.say(1, "hello a") // caused by what b has seen
		p.seen("abc", "b: hello a")
		p.say(2, "/to b psst")
		p.seen("b", "c whispers: psst")
		synctest.Wait()
		for i, s := range p.screens {
			if i != 1 && strings.Contains(s.text(), "psst") {
				t.Errorf("%s overheard:\n%s", p.Name(i), s.text())
			}
			if at := strings.Index(s.text(), "a: hello\n"); at < 0 || at > strings.Index(s.text(), "b: hello a") {
				t.Errorf("%s saw the answer first:\n%s", p.Name(i), s.text())
			}
		}
		if err := p.rooms[0].obey(t.Context(), "/to nobody psst"); err == nil || err.Error() != "nobody is not here" {
			t.Error(err)
		}
		for _, line := range []string{"/to b", "/dance"} {
			if err := p.rooms[0].obey(t.Context(), line); err == nil {
				t.Errorf("%s was obeyed", line)
			}
		}
		p.Kill(2)
		p.seen("ab", "* c is gone: crash")
		if got := strings.Join(p.rooms[0].who(), " "); len(got) != 3 {
			t.Errorf("here: %s", got)
		}
	})
}

// TestNewcomerSeesWhatWasSaid: and only the last lines of it.
func TestNewcomerSeesWhatWasSaid(t *testing.T) {
	inRoom(t, 2, func(t *testing.T, p *party) {
		for i := range kept + 50 {
			p.say(i%2, fmt.Sprint("line ", i))
		}
		p.seen("ab", "a: line 248")
		p.seen("ab", "b: line 249")
		s := &screen{}
		r := newRoom(p.Node(p.Add()), s.print)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := r.group.Join(ctx); err != nil {
			t.Fatal(err)
		}
		if len(r.history) != kept || !s.shows("before you came, b: line 249") || strings.Contains(s.text(), "line 49\n") {
			t.Errorf("%d lines:\n%s", len(r.history), s.text())
		}
		p.seen("ab", "* c is here")
	})
}

// TestApart: every side of a cut network goes on talking. When it heals all have all lines, in the same order.
func TestApart(t *testing.T) {
	inRoom(t, 5, func(t *testing.T, p *party) {
		p.say(0, "together")
		p.seen("abcde", "a: together")
		p.Split([]int{0, 1}, []int{2, 3})
		p.together("ab")
		p.together("cd")
		p.together("e")
		for i := range 5 {
			p.say(i, fmt.Sprint("apart ", i))
		}
		p.seen("ab", "b: apart 1")
		p.seen("cd", "c: apart 2")
		p.seen("e", "e: apart 4")
		if p.screens[0].shows("c: apart 2") {
			t.Error("heard through a cut")
		}
		p.Heal()
		p.together("abcde")
		p.seen("ab", "while apart, e: apart 4")
		p.seen("e", "while apart, a: apart 0")
		p.say(4, "again")
		p.seen("abcde", "e: again")
		synctest.Wait()
		for i, r := range p.rooms {
			if len(r.history) != 7 || !slices.Equal(r.history, p.rooms[0].history) {
				t.Errorf("%s has another history:\n%v\n%v", p.Name(i), r.history, p.rooms[0].history)
			}
		}
	})
}
