package lockstep

// Streams between members: one to each ring neighbour, whose end is a hint, and those that others open here.

import (
	"context"
	"errors"
	"net"
	"time"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	watchRetry     = 100 * time.Millisecond
	watchRetryMost = 5 * time.Second

	acceptedWatches  = 2 * wire.MaxMembers // held open at once
	acceptedStates   = 32                  // transfers served at once
	acceptedStatuses = 8
)

// watch keeps a stream to each ring neighbour and gives up those to former ones. Called by the loop.
func (l *loop) watch() {
	now := map[wire.MemberID]bool{}
	for _, info := range l.core.Neighbours() {
		if info.ID == l.n.id || len(info.Addrs) == 0 {
			continue
		}
		now[info.ID] = true
		if l.watched[info.ID] == nil {
			ctx, cancel := context.WithCancel(l.n.ctx)
			l.watched[info.ID] = cancel
			l.n.wg.Go(func() { l.n.watchNeighbour(ctx, info) })
		}
	}
	for id, end := range l.watched {
		if !now[id] {
			end()
			delete(l.watched, id)
		}
	}
}

// watchNeighbour holds a stream to a member open. When the member's process ends, its host closes the stream at once.
func (n *Node) watchNeighbour(ctx context.Context, info wire.Info) {
	wait := watchRetry
	for {
		dial, cancel := context.WithTimeout(ctx, dialLimit)
		conn, err := n.end.DialStream(dial, info.Addrs[0].Addr, streamWatch, info.ID)
		cancel()
		if err == nil {
			wait = watchRetry
			stop := context.AfterFunc(ctx, func() { conn.Close() })
			_, err = conn.Read(make([]byte, 1))
			stop()
			conn.Close()
		}
		if ctx.Err() != nil {
			return
		}
		// Silence is the ring's own business; only an answer that says "closed" is worth a probe.
		var late net.Error
		if !errors.Is(err, context.DeadlineExceeded) && !(errors.As(err, &late) && late.Timeout()) {
			n.in.push(core.Hint{Member: info.ID})
		}
		if !pause(ctx, wait) {
			return
		}
		wait = min(4*wait, watchRetryMost)
	}
}

// welcome is the goroutine that takes streams.
func (n *Node) welcome() {
	room := map[byte]chan struct{}{
		streamWatch:  make(chan struct{}, acceptedWatches),
		streamState:  make(chan struct{}, acceptedStates),
		streamStatus: make(chan struct{}, acceptedStatuses),
	}
	for {
		conn, kind, peer, err := n.end.AcceptStream(n.ctx)
		if err != nil {
			if n.ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return
			}
			n.log.Warn("accept", zap.Error(err))
			if !pause(n.ctx, watchRetry) {
				return
			}
			continue
		}
		select {
		case room[kind] <- struct{}{}: // an unknown kind has a nil channel
			n.wg.Go(func() {
				defer func() { <-room[kind] }()
				n.serve(conn, kind, peer)
			})
		default:
			conn.Close()
		}
	}
}

// serve carries one stream to its end, and no further than the node's.
func (n *Node) serve(conn net.Conn, kind byte, peer wire.MemberID) {
	defer conn.Close()
	stop := context.AfterFunc(n.ctx, func() { conn.Close() })
	defer stop()
	switch kind {
	case streamWatch:
		_, _ = conn.Read(make([]byte, 1))
		if n.ctx.Err() == nil {
			n.in.push(core.Hint{Member: peer})
		}
	case streamState:
		yielding(func() { n.serveState(n.ctx, conn, peer) })
	case streamStatus:
		if !n.cfg.StatusDisabled {
			n.serveStatus(conn)
		}
	}
}
