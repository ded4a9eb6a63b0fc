//go:build linux

package main

// etcd on the hosts: what most people take for locks.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const (
	etcdClient = 2379
	etcdPeer   = 2380
)

// A store is etcd on all hosts.
type store struct {
	s       *study
	dir     string
	daemons []*lab.Process
}

// etcd is the phase that measures its locks.
func (s *study) etcd() phase {
	e := &store{s: s}
	return phase{who: "etcd", begin: e.begin, end: e.end, jobs: []job{{"locks", e.locks}}}
}

// begin starts a daemon on each host. Their files are in memory: lockstep's locks write no disk either.
func (e *store) begin(context.Context) error {
	if _, err := exec.LookPath("etcd"); err != nil {
		return errors.New("etcd is NOT INSTALLED: apt-get install etcd-server")
	}
	var err error
	if e.dir, err = os.MkdirTemp("/dev/shm", "lockstep-etcd"); err != nil {
		return err
	}
	var cluster []string
	for i := range hosts {
		cluster = append(cluster, fmt.Sprintf("h%d=http://%s", i+1, e.s.address(i, etcdPeer)))
	}
	for i, h := range e.s.net.Hosts {
		client, peer := "http://"+e.s.address(i, etcdClient), "http://"+e.s.address(i, etcdPeer)
		name := fmt.Sprintf("h%d", i+1)
		p, err := lab.Start(h, "etcd "+name, []string{
			"etcd", "--name", name, "--data-dir", filepath.Join(e.dir, name), "--logger", "zap", "--log-outputs", filepath.Join(e.s.Dir, "etcd-"+name),
			"--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
			"--initial-cluster", strings.Join(cluster, ","), "--initial-cluster-state", "new",
		})
		if err != nil {
			return err
		}
		e.daemons = append(e.daemons, p)
	}
	return nil
}

func (e *store) end() {
	endDaemons(e.daemons)
	if e.dir != "" {
		_ = os.RemoveAll(e.dir)
	}
}

// locks has clients on every host take and give back locks.
func (e *store) locks(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience+e.s.runFor)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	rates, err := together(ctx, hosts, func(ctx context.Context, i int) (rate float64, err error) {
		out, err := e.s.Run(ctx, e.s.net.Hosts[i], self, lockClients, "http://"+e.s.address(i, etcdClient), e.s.runFor.String())
		if err != nil {
			return 0, err
		}
		return rate, json.Unmarshal([]byte(out), &rate)
	})
	if err != nil {
		return err
	}
	sum := 0.0
	for _, rate := range rates {
		sum += rate
	}
	e.s.add("etcd", "locks", "locks/s", sum)
	return nil
}
