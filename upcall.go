package lockstep

// The group's goroutine: one upcall after the other, as the protocol ordered them, as long as there is work.

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
)

// withCancel is context.WithCancel for fields: the cancel function is kept, and called by whoever replaces it or ends the parent.
func withCancel(parent context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(parent)
}

// run is the group's goroutine.
func (t *tenure) run() {
	for {
		u, table, ok := t.next(false)
		if !ok {
			return
		}
		if u.Kind == core.UpLoad || u.Kind == core.UpMerge {
			yielding(func() { t.upcall(&u, table) }) // these may rightly take long: they wait for another member
			continue
		}
		t.begins(&u)
		t.upcall(&u, table)
		t.ends()
	}
}

// upcall hands one thing to the application. What the application's code panics with ends the membership and nothing else: its
// state can no longer be trusted to equal that of the others.
func (t *tenure) upcall(u *core.Upcall, table *agreedTable) {
	defer func() {
		if r := recover(); r != nil {
			t.fail(t.g.fault("handle", ErrHandlerPanic, fmt.Sprintf("%v\n%s", r, debug.Stack())))
		}
	}()
	t.trace(u)
	calls := &t.g.calls
	switch u.Kind {
	case core.UpDeliver:
		t.deliver(u, table)
	case core.UpDirect:
		t.handleDirect(u, table)
	case core.UpView:
		t.showView(u)
	case core.UpTransitional:
		if calls.transitional != nil {
			calls.transitional(t.ctx, membersOf(u.Members))
		}
	case core.UpBlocked:
		if calls.blocked != nil {
			calls.blocked(t.ctx)
		}
	case core.UpLost:
		if calls.lost != nil {
			calls.lost(t.ctx, Lost{Value: t.decodeLost(u, table), Order: Order(u.Order), To: memberOf(u.Sender), Uncertain: u.Uncertain})
		}
	case core.UpFounded:
		if s := calls.state; s != nil && s.New != nil {
			if err := s.New(); err != nil {
				t.fail(t.g.fault("join", ErrLoad, "State.New: "+err.Error()))
			}
		}
	case core.UpSave:
		t.saveState(u)
	case core.UpLoad:
		t.loadState(u)
	case core.UpMerge:
		t.mergeStates(u)
	case core.UpLeft:
		t.left(u)
	}
}

// deliver runs the handler of each message, until what is left of them becomes void. Then their memory is somebody else's; else it is given
// back here, unless a handler was given it for good.
func (t *tenure) deliver(u *core.Upcall, table *agreedTable) {
	m := Message{
		Group: t.g, Sender: memberOf(u.Sender), View: viewIDOf(u.ViewID), Position: Position(u.Position), Order: Order(u.Order),
		Transitional: u.Transitional,
	}
	count, bytes := 0, 0
	given := false
	for i := range u.Messages {
		if !t.claims() {
			break
		}
		if i > 0 {
			t.goesOn()
			m.Position++
		}
		payload := u.Messages[i].Payload
		given = t.handle(u, m, payload, u.Messages[i].Total > 0, table) || given
		count++
		bytes += len(payload) - headSize(u.Message)
	}
	t.n.counts.delivered.Add(uint64(count))
	t.n.counts.deliveredBytes.Add(uint64(bytes))
	if m, ok := u.Memory.(*transport.Slab); ok && count == len(u.Messages) && !given {
		m.Release()
	}
}

// handle runs the handler of one message. It reports whether the handler was given the body itself, which it may be if that is nobody
// else's (own).
func (t *tenure) handle(u *core.Upcall, m Message, body []byte, own bool, table *agreedTable) (given bool) {
	var id uint64
	ok := true
	if u.Message != wire.KindApp {
		id, body, ok = cutCall(body)
	}
	index, body, fits := cutIndex(body, 0)
	entry := table.entry(index)
	if !ok || !fits || entry == nil || entry.kind != kindOf(u.Message) {
		if u.Message == wire.KindQuery {
			t.reply(u, id, statusDeclined, nil)
			return false
		}
		t.fail(t.g.fault("handle", ErrDecode, fmt.Sprintf("%v from %v: no handler here for type %d", m.Position, m.Sender, index)))
		return false
	}
	t.handling.Store(entry)
	given = own && entry.raw && !entry.borrowed
	result, decoded, err := entry.typed().run(t.ctx, t.n.cfg.Codec, entry, m, body, own || entry.borrowed)
	if u.Message == wire.KindQuery {
		t.replyWith(u, id, entry, result, err)
		return given
	}
	if !decoded {
		t.fail(t.g.fault("handle", ErrDecode, fmt.Sprintf("%v %s at %v from %v: %v", entry.kind, entry.name, m.Position, m.Sender, err)))
		return given
	}
	if u.Message == wire.KindApply && u.Own {
		t.g.mu.Lock()
		if c := t.calls[id]; c != nil {
			c.resultReady, c.result, c.resultErr = true, result, err
			t.advance(c)
		}
		t.g.mu.Unlock()
	}
	return given
}

// replyWith encodes what a query's handler returned.
func (t *tenure) replyWith(u *core.Upcall, id uint64, entry *handlerEntry, result any, err error) {
	var data []byte
	if err == nil {
		if data, err = appendValue(t.n.cfg.Codec, nil, result, entry.rawBack); err == nil && len(data) > t.n.cfg.MaxMessage {
			err = fmt.Errorf("%w: the result has %d bytes, at most %d", ErrTooLarge, len(data), t.n.cfg.MaxMessage)
		}
	}
	if err != nil {
		text := err.Error()
		t.reply(u, id, statusError, []byte(text[:min(len(text), 4096)]))
		return
	}
	t.reply(u, id, statusResult, data)
}

// reply hands an answer to whoever asked; to this member itself without the network.
func (t *tenure) reply(u *core.Upcall, id uint64, status uint8, data []byte) {
	if u.Own || u.Sender.ID == t.n.id {
		t.g.mu.Lock()
		t.answer(id, t.n.id, status, data)
		t.g.mu.Unlock()
		return
	}
	t.g.push(core.SendDirect{To: u.Sender.ID, Kind: wire.DirectAnswer, Group: t.g.id, Call: id, Status: status, Payload: data})
}

// handleDirect runs the handler of a SendTo.
func (t *tenure) handleDirect(u *core.Upcall, table *agreedTable) {
	index, body, ok := cutIndex(u.Payload, 0)
	entry := table.entry(index)
	if !ok || entry == nil || entry.kind != kindMessage {
		t.n.events.packetDropped(fmt.Sprintf("group %s: SendTo from %v has no handler here", t.g.name, memberOf(u.Sender)))
		return
	}
	m := Message{Group: t.g, Sender: memberOf(u.Sender), View: t.g.View().ID, Position: Position(u.Position), Order: FIFO}
	t.handling.Store(entry)
	_, decoded, err := entry.typed().run(t.ctx, t.n.cfg.Codec, entry, m, body, entry.borrowed)
	if !decoded {
		// Only this member got it, so its state differs from nobody's.
		t.n.events.packetDropped(fmt.Sprintf("group %s: SendTo from %v: %v", t.g.name, m.Sender, err))
	}
	t.n.counts.delivered.Add(1)
	t.n.counts.deliveredBytes.Add(uint64(len(body)))
}

// decodeLost gives the value of a message that was sent here, nil if it cannot be had.
func (t *tenure) decodeLost(u *core.Upcall, table *agreedTable) any {
	index, body, ok := cutIndex(u.Payload, 0)
	entry := table.entry(index)
	if !ok || entry == nil {
		return nil
	}
	v, err := entry.typed().decode(t.n.cfg.Codec, entry, body)
	if err != nil {
		return nil
	}
	return v
}

// showView hands a view to the application; the first one makes it a member and lets Join return.
func (t *tenure) showView(u *core.Upcall) {
	g := t.g
	v := viewOf(u.View)
	g.mu.Lock()
	if t.ended {
		g.mu.Unlock()
		return
	}
	shown := v
	// The loop may know more by now than the application is about to be told.
	shown.Primary = v.Primary && !t.blocked
	g.view.Store(&shown)
	first := t.phase == phaseJoining && v.Rank >= 0
	if first {
		t.phase = phaseMember
	}
	g.mu.Unlock()
	t.n.events.viewInstalled(g.name, v)
	for _, w := range g.calls.watches {
		for _, d := range v.Left {
			if d.Member.Name == w.name {
				w.f(t.ctx, d.Member, false)
			}
		}
		for _, m := range v.Joined {
			if m.Name == w.name {
				w.f(t.ctx, m, true)
			}
		}
	}
	if g.calls.view != nil {
		g.calls.view(t.ctx, v)
	}
	if first {
		close(t.joined)
	}
}

// left ends the membership in its place, after the last delivery.
func (t *tenure) left(u *core.Upcall) {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	err := refusalError(u.Refusal)
	if u.Text != "" && !errors.Is(err, ErrLeft) {
		err = t.g.fault("member", err, u.Text)
	}
	t.end(err)
	t.release()
}
