//go:build linux

package main

// What is wrong with the network at the moment: any number of wrongs at once, each of which can be taken back.

import (
	"sync"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// A wrong is one thing that is wrong with the links.
type wrong func(from, to int, l *lab.Link)

// links keeps the wrongs of a network. Any goroutine may use it.
type links struct {
	network *lab.Network

	mu     sync.Mutex
	wrongs map[int]wrong
	next   int
}

func newLinks(n *lab.Network) *links { return &links{network: n, wrongs: map[int]wrong{}} }

// add makes something wrong; the function returned takes it back.
func (k *links) add(w wrong) (undo func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := k.next
	k.next++
	k.wrongs[id] = w
	k.apply()
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.wrongs, id)
		k.apply()
	}
}

// apply sets each link to the sum of the wrongs. The mutex is held.
func (k *links) apply() {
	for from := range k.network.Hosts {
		for to := range k.network.Hosts {
			var sum lab.Link
			for _, w := range k.wrongs {
				var l lab.Link
				w(from, to, &l)
				sum = worse(sum, l)
			}
			k.network.SetLink(from, to, sum)
		}
	}
}

// worse is a link with what is wrong with either.
func worse(a, b lab.Link) lab.Link {
	large := max(a.NoLarge, b.NoLarge)
	if a.NoLarge > 0 && b.NoLarge > 0 {
		large = min(a.NoLarge, b.NoLarge)
	}
	return lab.Link{
		Cut: a.Cut || b.Cut, NoStreams: a.NoStreams || b.NoStreams, NoLarge: large, Loss: max(a.Loss, b.Loss), Twice: max(a.Twice, b.Twice),
		Delay: max(a.Delay, b.Delay), Jitter: max(a.Jitter, b.Jitter),
	}
}

// The wrongs. A set of hosts is a mask, bit i for host i.

// cut lets nothing pass between the hosts of a set and the others, or only in one direction.
func cut(set uint, out, in bool) wrong {
	return func(from, to int, l *lab.Link) {
		f, t := set>>from&1 == 1, set>>to&1 == 1
		l.Cut = out && f && !t || in && t && !f
	}
}

// oneWay lets nothing pass from one host to another.
func oneWay(a, b int) wrong {
	return func(from, to int, l *lab.Link) { l.Cut = from == a && to == b }
}

// bridge cuts two sets from each other; whoever is in neither hears both.
func bridge(left, right uint) wrong {
	return func(from, to int, l *lab.Link) {
		l.Cut = left>>from&1 == 1 && right>>to&1 == 1 || right>>from&1 == 1 && left>>to&1 == 1
	}
}

// noStreams and noLarge let half of the traffic to and from a set pass.
func noStreams(set uint) wrong {
	return func(from, to int, l *lab.Link) { l.NoStreams = (set>>from|set>>to)&1 == 1 }
}

func noLarge(set uint, size int) wrong {
	return func(from, to int, l *lab.Link) {
		if (set>>from|set>>to)&1 == 1 {
			l.NoLarge = size
		}
	}
}

// rough is a bad network for all.
func rough(loss, twice float64, delay, jitter time.Duration) wrong {
	return func(_, _ int, l *lab.Link) { l.Loss, l.Twice, l.Delay, l.Jitter = loss, twice, delay, jitter }
}

// slow is a long way to and from one host.
func slow(host int, delay time.Duration) wrong {
	return func(from, to int, l *lab.Link) {
		if from == host || to == host {
			l.Delay = delay
		}
	}
}
