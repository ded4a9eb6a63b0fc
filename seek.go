package lockstep

// Looking for seeds: their names are resolved again and again, off the loop, and what stands in the way is remembered for
// whoever waits in Join.

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/transport"
)

const (
	seekJoining = time.Second      // while a Join waits and a seed is missing
	seekMissing = 5 * time.Second  // while a seed is missing
	seekFound   = 30 * time.Second // when all are on the ring
	resolveMost = 5 * time.Second
	seedDial    = time.Second
)

// seedState is what the seeker found out, for any goroutine.
type seedState struct {
	mu       sync.Mutex
	addrs    []netip.AddrPort          // resolved, own ones left out
	problems map[string]error          // seeds that gave no address
	dials    map[netip.AddrPort]string // what the last stream to the address met with; "" for nothing wrong
	hurry    chan struct{}             // rung by a Join
}

// seek is the seeker's goroutine.
func (n *Node) seek() {
	for {
		ctx, cancel := context.WithTimeout(n.ctx, resolveMost)
		addrs, problems := transport.Resolve(ctx, n.cfg.Seeds, n.cfg.Resolve)
		cancel()
		if n.ctx.Err() != nil {
			return
		}
		own := n.ownAddrs()
		addrs = slices.DeleteFunc(addrs, func(a netip.AddrPort) bool { return own[a] })
		n.seeds.mu.Lock()
		n.seeds.addrs, n.seeds.problems = addrs, problems
		maps.DeleteFunc(n.seeds.dials, func(a netip.AddrPort, _ string) bool { return !slices.Contains(addrs, a) })
		n.seeds.mu.Unlock()
		n.in.push(core.Seeds{Addrs: slices.Clone(addrs), Unresolved: len(problems)})
		missing := n.trySeeds(addrs) || len(problems) > 0
		wait := seekFound
		switch {
		case missing && n.joinsWaiting() > 0:
			wait = seekJoining
		case missing:
			wait = seekMissing
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-n.seeds.hurry:
			timer.Stop()
		case <-n.ctx.Done():
			timer.Stop()
			return
		}
	}
}

// trySeeds opens a stream to each seed that is not on the ring, only to learn what is there. It reports whether any is missing.
func (n *Node) trySeeds(addrs []netip.AddrPort) bool {
	var wg sync.WaitGroup
	missing := false
	slots := make(chan struct{}, 16)
	for _, a := range addrs {
		if _, on := n.ring.at(a); on {
			continue
		}
		missing = true
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			ctx, cancel := context.WithTimeout(n.ctx, seedDial)
			defer cancel()
			conn, err := n.end.DialStream(ctx, a, streamProbe, [16]byte{})
			if err == nil {
				conn.Close()
			}
			// Each is told at once: one that does not answer must not hide what the others said.
			n.seeds.mu.Lock()
			n.seeds.dials[a] = dialText(err)
			n.seeds.mu.Unlock()
		})
	}
	wg.Wait()
	return missing
}

// streamProbe is a stream of no kind: it is closed by whoever accepts it.
const streamProbe = 'p'

// dialText says in a few words what a stream met with.
func dialText(err error) string {
	var late net.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), "connection refused"):
		return "connection refused"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return "no answer"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "unreachable"
	}
	return err.Error()
}

// ownAddrs are the addresses under which this node could meet itself among its seeds.
func (n *Node) ownAddrs() map[netip.AddrPort]bool {
	listen := n.end.Addr()
	own := map[netip.AddrPort]bool{n.addr: true, listen: true}
	if !listen.Addr().IsUnspecified() || n.cfg.Transport != nil {
		return own
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return own
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own[netip.AddrPortFrom(p.Addr().Unmap(), listen.Port())] = true
		}
	}
	return own
}

// seedTrouble says per seed that is not on the ring why, in the order of the addresses.
func (n *Node) seedTrouble() []string {
	n.seeds.mu.Lock()
	addrs, dials := n.seeds.addrs, maps.Clone(n.seeds.dials)
	var out []string
	for _, s := range n.cfg.Seeds {
		if err := n.seeds.problems[s]; err != nil {
			if why := errors.Unwrap(err); why != nil {
				err = why // the seed is named already
			}
			out = append(out, fmt.Sprintf("%s: %v", s, err))
		}
	}
	n.seeds.mu.Unlock()
	drops := n.end.Drops()
	for _, a := range addrs {
		if _, on := n.ring.at(a); on {
			continue
		}
		text := dials[a]
		for _, d := range drops {
			if d.From == a && d.Reason != transport.DropUnknownRing {
				// Packets that came tell more than a stream that did not.
				text = d.String()
				break
			}
		}
		if text == "" {
			if _, tried := dials[a]; !tried {
				text = "no answer yet"
			} else {
				text = "answers, and is not on the ring yet"
			}
		}
		out = append(out, fmt.Sprintf("%v: %s", a, text))
	}
	return out
}
