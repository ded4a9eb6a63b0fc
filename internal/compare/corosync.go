//go:build linux

package main

// corosync on the hosts: the best-known peer, whose ring is the one that lockstep's has its theory from.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// A ring is corosync on all hosts, with one transport.
type ring struct {
	s         *study
	transport string
	daemons   []*lab.Process
}

// corosync is the phase that measures one transport.
func (s *study) corosync(transport string) phase {
	r := &ring{s: s, transport: transport}
	return phase{who: r.name(), begin: r.begin, end: r.end, jobs: r.jobs()}
}

// name is who measured, in the report.
func (r *ring) name() string {
	if r.transport == "knet" {
		return "corosync knet aes256"
	}
	return "corosync " + r.transport
}

func (r *ring) program() string { return filepath.Join(r.s.Dir, "cpgbench") }

// begin builds the program that measures and starts the daemons.
func (r *ring) begin(ctx context.Context) error {
	if _, err := exec.LookPath("corosync"); err != nil {
		return errors.New("corosync is NOT INSTALLED: apt-get install corosync libcpg-dev gcc")
	}
	source := filepath.Join("internal", "compare", "corosync", "cpgbench.c")
	if _, err := r.s.Run(ctx, nil, "cc", "-O2", "-o", r.program(), source, "-lcpg", "-lpthread"); err != nil {
		return fmt.Errorf("cpgbench cannot be built (apt-get install libcpg-dev gcc): %w", err)
	}
	return r.start()
}

// start starts a daemon on each host.
func (r *ring) start() error {
	dir := filepath.Join(r.s.Dir, "corosync-"+r.transport)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	key := make([]byte, 256)
	_, _ = rand.Read(key) // it never fails
	if err := os.WriteFile(filepath.Join(dir, "authkey"), key, 0o600); err != nil {
		return err
	}
	conf := filepath.Join(dir, "corosync.conf")
	if err := os.WriteFile(conf, []byte(r.config(dir)), 0o644); err != nil {
		return err
	}
	for i, h := range r.s.net.Hosts {
		// Each daemon has a /run and a /var/lib/corosync of its own; the sockets of its clients are in its network namespace anyway.
		script := "mount -t tmpfs none /run && mkdir -p /run/corosync /var/lib/corosync && mount -t tmpfs none /var/lib/corosync && " +
			"exec corosync -f -c " + conf
		p, err := lab.Start(h, "corosync"+strconv.Itoa(i+1), []string{"unshare", "--mount", "sh", "-c", script})
		if err != nil {
			return err
		}
		r.daemons = append(r.daemons, p)
	}
	return nil
}

// config is corosync.conf.
func (r *ring) config(dir string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "totem {\n\tversion: 2\n\tcluster_name: compare\n\ttransport: %s\n", r.transport)
	if r.transport == "knet" {
		fmt.Fprintf(&b, "\tcrypto_cipher: aes256\n\tcrypto_hash: sha256\n\tkeyfile: %s\n", filepath.Join(dir, "authkey"))
	} else {
		fmt.Fprintf(&b, "\tnetmtu: %d\n", r.s.mtu)
	}
	fmt.Fprintf(&b, "}\nlogging {\n\tto_stderr: no\n\tto_syslog: no\n\tto_logfile: yes\n\tlogfile: %s\n}\n", filepath.Join(dir, "log"))
	b.WriteString("quorum {\n\tprovider: corosync_votequorum\n}\nnodelist {\n")
	for i, h := range r.s.net.Hosts {
		fmt.Fprintf(&b, "\tnode {\n\t\tnodeid: %d\n\t\tname: h%d\n\t\tring0_addr: %v\n\t}\n", i+1, i+1, h.Addr)
	}
	b.WriteString("}\n")
	return b.String()
}

func (r *ring) end() {
	endDaemons(r.daemons)
	r.daemons = nil
}
