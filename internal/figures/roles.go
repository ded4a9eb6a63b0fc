//go:build linux

package main

// Who is killed, cut off or stopped: each kind of member in turn, because a ring loses more with some than with others.

import "context"

// A role is what a member is on the ring when its turn comes.
type role struct {
	name           string
	representative bool // the first of the ring, which forms it
	holder         bool // where the idle token rests
}

var roles = []role{
	{"representative", true, false},
	{"holder", false, true},
	{"other", false, false},
	{"representative and holder", true, true},
}

// cast makes the cluster such that one member has the role, and returns its index.
func (c *cluster) cast(ctx context.Context, r role) (int, error) {
	first, err := c.representative(ctx)
	if err != nil {
		return 0, err
	}
	second, third := (first+1)%len(c.nodes), (first+2)%len(c.nodes)
	victim := first
	if !r.representative {
		victim = second
	}
	holder := third
	if r.holder {
		holder = victim
	}
	return victim, c.placeToken(ctx, holder)
}
