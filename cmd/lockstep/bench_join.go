package main

// lockstep bench -mode load and -mode join: what it costs a group when a member comes that has to load a large state.

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"github.com/lockstep-go/lockstep"
)

const (
	// joinLook is how often a member that has joined looks whether it has caught up, and joinLeft how many messages may wait then.
	joinLook = 5 * time.Millisecond
	joinLeft = 500
)

// A joinResult is what -mode join measured.
type joinResult struct {
	StateBytes int64   `json:"state_bytes,omitempty"`
	Began      int64   `json:"join_began_ns,omitempty"`     // on the monotonic clock of this host, as in -samples
	Ended      int64   `json:"join_ended_ns,omitempty"`     // Join has returned
	CaughtUp   int64   `json:"join_caught_up_ns,omitempty"` // next to nothing waits to be handled
	Spilled    int     `json:"join_spilled_most,omitempty"` // messages on disk, where most were seen
	LoadSecond float64 `json:"join_s,omitempty"`
}

// text is the line of -mode join.
func (j joinResult) text() string {
	return fmt.Sprintf("join with %d B of state: %.2f s, caught up %.2f s later, at most %d messages on disk", j.StateBytes, j.LoadSecond,
		float64(j.CaughtUp-j.Ended)/1e9, j.Spilled)
}

// A benchState is a state of so many bytes that costs nothing to freeze.
type benchState int64

// WriteTo writes it, as from a memory that holds it.
func (s benchState) WriteTo(w io.Writer) (n int64, err error) {
	page := make([]byte, 64<<10)
	for i := range page {
		page[i] = byte(i * i >> 8)
	}
	for n < int64(s) {
		k, err := w.Write(page[:min(int64(len(page)), int64(s)-n)])
		if n += int64(k); err != nil {
			return n, err
		}
	}
	return n, nil
}

// groupConfig is that of the bench's group.
func (o *benchOptions) groupConfig() lockstep.GroupConfig {
	return lockstep.GroupConfig{Stateless: o.state == 0}
}

// attachState gives the group its state, if there is to be one. It is empty until all that make the group are there.
func (o *benchOptions) attachState(g *lockstep.Group, b *bench) {
	if o.state == 0 {
		return
	}
	g.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			select {
			case <-b.full:
				return benchState(o.state), nil
			default:
				return benchState(0), nil
			}
		},
		Load: func(_ context.Context, r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			if err == nil && n != o.state && (n != 0 || o.mode == "join") {
				err = fmt.Errorf("a state of %d bytes; -state must be the same everywhere", n)
			}
			return err
		},
	})
}

// join comes to a group that is there, and measures until it has caught up.
func (o *benchOptions) join(ctx context.Context, node *lockstep.Node, g *lockstep.Group, began int64) (r benchResult, err error) {
	ctx, cancel := context.WithTimeout(ctx, o.wait)
	defer cancel()
	joined := make(chan error, 1)
	go func() { joined <- g.Join(ctx) }()
	r = benchResult{Mode: "join", joinResult: joinResult{StateBytes: o.state, Began: began}}
	for {
		select {
		case err := <-joined:
			if err != nil {
				return r, err
			}
			r.Ended, joined = monotonic(), nil
			r.LoadSecond = float64(r.Ended-began) / 1e9
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(joinLook):
		}
		s := node.Stats()
		r.Spilled = max(r.Spilled, s.SpilledMessages)
		if joined == nil && s.SpilledMessages == 0 && s.HandleQueue < joinLeft {
			r.CaughtUp = monotonic()
			return r, nil
		}
	}
}

// load sends pings at a rate without waiting for any; what it sees of its own is kept.
func (o *benchOptions) load(run context.Context, g *lockstep.Group) error {
	return o.paced(run, func() error {
		payload := make(Ping, o.size)
		binary.BigEndian.PutUint64(payload, uint64(monotonic()))
		return g.SendIn(run, o.how, payload)
	})
}
