//go:build linux

package main

// Hosts on one switch: network namespaces with one bridge between them.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The names of the namespaces: nobody else's begin like this. A host's interface is lsfvN, its port at the bridge lsfpN.
const (
	switchName = "lsfsw"
	hostPrefix = "lsfh"
)

// A network is so many hosts, numbered from 0, each with a cable to one switch. Remove it.
type network struct {
	l     *lab
	hosts int
}

// layNetwork makes the hosts and the switch. What a former run left behind is taken away first, if nothing runs in it.
func (l *lab) layNetwork(ctx context.Context, hosts int) (*network, error) {
	n := &network{l, hosts}
	if err := n.removeLeftovers(ctx); err != nil {
		return nil, err
	}
	err := n.lay(ctx)
	if err != nil {
		return nil, errors.Join(err, n.remove())
	}
	return n, nil
}

func (n *network) lay(ctx context.Context) error {
	if err := n.ip(ctx, "netns add "+switchName, "-n "+switchName+" link add br0 type bridge mcast_snooping 0", "-n "+switchName+" link set br0 up"); err != nil {
		return err
	}
	for i := range n.hosts {
		host, v, p := n.host(i), fmt.Sprintf("lsfv%d", i+1), n.port(i)
		err := n.ip(ctx,
			"netns add "+host,
			"link add "+v+" netns "+host+" type veth peer name "+p+" netns "+switchName,
			"-n "+switchName+" link set "+p+" master br0", "-n "+switchName+" link set "+p+" up",
			"-n "+host+" addr add "+n.address(i)+"/24 dev "+v, "-n "+host+" link set "+v+" up", "-n "+host+" link set lo up")
		if err != nil {
			return err
		}
	}
	return nil
}

// ip runs commands of iproute2, up to the first that fails.
func (n *network) ip(ctx context.Context, commands ...string) error {
	for _, c := range commands {
		if _, err := n.l.runProgram(ctx, "ip", strings.Fields(c)...); err != nil {
			return err
		}
	}
	return nil
}

func (n *network) host(i int) string    { return fmt.Sprintf("%s%d", hostPrefix, i+1) }
func (n *network) port(i int) string    { return fmt.Sprintf("lsfp%d", i+1) }
func (n *network) address(i int) string { return fmt.Sprintf("10.99.0.%d", i+1) }

// via is what to put before a command line to run it on host i.
func (n *network) via(i int) []string { return []string{"ip", "netns", "exec", n.host(i)} }

// cable pulls the cable of host i at the switch, or puts it in.
func (n *network) cable(ctx context.Context, i int, in bool) error {
	state := "down"
	if in {
		state = "up"
	}
	return n.ip(ctx, "-n "+switchName+" link set "+n.port(i)+" "+state)
}

// names are the namespaces of ours that exist.
func (n *network) names(ctx context.Context) ([]string, error) {
	out, err := n.l.runProgram(ctx, "ip", "netns", "list")
	if err != nil {
		return nil, err
	}
	var names []string
	for line := range strings.Lines(out) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == switchName || strings.HasPrefix(name, hostPrefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// remove takes all away, also after an interrupt: it has a context of its own, of ten seconds. The processes in it have ended.
func (n *network) remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	names, err := n.names(ctx)
	for _, name := range names {
		err = errors.Join(err, n.ip(ctx, "netns del "+name))
	}
	return err
}

func (n *network) removeLeftovers(ctx context.Context) error {
	names, err := n.names(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		pids, err := n.l.runProgram(ctx, "ip", "netns", "pids", name)
		if err != nil {
			return err
		}
		if pids = strings.Join(strings.Fields(pids), ", "); pids != "" {
			return fmt.Errorf("the namespace %s is in use, by process %s", name, pids)
		}
	}
	return n.remove()
}
