package lockstep

// The donor's side of a state transfer: frozen on the group's goroutine, written out on another, kept until its joiners have it.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/statexfer"
)

// saveState carries out an UpSave: the state is frozen here, between two messages, and written out elsewhere.
func (t *tenure) saveState(u *core.Upcall) {
	key := spoolKey{t.g.id, u.Cut}
	var src io.WriterTo = &bytes.Buffer{} // without OnState the state is empty
	if s := t.g.calls.state; s != nil {
		// A panic must not leave the joiners waiting.
		frozen := false
		defer func() {
			if !frozen {
				t.n.spools.fill(key, nil, errors.New("State.Save panicked"))
			}
		}()
		w, err := s.Save(t.g.View())
		frozen = true
		if err == nil && w == nil {
			err = errors.New("State.Save returned nothing")
		}
		if err != nil {
			t.n.spools.fill(key, nil, fmt.Errorf("State.Save: %w", err))
			return
		}
		src = w
	}
	t.n.counts.saves.Add(1)
	if d, ok := src.(DeltaWriter); ok {
		t.n.spools.keep(key, d)
		return
	}
	t.n.upcalls.Go(func() { yielding(func() { t.n.spools.write(key, src) }) })
}

// serveState answers one joiner.
func (n *Node) serveState(ctx context.Context, conn net.Conn, peer wire.MemberID) {
	var x *transfer
	err := statexfer.Serve(ctx, conn, func(ctx context.Context, r statexfer.Request) (statexfer.Source, error) {
		key := spoolKey{wire.GroupID(r.Group), wire.Position(r.Cut)}
		what := Transfer{Giving: true, Resumed: r.Offset}
		if g := n.groupByID(key.group); g != nil {
			what.Group = g.name
		}
		if info, ok := n.ring.info(peer); ok {
			what.Peer = infoMember(info)
		}
		x = n.beginTransfer(what, &n.counts.givenBytes)
		src, err := n.spools.open(ctx, key, r.Have)
		if err == nil {
			x.info(src.Delta, src.Size)
			src.Sent = x.moved
		}
		return src, err
	}, n.rate)
	switch {
	case x != nil:
		x.end(err)
	case err != nil && n.ctx.Err() == nil:
		n.log.Info("a stream for a state asked for none", zap.Stringer("from", peer), zap.Error(err))
	}
}

// A readCloser is a reader with another's close.
type readCloser struct {
	io.Reader
	close func() error
}

func (r readCloser) Close() error { return r.close() }
