package lockstep_test

// An application's own report that a member has failed.

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

func TestReport(t *testing.T) {
	type suspicion struct {
		at  int
		who string
		why string
	}
	var told chan suspicion // made in the bubble
	locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
		told = make(chan suspicion, 100)
		groups := c.Join("g", lockstep.GroupConfig{Size: 3, Stateless: true}, nil)
		a, bad := c.Node(0), c.Node(2).Self()
		for len(told) > 0 {
			<-told
		}
		began := time.Now()
		if err := a.Report(bad, "its disk is full"); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			v := c.WantView(groups[i], time.Second, "a", "b")
			if len(v.Left) != 1 || v.Left[0] != (lockstep.Departure{Member: bad, Reason: lockstep.Reported}) || v.Left[0].Reason.String() != "reported" {
				t.Errorf("%s sees %v", c.Name(i), v.Left)
			}
		}
		t.Logf("out after %v", time.Since(began))
		c.WantBlocked(groups[2], time.Second)
		heard := map[int]int{}
		c.Want(time.Second, "all to be told", func() bool {
			for len(told) > 0 {
				if s := <-told; s.who == bad.Name && strings.Contains(s.why, "reported by a: its disk is full") {
					heard[s.at]++
				}
			}
			return len(heard) == 3
		})
		for i, n := range heard {
			if n != 1 {
				t.Errorf("%s was told %d times", c.Name(i), n)
			}
		}
		// It is alive, and back before long.
		c.WantViews(groups, 10*time.Second, "a", "b", "c")
		t.Logf("back after %v", time.Since(began))
		if c.Node(2).Self() != bad {
			t.Error("another run of it")
		}

		c.Kill(1)
		b := c.Node(1).Self()
		c.WantView(groups[0], 5*time.Second, "a", "c")
		for _, x := range []struct {
			who  lockstep.Member
			want error
			text string
		}{
			{b, lockstep.ErrGone, "b/"}, {lockstep.Member{Name: "z", Incarnation: 1}, lockstep.ErrGone, "z/1"}, {a.Self(), nil, "itself"},
		} {
			err := a.Report(x.who, "")
			if err == nil || x.want != nil && !errors.Is(err, x.want) || !strings.Contains(err.Error(), x.text) {
				t.Errorf("a report about %v: %v", x.who, err)
			}
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		if err := a.Report(bad, ""); !errors.Is(err, lockstep.ErrClosed) {
			t.Error(err)
		}
	}, locksteptest.WithConfig(func(i int, cfg *lockstep.Config) {
		cfg.Events = &lockstep.EventListener{Suspected: func(m lockstep.Member, why string) {
			if told != nil {
				told <- suspicion{i, m.Name, why}
			}
		}}
	}))
}
