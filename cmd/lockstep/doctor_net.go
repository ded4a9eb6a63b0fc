package main

// What doctor says of the network: this node's place in it, and each seed.

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/transport"
)

// dialTime bounds one look at one address of a seed.
const dialTime = 2 * time.Second

// place says where a node with this -listen would stand. It binds the address for a moment, as a node would.
func (e *examination) place(ctx context.Context) {
	switch {
	case e.keyFile != "":
		key, err := lockstep.LoadKey(e.keyFile)
		if err != nil {
			e.say(broken, "key", err.Error(), "lockstep keygen -out FILE makes one; all members need the same")
		} else {
			e.say(fine, "key", "id "+key.ID()+", the same on every member", "")
		}
	case e.insecure:
		e.say(warning, "key", "none (-insecure)", "anyone who can send a packet can read, forge and kill")
	}
	look, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	seeds, _ := transport.Resolve(look, splitList(e.seeds), nil) // what did not resolve is said with the seed
	udp, err := transport.ListenUDP(ctx, transport.UDPConfig{Listen: e.listen, MTU: e.mtu, Seeds: seeds})
	if err != nil {
		advice := "choose a free port, or stop who has it; if that is a node, lockstep status asks it how it is"
		e.say(warning, "listen", err.Error(), advice)
		return
	}
	defer udp.Close()
	e.say(fine, "listen", fmt.Sprintf("%v, UDP and TCP", udp.Addr()), "")
	e.advertised(udp.Addr(), seeds)
	e.datagrams(udp.MTU(), udp.Stats())
}

// advertised says what others would dial.
func (e *examination) advertised(listen netip.AddrPort, seeds []netip.AddrPort) {
	if e.advertise != "" {
		e.say(fine, "address", e.advertise+", as -advertise says", "")
		return
	}
	addr, err := transport.Advertise(listen, seeds)
	switch {
	case err != nil:
		e.say(broken, "address", err.Error(), "say with -advertise what others should dial")
	case addr.Addr().IsLoopback() && len(seeds) > 0 && !allLoopback(seeds):
		e.say(broken, "address", fmt.Sprintf("others would dial %v, which is this host for everyone", addr),
			"listen on an address of the network, or say with -advertise what others should dial")
	case addr.Addr().IsLoopback():
		e.say(told, "address", fmt.Sprintf("%v: members on this host only", addr), "")
	default:
		e.say(fine, "address", fmt.Sprintf("others dial %v", addr), "")
	}
}

func allLoopback(addrs []netip.AddrPort) bool {
	for _, a := range addrs {
		if !a.Addr().IsLoopback() {
			return false
		}
	}
	return true
}

// datagrams says what one packet may hold and how packets go in and out of the kernel.
func (e *examination) datagrams(mtu int, st transport.TransportStats) {
	value := fmt.Sprintf("datagrams of up to %d bytes", mtu)
	switch {
	case mtu < 1200:
		e.say(warning, "MTU", value, "that is less than usual; is there a tunnel on the way? -mtu sets it by hand")
	case mtu > 1472:
		e.say(told, "MTU", value, "every link between the members must carry this; -mtu 1472 is safe on Ethernet")
	default:
		e.say(fine, "MTU", value, "")
	}
	value = fmt.Sprintf("cutting datagrams: %v; joining them: %v", st.Segmenting, st.Coalescing)
	switch {
	case st.OffloadWhy != "":
		e.say(warning, "offloads", value+": "+st.OffloadWhy, "large messages are several times as fast with another kernel")
	case runtime.GOOS != "linux":
		e.say(told, "offloads", "none on "+runtime.GOOS+": one system call for each datagram", "Linux is several times as fast")
	default:
		e.say(fine, "offloads", value, "")
	}
}

// lookAtSeeds says of each seed what stands in the way of reaching it.
func (e *examination) lookAtSeeds(ctx context.Context) {
	list := splitList(e.seeds)
	if len(list) == 0 {
		e.say(told, "seeds", "none: a node started so founds a cluster alone, and others find it", "")
		return
	}
	for _, seed := range list {
		e.lookAtSeed(ctx, seed)
	}
}

func (e *examination) lookAtSeed(ctx context.Context, seed string) {
	what := "seed " + seed
	look, cancel := context.WithTimeout(ctx, dialTime)
	addrs, problems := transport.Resolve(look, []string{seed}, nil)
	cancel()
	if len(addrs) == 0 {
		e.say(warning, what, fmt.Sprint(problems[seed]), "a node goes on looking, and founds nothing before every seed has an address")
		return
	}
	for _, a := range addrs {
		name := what
		if len(addrs) > 1 || a.String() != seed {
			name += " (" + a.String() + ")"
		}
		e.dialSeed(ctx, name, a)
	}
}

func (e *examination) dialSeed(ctx context.Context, what string, a netip.AddrPort) {
	look, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	start := time.Now()
	conn, err := (&net.Dialer{}).DialContext(look, "tcp", a.String())
	if err != nil {
		advice := "is the member started, and the port open for TCP and UDP in every firewall on the way?"
		if strings.Contains(err.Error(), "refused") {
			advice = "the host answers and nobody listens there: is the member started?"
		}
		e.say(warning, what, err.Error(), advice)
		return
	}
	took := time.Since(start).Round(10 * time.Microsecond)
	_ = conn.Close()
	if e.keyFile == "" && !e.insecure {
		e.say(fine, what, fmt.Sprintf("answers on TCP in %v; with -key-file more can be said", took), "")
		return
	}
	e.askSeed(look, what, a, took)
}

// askSeed asks a member that answers how it is, which also shows that it has the same key.
func (e *examination) askSeed(ctx context.Context, what string, a netip.AddrPort, took time.Duration) {
	key, err := e.key()
	if err != nil {
		return // said with the key
	}
	s, err := lockstep.FetchStatus(ctx, a.String(), lockstep.StatusRequest{Key: key, InsecureNoKey: e.insecure, Cluster: e.cluster})
	if err != nil {
		e.say(warning, what, fmt.Sprintf("answers on TCP in %v, and not to this key: %v", took, err),
			"compare the key ids and the -cluster labels; a program may also have turned its status off")
		return
	}
	e.say(fine, what, fmt.Sprintf("%s, answers in %v, on a ring of %d (%s)", s.Member, took, len(s.Members), s.State), "")
}
