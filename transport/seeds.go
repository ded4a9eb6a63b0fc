package transport

// From the seeds in a configuration to addresses.

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
)

// maxLookups is how many names are looked up at once.
const maxLookups = 16

// Resolve turns "host:port" seeds into addresses, a name into all of its own. Numeric addresses need no lookup; a nil lookup
// asks the system's resolver. The addresses are sorted, unmapped, each there once; problems says for each seed that gave none
// why. It blocks until every lookup has answered, so lookup must respect the context.
func Resolve(ctx context.Context, seeds []string, lookup func(ctx context.Context, host string) ([]netip.Addr, error)) (addrs []netip.AddrPort, problems map[string]error) {
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	problems = make(map[string]error)
	var mu sync.Mutex // guards addrs and problems
	var wg sync.WaitGroup
	slots := make(chan struct{}, maxLookups)
	for _, seed := range seeds {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			found, err := resolveOne(ctx, seed, lookup)
			mu.Lock()
			defer mu.Unlock()
			addrs = append(addrs, found...)
			if err != nil {
				problems[seed] = err
			}
		})
	}
	wg.Wait()
	slices.SortFunc(addrs, netip.AddrPort.Compare)
	return slices.Compact(addrs), problems
}

func resolveOne(ctx context.Context, seed string, lookup func(ctx context.Context, host string) ([]netip.Addr, error)) ([]netip.AddrPort, error) {
	host, text, err := net.SplitHostPort(seed)
	if err != nil {
		return nil, fmt.Errorf("seed %q: want HOST:PORT", seed)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("seed %q: port %q is not a number from 1 to 65535", seed, text)
	}
	if host == "" {
		return nil, fmt.Errorf("seed %q: no host", seed)
	}
	found := []netip.Addr{}
	if ip, err := netip.ParseAddr(host); err == nil {
		found = append(found, ip)
	} else if found, err = lookup(ctx, host); err != nil {
		return nil, fmt.Errorf("seed %q: %w", seed, err)
	}
	var out []netip.AddrPort
	for _, ip := range found {
		if ip.IsValid() && !ip.IsUnspecified() {
			out = append(out, netip.AddrPortFrom(ip.Unmap(), uint16(port)))
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("seed %q: %w", seed, errNoAddress)
	}
	return out, nil
}

var errNoAddress = errors.New("no address that can be dialled")
