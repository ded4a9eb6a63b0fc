package lockstep_test

// What is told of a transfer at its two ends, and the rate that all transfers of a donor share.

import (
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep"
)

func TestTransferProgress(t *testing.T) {
	cross(t, 1, 1, crossRate, func(t *testing.T, c *crossing) {
		b := c.Add()
		h := c.halt(b, 1, 50)
		joined := c.join(b)
		<-h.reached
		for i, giving := range []bool{true, false} {
			s, err := c.Node(i).Status(t.Context())
			if err != nil || len(s.Transfers) != 1 {
				t.Fatal(s.Transfers, err)
			}
			x := s.Transfers[0]
			if x.Group != "g" || !strings.HasPrefix(x.Peer, c.Name(1-i)+"/") || x.Giving != giving || x.Delta || x.Bytes < x.Total*49/100 || x.Bytes > x.Total*52/100 {
				t.Errorf("%s is at %+v", c.Name(i), x)
			}
		}
		close(h.release)
		if err := <-joined; err != nil {
			t.Fatal(err)
		}
		c.idle(0)
		total := uint64(ballast + 8)
		for i, giving := range []bool{true, false} {
			l := c.all[i]
			l.mu.Lock()
			events := l.events
			l.mu.Unlock()
			last := lockstep.Transfer{Phase: lockstep.TransferBegan}
			for k, e := range events {
				if e.Group != "g" || e.Peer.Name != c.Name(1-i) || e.Giving != giving || e.Err != nil || e.Bytes < last.Bytes || e.Lasted < last.Lasted {
					t.Errorf("%s was told %+v after %+v", c.Name(i), e, last)
				}
				switch k {
				case 0:
					if e.Phase != lockstep.TransferBegan || e.Bytes != 0 || e.Percent() != -1 {
						t.Errorf("%s was told first %+v", c.Name(i), e)
					}
				case len(events) - 1:
					if e.Phase != lockstep.TransferDone || e.Bytes != total || e.Percent() != 100 {
						t.Errorf("%s was told in the end %+v", c.Name(i), e)
					}
				default:
					if e.Phase != lockstep.TransferGoesOn || e.Total != total || e.Lasted-last.Lasted < 250*time.Millisecond {
						t.Errorf("%s was told %+v, %v after the one before", c.Name(i), e, e.Lasted-last.Lasted)
					}
				}
				last = e
			}
			if n := len(events); n < 7 || n > 11 { // of two seconds
				t.Errorf("%s was told %d times", c.Name(i), n)
			}
		}
		if a, b := c.Node(0).Stats(), c.Node(1).Stats(); a.StateBytesGiven != total || b.StateBytesLoaded != total {
			t.Errorf("%d bytes were given, %d loaded, of %d", a.StateBytesGiven, b.StateBytesLoaded, total)
		}
	})
}

// TestJoinersShareTheRate: two joiners take twice as long as one, and messages meanwhile no longer than at other times.
func TestJoinersShareTheRate(t *testing.T) {
	cross(t, 2, 2, crossRate, func(t *testing.T, c *crossing) {
		d, e := c.Add(), c.Add()
		began := time.Now()
		first, second := c.join(d), c.join(e)
		sent, slowest := 0, time.Duration(0)
		for both := 0; both < 2; {
			select {
			case err := <-first:
				if err != nil {
					t.Fatal(err)
				}
				first = nil
				both++
			case err := <-second:
				if err != nil {
					t.Fatal(err)
				}
				second = nil
				both++
			case <-time.After(10 * time.Millisecond):
				at := time.Now()
				c.write(c.groups[0], 1)
				c.same(1)
				slowest = max(slowest, time.Since(at))
				sent++
			}
		}
		if took, want := time.Since(began), 2*ballast*time.Second/crossRate; took < want || took > want+time.Second {
			t.Errorf("two transfers took %v, want %v", took, want)
		}
		if sent < 100 || slowest > 20*time.Millisecond {
			t.Errorf("%d messages meanwhile, the slowest took %v", sent, slowest)
		}
		c.same(0, 1, d, e)
	})
}
