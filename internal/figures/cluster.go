//go:build linux

package main

// Three nodes, and which of them is which on the ring.

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
	"github.com/lockstep-go/lockstep/internal/loopback"
)

// settle is how long a cluster is left alone before something is done to it.
const settle = 1500 * time.Millisecond

// A cluster is three nodes of one group. End it.
type cluster struct {
	l     *study
	part  string
	addrs []string    // where each listens
	seeds []string    // what each is told of the others
	hosts []*lab.Host // of each; nil is this host
	nodes []*lab.Process
	sent  int // messages sent to place the token
}

// startLocal starts three nodes on loopback and waits until all have the view of three.
func (l *study) startLocal(ctx context.Context, part string) (*cluster, error) {
	addrs, err := loopback.FreeAddresses(3)
	if err != nil {
		return nil, err
	}
	return l.start(ctx, part, addrs, make([]*lab.Host, 3))
}

// start starts a node at each address and waits until all have the view of all. After an error nothing runs.
func (l *study) start(ctx context.Context, part string, addrs []string, hosts []*lab.Host) (*cluster, error) {
	c := &cluster{l: l, part: part, addrs: addrs, seeds: addrs, hosts: hosts, nodes: make([]*lab.Process, len(addrs))}
	return c, c.startAll(ctx)
}

// startAll starts all nodes and waits until each has the view of all. After an error nothing runs.
func (c *cluster) startAll(ctx context.Context) error {
	for i := range c.addrs {
		if err := c.startNode(i); err != nil {
			c.end()
			return err
		}
	}
	if _, err := c.waitWhole(ctx, make([]int, len(c.addrs))); err != nil {
		c.end()
		return err
	}
	return nil
}

// startNode starts node i, for the first time or again: with the default configuration, but for the name and the addresses.
func (c *cluster) startNode(i int) error {
	name := string(rune('a' + i%26))
	if i >= 26 {
		name += name
	}
	args := []string{
		c.l.Command, "node", "-name", name, "-listen", c.addrs[i], "-seeds", strings.Join(c.seeds, ","),
		"-key-file", c.l.KeyFile, "-group", "figures", "-size", strconv.Itoa(c.l.size),
	}
	if c.l.logs != "" {
		args = append(args, "-log", filepath.Join(c.l.logs, c.part+"-"+name+".log"))
	}
	p, err := lab.Start(c.hosts[i], name, args)
	if err != nil {
		return err
	}
	c.nodes[i] = p
	return nil
}

// end kills what runs.
func (c *cluster) end() {
	for _, p := range c.nodes {
		if p != nil {
			p.End()
		}
	}
}

// pause leaves the nodes alone for a while. That one of them has ended meanwhile is an error.
func (c *cluster) pause(ctx context.Context, d time.Duration) error {
	if err := lab.Pause(ctx, d); err != nil {
		return err
	}
	for _, p := range c.nodes {
		if err := p.Ended(); err != nil {
			return err
		}
	}
	return nil
}

// marks are the ends of what the nodes have printed so far.
func (c *cluster) marks() []int {
	m := make([]int, len(c.nodes))
	for i, p := range c.nodes {
		m[i] = p.Mark()
	}
	return m
}

// waitWhole waits until each node has printed, from its mark on, the view of all, and returns when the last of them did.
func (c *cluster) waitWhole(ctx context.Context, marks []int) (last time.Time, err error) {
	n := len(c.nodes)
	for i, p := range c.nodes {
		v, err := p.Wait(ctx, marks[i], fmt.Sprintf("view of %d", n), func(l lab.Line) bool { return l.IsView(n) })
		if err != nil {
			return last, err
		}
		if v.Read.After(last) {
			last = v.Read
		}
	}
	return last, nil
}

// waitWithout waits until each node but one has printed the view without it. Reason is what the last of them gave.
func (c *cluster) waitWithout(ctx context.Context, marks []int, out int, member string) (last time.Time, reason string, err error) {
	for i, p := range c.nodes {
		if i == out {
			continue
		}
		v, err := p.Wait(ctx, marks[i], "view without "+member, func(l lab.Line) bool { return l.IsView(len(c.nodes)-1) && l.Reason(member) != "?" })
		if err != nil {
			return last, reason, err
		}
		if v.Read.After(last) {
			last, reason = v.Read, v.Reason(member)
		}
	}
	return last, reason, nil
}

// member is what node i calls itself, NAME/INCARNATION.
func (c *cluster) member(ctx context.Context, i int) (string, error) {
	l, err := c.nodes[i].Wait(ctx, 0, "start", func(l lab.Line) bool { return l.Ev == "start" })
	return l.Member, err
}

// representative is the index of the ring's first member, which forms it and of which a status says so by its order.
func (c *cluster) representative(ctx context.Context) (int, error) {
	out, err := c.l.Run(ctx, c.hosts[0], c.l.Command, "status", "-json", "-key-file", c.l.KeyFile, c.addrs[0])
	if err != nil {
		return 0, err
	}
	var s struct{ Members []struct{ Member string } }
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		return 0, fmt.Errorf("lockstep status: %w", err)
	}
	for i, p := range c.nodes {
		if len(s.Members) > 0 && strings.HasPrefix(s.Members[0].Member, p.Name+"/") {
			return i, nil
		}
	}
	return 0, fmt.Errorf("lockstep status: no representative in %s", out)
}

// placeToken makes node i the token's resting place: an idle token rests with whoever sent last. It waits until all have delivered
// the message, lets the ring settle, and returns at a random moment of its idle round.
func (c *cluster) placeToken(ctx context.Context, i int) error {
	marks := c.marks()
	c.sent++
	data := "token " + strconv.Itoa(c.sent)
	if err := c.nodes[i].Do(fmt.Sprintf(`{"op":"send","order":"ordered","data":%q}`, data)); err != nil {
		return err
	}
	for k, p := range c.nodes {
		if _, err := p.Wait(ctx, marks[k], "delivery of "+data, func(l lab.Line) bool { return l.Ev == "deliver" && l.Data == data }); err != nil {
			return err
		}
	}
	return c.pause(ctx, settle+rand.N(500*time.Millisecond))
}
