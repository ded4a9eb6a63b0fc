package lockstep_test

// Several donors of one cut: the joiner goes on from the next when the one before dies, leaves or is cut off, behind the last byte that
// came. Each through the public API, in virtual time.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
)

// share is the size of the state here, which is more than a spool keeps in memory.
const share = 3 << 19

// several is cross with a group in which so many save for a joiner.
func several(t *testing.T, donors, n, room, rate int, f func(t *testing.T, c *crossing)) {
	t.Helper()
	crossWith(t, lockstep.GroupConfig{Donors: donors}, share, n, room, rate, f)
}

// named puts the members with these names first, in their order.
func named(names ...string) func([]lockstep.Member) []lockstep.Member {
	return func(able []lockstep.Member) (order []lockstep.Member) {
		for _, n := range names {
			if i := slices.IndexFunc(able, func(m lockstep.Member) bool { return m.Name == n }); i >= 0 {
				order = append(order, able[i])
			}
		}
		return order
	}
}

// given is what the joiner was told of each donor's share: the name, from which byte on, and how many bytes.
func (l *annals) given() (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.Phase == lockstep.TransferDone || e.Phase == lockstep.TransferFailed {
			list = append(list, fmt.Sprintf("%s from %d to %d", e.Peer.Name, e.Resumed, e.Bytes))
		}
	}
	return list
}

// wantOnce checks that the joiner loaded once, from the named donors one behind the other, and that no byte came twice.
func (c *crossing) wantOnce(d int, donors ...string) {
	c.t.Helper()
	l := c.all[d]
	l.mu.Lock()
	loads, at, total := l.loads, uint64(0), uint64(0)
	var from []string
	for _, e := range l.events {
		if e.Phase != lockstep.TransferDone && e.Phase != lockstep.TransferFailed {
			continue
		}
		if e.Resumed != at || e.Bytes < at {
			c.t.Errorf("%s had %d bytes, and %s gave those from %d to %d", c.Name(d), at, e.Peer.Name, e.Resumed, e.Bytes)
		}
		at, total = e.Bytes, e.Total
		from = append(from, e.Peer.Name)
	}
	l.mu.Unlock()
	c.want("donors", from, donors)
	if got := c.Node(d).Stats().StateBytesLoaded; got != total || at != total || total < share || loads != 1 {
		c.t.Errorf("%s loaded %d times, %d bytes of %d came, to byte %d", c.Name(d), loads, got, total, at)
	}
}

// TestSecondDonorGoesOn: whenever the donor dies, Load does not notice.
func TestSecondDonorGoesOn(t *testing.T) {
	for _, percent := range []int{0, 50, 99} {
		t.Run(fmt.Sprint(percent), func(t *testing.T) {
			several(t, 2, 4, 1, 0, func(t *testing.T, c *crossing) {
				c.write(c.groups[1], 10)
				before := c.Node(1).Stats().StateBytesGiven
				d := c.Add()
				c.all[d].choose = named("a")
				h := c.halt(d, 1, percent)
				joined := c.join(d)
				<-h.reached
				c.write(c.groups[1], 10)
				c.Kill(0)
				if percent == 99 { // else it may have all of it before anybody knows
					c.WantView(c.groups[1], 10*time.Second, "b", "c", "d", "e")
				}
				close(h.release)
				if err := <-joined; err != nil {
					t.Fatal(err)
				}
				c.write(c.groups[d], 10)
				c.same(1, 2, 3, d)
				c.wantOnce(d, "a", "b")
				for i, saves := range []int{1, 1, 0, 0} {
					if l := c.all[i]; l.saves != saves {
						t.Errorf("%s saved %d times", c.Name(i), l.saves)
					}
				}
				if got, rest := c.Node(1).Stats().StateBytesGiven-before, uint64(share*(100-percent)/100); got > rest+100<<10 {
					t.Errorf("b gave %d bytes, and %d were missing", got, rest)
				}
				c.idle(1)
			})
		})
	}
}

// TestDonorLeavesAndTheSecondGoesOn: the same of one that leaves, and of one that is cut off and says nothing any more.
func TestDonorLeavesAndTheSecondGoesOn(t *testing.T) {
	for name, lose := range map[string]func(c *crossing){
		"leaves":     func(c *crossing) { _ = c.groups[0].Leave(c.t.Context()) },
		"is cut off": func(c *crossing) { c.Cut(0) },
	} {
		t.Run(name, func(t *testing.T) {
			several(t, 3, 4, 1, 0, func(t *testing.T, c *crossing) {
				d := c.Add()
				c.all[d].choose = named("a", "c")
				h := c.halt(d, 1, 50)
				joined := c.join(d)
				<-h.reached
				lose(c)
				c.WantView(c.groups[1], 10*time.Second, "b", "c", "d", "e")
				close(h.release)
				if err := <-joined; err != nil {
					t.Fatal(err)
				}
				c.write(c.groups[d], 10)
				c.same(1, 2, 3, d)
				c.wantOnce(d, "a", "c")
				c.idle(1)
				c.idle(2)
			})
		})
	}
}

// TestSecondDonorOfOtherBytes: where the second wrote the state in another order Load runs again, from the first byte of the same cut.
func TestSecondDonorOfOtherBytes(t *testing.T) {
	several(t, 2, 4, 1, 0, func(t *testing.T, c *crossing) {
		c.write(c.groups[1], 10)
		c.all[1].filling = 7
		d := c.Add()
		c.all[d].choose = named("a")
		h := c.halt(d, 1, 50)
		joined := c.join(d)
		<-h.reached
		c.Kill(0)
		close(h.release)
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
		c.write(c.groups[d], 10)
		c.same(1, 2, 3, d)
		c.want("d was told", c.all[d].told(), []string{"from a began", "from a failed", "from b began", "from b failed", "from b began", "from b done"})
		list := c.all[d].given()
		var from, to int
		if n, _ := fmt.Sscanf(list[1], "b from %d to %d", &from, &to); len(list) != 3 || n != 2 || from < share/2 || to != from || !strings.HasPrefix(list[2], fmt.Sprint("b from 0 to ", share/1000)) {
			t.Errorf("d was given %q", list)
		}
		if c.all[d].loads != 2 || c.all[1].saves != 1 || c.all[2].saves != 0 {
			t.Errorf("%d loads, b saved %d times, c %d", c.all[d].loads, c.all[1].saves, c.all[2].saves)
		}
		c.idle(1)
	})
}

// TestNoDonorIsLeft: when all who saved are gone, the transfer begins again from another cut.
func TestNoDonorIsLeft(t *testing.T) {
	several(t, 2, 5, 1, 0, func(t *testing.T, c *crossing) {
		c.write(c.groups[4], 10)
		d := c.Add()
		c.all[d].choose = named("a", "c")
		h := c.halt(d, 1, 50)
		joined := c.join(d)
		<-h.reached
		c.Kill(0)
		c.Kill(1)
		close(h.release)
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
		c.write(c.groups[d], 10)
		c.same(2, 3, 4, d)
		l := c.all[d]
		if told := l.told(); l.loads != 2 || told[0] != "from a began" || told[len(told)-1] != "from c done" {
			t.Errorf("%d loads, %q", l.loads, told)
		}
		// The next cut may come when b is not known to be dead: then c saves beside it, else d beside c.
		if c.all[2].saves != 1 || c.all[3].saves > 1 || c.all[4].saves != 0 {
			t.Errorf("c, d, e saved %d, %d and %d times", c.all[2].saves, c.all[3].saves, c.all[4].saves)
		}
		c.idle(2)
		c.idle(3)
	})
}

// TestJoinersFromSeveralDonors: each joiner's choice is obeyed, so two of them share no donor's rate; and when one donor dies its joiner goes
// on from the other's.
func TestJoinersFromSeveralDonors(t *testing.T) {
	several(t, 3, 4, 2, share, func(t *testing.T, c *crossing) {
		d, e := c.Add(), c.Add()
		var able []string
		c.all[d].choose = func(list []lockstep.Member) []lockstep.Member {
			for _, m := range list {
				able = append(able, m.Name)
			}
			stranger := lockstep.Member{Name: "nobody"}
			return append([]lockstep.Member{stranger}, named("c", "c", "a")(list)...)
		}
		c.all[e].choose = named("b", "a", "c")
		h := c.halt(d, 1, 25)
		began := time.Now()
		first, second := c.join(d), c.join(e)
		<-h.reached
		c.Kill(2)
		close(h.release)
		for _, joined := range []<-chan error{first, second} {
			if err := <-joined; err != nil {
				t.Fatal(err)
			}
		}
		if took, one := time.Since(began), time.Second; took > one+one/2 {
			t.Errorf("two transfers from two donors took %v, one takes %v", took, one)
		}
		c.write(c.groups[d], 10)
		c.same(0, 1, 3, d, e)
		c.want("able", able, []string{"a", "b", "c"})
		c.wantOnce(d, "c", "a")
		c.wantOnce(e, "b")
		c.idle(0)
		c.idle(1)
	})
}

// TestSecondDonorWaits: what the second saved is there as long as the joiner loads, and goes with it.
func TestSecondDonorWaits(t *testing.T) {
	several(t, 2, 4, 1, 0, func(t *testing.T, c *crossing) {
		d := c.Add()
		c.all[d].choose = named("a")
		h := c.halt(d, 1, 90)
		halted := c.all[d].reading
		c.all[d].reading = func(ctx context.Context, load, percent int) {
			<-time.After(time.Second) // of the 97 that it takes
			halted(ctx, load, percent)
		}
		joined := c.join(d)
		<-h.reached
		c.all[d].mu.Lock()
		c.all[d].reading = nil
		c.all[d].mu.Unlock()
		if s := c.Node(1).Stats(); s.StatesKept != 1 {
			t.Errorf("b keeps %d states after a minute and a quarter", s.StatesKept)
		}
		c.Kill(0)
		close(h.release)
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
		c.same(1, 2, 3, d)
		c.wantOnce(d, "a", "b")
		c.idle(1)
	})
}

// TestDonorsGoWithTheirJoiner: nobody keeps a state for one that is gone.
func TestDonorsGoWithTheirJoiner(t *testing.T) {
	several(t, 3, 3, 1, 0, func(t *testing.T, c *crossing) {
		d := c.Add()
		h := c.halt(d, 1, 50)
		c.join(d)
		<-h.reached
		for i := range 3 {
			if s := c.Node(i).Stats(); s.StatesKept != 1 {
				t.Errorf("%s keeps %d states", c.Name(i), s.StatesKept)
			}
		}
		c.Kill(d)
		c.WantView(c.groups[0], 10*time.Second, "a", "b", "c")
		for i := range 3 {
			c.idle(i)
		}
		close(h.release)
	})
}

// TestDonorsDiffer: who saves is decided by all alike, so a joiner that counts otherwise is kept out. None and one are the same.
func TestDonorsDiffer(t *testing.T) {
	several(t, 2, 2, 1, 0, func(t *testing.T, c *crossing) {
		d := c.Add()
		c.config.Donors = 1
		if err := <-c.join(d); !errors.Is(err, lockstep.ErrMismatch) {
			t.Errorf("join: %v", err)
		}
	})
	several(t, 1, 2, 1, 0, func(t *testing.T, c *crossing) {
		d := c.Add()
		c.config.Donors = 0
		if err := <-c.join(d); err != nil {
			t.Errorf("join: %v", err)
		}
		c.same(0, 1, d)
	})
}
