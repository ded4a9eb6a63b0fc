package main

// The demonstration: three member processes, a few seconds of contention, one kill -9, one return, and the proof.

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

// vault is the lock that one client of the member to be killed keeps, while one client at each of the others waits for it.
const vault = "vault"

// viewTime bounds how long survivors may take to go on without the dead; settleTime everything that takes no time at all.
const (
	viewTime   = 20 * time.Second
	settleTime = 20 * time.Second
)

// A parent runs the demonstration. It belongs to one goroutine.
type parent struct {
	o        options
	out      io.Writer
	stderr   io.Writer
	env      []string // beside its own, for the member processes
	dir      string
	key      string // file
	addrs    map[string]string
	resource *resource
	children []*child // all ever started
	began    int64    // of the contention, CLOCK_MONOTONIC
	ended    int64
	crashes  int
	proof    proof
}

// runParent runs it all and reports whether nothing was wrong. An error is something that kept it from being found out.
func runParent(o options, out, stderr io.Writer, env []string) (ok bool, err error) {
	p := &parent{o: o, out: out, stderr: &shared{w: stderr}, env: env}
	if p.dir, err = os.MkdirTemp("", "lockservice"); err != nil {
		return false, err
	}
	defer os.RemoveAll(p.dir)
	defer func() {
		for _, c := range p.children {
			c.abandon()
		}
	}()
	if err := p.prepare(); err != nil {
		return false, err
	}
	defer p.resource.close()
	if err := p.play(); err != nil {
		return false, err
	}
	return p.report()
}

func (p *parent) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// prepare makes the key, finds free ports and starts the resource.
func (p *parent) prepare() (err error) {
	key, err := lockstep.GenerateKey()
	if err != nil {
		return err
	}
	p.key = filepath.Join(p.dir, "key")
	if err := key.WriteFile(p.key); err != nil {
		return err
	}
	if p.addrs, err = freePorts("a", "b", "c"); err != nil {
		return err
	}
	p.resource, err = newResource()
	return err
}

// freePorts finds, for each name, a port of the loopback that is free for TCP and UDP: below those that the system gives to outgoing
// connections, so that none of them takes it before the member does, or while the member is dead.
func freePorts(names ...string) (map[string]string, error) {
	addrs := map[string]string{}
	for tries := 0; len(addrs) < len(names); tries++ {
		if tries == 200 {
			return nil, errors.New("no free ports on 127.0.0.1")
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12000)))
		if err != nil {
			continue
		}
		defer l.Close()
		u, err := net.ListenPacket("udp", l.Addr().String())
		if err != nil {
			continue
		}
		defer u.Close()
		addrs[names[len(addrs)]] = l.Addr().String()
	}
	return addrs, nil
}

// start starts the process of one member; again after its first life ended.
func (p *parent) start(name string) (*child, error) {
	var seeds []string
	for _, other := range []string{"a", "b", "c"} {
		if other != name {
			seeds = append(seeds, p.addrs[other])
		}
	}
	journal := filepath.Join(p.dir, fmt.Sprintf("journal-%s-%d", name, len(p.children)))
	args := []string{
		"-name", name, "-listen", p.addrs[name], "-seeds", strings.Join(seeds, ","), "-key-file", p.key, "-size", "3",
		"-journal", journal, "-resource", p.resource.addr(),
		"-clients", fmt.Sprint(p.o.clients), "-locks", fmt.Sprint(p.o.locks),
	}
	if name == "b" && p.o.sabotage != "" {
		args = append(args, "-sabotage", p.o.sabotage)
	}
	c, err := startChild(name, journal, p.env, p.stderr, args...)
	if err != nil {
		return nil, err
	}
	p.children = append(p.children, c)
	return c, nil
}

// joined waits until a member has the table and sees all three.
func (p *parent) joined(c *child) error {
	all := func(e event) bool { return e.Ev == "view" && len(e.Members) == 3 }
	if _, err := c.await("a view of three", joinTime, all); err != nil {
		return err
	}
	e, err := c.awaitKind("joined", "", joinTime)
	c.member = e.Member
	return err
}

// play is the story, from the first start to the last exit.
func (p *parent) play() error {
	var a, b, c *child
	for _, m := range []struct {
		name string
		c    **child
	}{{"a", &a}, {"b", &b}, {"c", &c}} {
		var err error
		if *m.c, err = p.start(m.name); err != nil {
			return err
		}
	}
	for _, m := range []*child{a, b, c} {
		if err := p.joined(m); err != nil {
			return err
		}
	}
	p.say("%s, %s and %s hold one lock table; %d clients each contend for %d locks", a.member, b.member, c.member, p.o.clients, p.o.locks)

	first, err := p.takeVault(c)
	if err != nil {
		return err
	}
	a.say("hold " + vault)
	b.say("hold " + vault)
	p.began = monotonic()
	for _, m := range []*child{a, b, c} {
		m.say("go")
	}
	rest(p.o.length / 2)
	if err := p.crash(a, b, c, first); err != nil {
		return err
	}
	rest(p.o.length / 8)
	if c, err = p.start("c"); err != nil {
		return err
	}
	if err := p.joined(c); err != nil {
		return err
	}
	p.say("%s is back, with the table of the others", c.member)
	c.say("go")
	rest(p.o.length * 3 / 8)
	return p.finish(a, b, c)
}

// rest lets the members go on for a while.
func rest(d time.Duration) { <-time.After(d) }

// takeVault has one client of a member take the vault.
func (p *parent) takeVault(c *child) (event, error) {
	c.say("hold " + vault)
	return c.awaitKind("held", vault, settleTime)
}

// crash kills c while its clients hold locks, and shows where the locks went.
func (p *parent) crash(a, b, c *child, first event) error {
	killed := time.Now()
	if err := c.kill(); err != nil {
		return err
	}
	without := func(e event) bool { return e.Ev == "view" && !slices.Contains(e.Members, c.member) }
	v, err := a.await("a view without "+c.member, viewTime, without)
	if err != nil {
		return err
	}
	p.say("%s was killed; %v later a goes on with %s, gone: %s", c.member, time.Since(killed).Round(time.Millisecond),
		strings.Join(v.Members, " "), strings.Join(v.Left, " "))
	p.say("its clients held %d locks: %d passed on to clients that waited, %d are free", v.Locks, v.Passed, v.Locks-v.Passed)
	if v.Locks == 0 {
		return errors.New("the killed member held no lock, so nothing was shown")
	}
	heir, e, err := awaitEither(a, b, "held", vault, viewTime)
	if err != nil {
		return err
	}
	p.say("%s: %s had it with fence %d, now %s with fence %d", vault, c.member, first.Fence, heir.member, e.Fence)
	if e.Fence <= first.Fence {
		p.proof.violation("fence", "%s passed on from fence %d to %d", vault, first.Fence, e.Fence)
	}
	p.crashes++
	return nil
}

// awaitEither waits until one of two members says something of a kind about a lock.
func awaitEither(a, b *child, kind, lock string, limit time.Duration) (*child, event, error) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		from, other := a, b
		var e event
		var ok bool
		select {
		case e, ok = <-a.events:
		case e, ok = <-b.events:
			from, other = b, a
		case <-timer.C:
			return nil, event{}, fmt.Errorf("neither %s nor %s said %q of %s within %v", a.name, b.name, kind, lock, limit)
		}
		switch {
		case !ok:
			return nil, event{}, fmt.Errorf("%s ended; %s is left", from.name, other.name)
		case e.Ev == "error":
			return nil, event{}, fmt.Errorf("%s: %s", from.name, e.Error)
		case e.Ev == kind && e.Lock == lock:
			return from, e, nil
		}
	}
}

// finish ends the contention, compares the tables and ends the members.
func (p *parent) finish(a, b, c *child) error {
	all := []*child{a, b, c}
	p.ended = monotonic()
	// The vault first, so that no client is left waiting; all at once, so that none goes on alone.
	stopped := make([]error, len(all))
	stuck := make([]int64, len(all))
	var wait sync.WaitGroup
	for i, m := range all {
		wait.Go(func() {
			m.say("drop " + vault)
			m.say("stop")
			e, err := m.await("stopped", drainTime+settleTime, func(e event) bool { return e.Ev == "stopped" })
			stopped[i], stuck[i] = err, e.Stuck
		})
	}
	wait.Wait()
	for i, m := range all {
		if stopped[i] != nil {
			return stopped[i]
		}
		if stuck[i] > 0 {
			p.proof.violation("stuck", "%d clients of %s waited for a lock %v after the end", stuck[i], m.member, drainTime)
		}
	}
	a.say("tables")
	e, err := a.awaitKind("tables", "", askTime+settleTime)
	if err != nil {
		return err
	}
	p.proof.checkTables(e.At, len(all), e.Tables)
	if len(p.proof.violations) == 0 {
		p.say("at position %s all %d tables are equal: hash %s after %d operations", e.At, len(e.Tables), e.Tables[0].Hash, e.Tables[0].Ops)
	}
	for _, m := range all {
		if err := m.exit(); err != nil {
			return err
		}
	}
	return nil
}
