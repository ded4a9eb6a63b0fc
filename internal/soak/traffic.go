//go:build linux

package main

// What the members are told to do while the faults go on.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const (
	// openMost is how many operations may wait for an answer at one member.
	openMost = 60
	// breath is how long a member is left alone that has too much to do.
	breath = 20 * time.Millisecond
)

var orders = []string{"fifo", "causal", "ordered", "safe"}

// traffic tells one member what to do until ctx ends, an operation every so often.
func (s *slot) traffic(ctx context.Context, random *rand.Rand, every time.Duration) {
	caller := "" // the tag of the caller's last call
	for {
		wait := time.Duration(random.ExpFloat64() * float64(every))
		o := randomOp(random)
		h := s.listen()
		if len(h.open) >= openMost || h.blocked && random.IntN(8) > 0 {
			wait = breath
		} else if calls := o.Op == "apply" || o.Op == "query"; calls && !h.open[caller] {
			caller = s.do(callersOp(o, random))
		} else {
			s.do(o)
		}
		if lab.Pause(ctx, min(wait, time.Second)) != nil {
			return
		}
	}
}

// randomOp draws an operation.
func randomOp(random *rand.Rand) op {
	order := orders[random.IntN(len(orders))]
	switch n := random.IntN(100); {
	case n < 36:
		return op{Op: "send", Order: order, Data: strings.Repeat("s", size(random))}
	case n < 50:
		return op{Op: "burst", Order: order, Count: 2 + random.IntN(20), Size: 10 + size(random)/4}
	case n < 72:
		return op{Op: "apply", Order: orders[2+random.IntN(2)], Data: strings.Repeat("a", size(random)/10)}
	case n < 86:
		return op{Op: "query", Need: []string{"all", "all", "majority", "1"}[random.IntN(4)], Data: "?"}
	case n < 94:
		return op{Op: "flush"}
	}
	return op{Op: "state"}
}

// size is mostly small, sometimes a few packets, seldom many.
func size(random *rand.Rand) int {
	switch n := random.IntN(200); {
	case n < 170:
		return random.IntN(200)
	case n < 199:
		return random.IntN(6000)
	}
	return random.IntN(100000)
}

// callersOp makes an apply or query one of the member's caller, who makes one call at a time, to the registers and locks, as
// register.go reads the log. Were there more at once, nobody could decide in what order they took effect.
func callersOp(o op, random *rand.Rand) op {
	words := []string{"lock", "lock", "unlock", "break", "write", "write", "write", "write"}
	if o.Data = readAll; o.Op == "apply" {
		o.Data = fmt.Sprintf("%s %d", words[random.IntN(len(words))], random.IntN(keys))
	}
	return o
}
