//go:build linux

package main

// Peers run as daemons, one on each host.

import (
	"syscall"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// daemonsEnd is how long daemons may take to end when they are told to, before they are killed.
const daemonsEnd = 5 * time.Second

// endDaemons ends daemons: politely, so that they remove what they left outside, and otherwise hard.
func endDaemons(daemons []*lab.Process) {
	for _, p := range daemons {
		_ = p.Signal(syscall.SIGTERM) // it may have ended by itself
	}
	patience := time.After(daemonsEnd)
	for _, p := range daemons {
		select {
		case <-p.Gone():
		case <-patience:
		}
		p.End()
	}
}
