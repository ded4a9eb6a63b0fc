package lockstep

// How a joiner's queue overflows to disk. While its state loads, and then until it has caught up, messages of others beyond a quarter of
// the queue's bounds are written to the spill by a goroutine of their own, since the loop never touches the disk; in their place in the
// queue stands an upSpilled, at which the group's goroutine reads them back. Where there is no room, no directory or no working disk they
// stay in the queue, and at half of its bounds the group slows down, as for any member that is slow.

import (
	"fmt"
	"slices"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/transport"
)

// upSpilled stands in a queue for the first segment of the spill that no other stands for.
const upSpilled core.UpcallKind = 255

// fuller reports whether the queue is beyond one part in n of a bound. What only stands for segments on disk is no message: the room there
// bounds it. The group's mutex is held.
func (t *tenure) fuller(n int) bool {
	waiting := t.queue.len()
	if t.spill != nil {
		waiting -= len(t.spill.segments)
	}
	return waiting > t.g.cfg.QueueMessages/n || t.queue.bytes > t.g.cfg.QueueBytes/n
}

// mindSpill has somebody write if that is due. The group's mutex is held.
func (t *tenure) mindSpill() {
	s := t.spill
	if s == nil || s.room.dir == "" || s.writing || s.broken || !t.holding && len(s.segments) == 0 || t.queue.pushed < s.again || !t.fuller(4) {
		return
	}
	s.writing = true
	t.n.upcalls.Go(t.spillOver)
}

// spillOver writes until there is room in the queue again.
func (t *tenure) spillOver() {
	t.g.mu.Lock()
	defer t.g.mu.Unlock()
	s := t.spill
	defer s.wrote()
	var records []byte // of one write, and its memory for the next
	for (t.holding || len(s.segments) > 0) && t.fuller(8) && !s.broken {
		at, run := t.queue.run()
		if run == nil || !t.spillRun(at, run, &records) {
			s.again = t.queue.pushed + spillPause
			return
		}
		t.relieve()
	}
}

// spillRun writes a run of the queue, which begins at that place of all that was ever in it, and puts an upSpilled there. It reports
// whether that was possible. What is written is put together in memory. The group's mutex is held, and given back while the disk is at work.
func (t *tenure) spillRun(at uint64, run []core.Upcall, memory *[]byte) bool {
	s := t.spill
	epoch, to := s.epoch, s.target()
	for i := range run {
		if m, ok := run[i].Memory.(*transport.Slab); ok {
			m.Hold() // the queue's hold may go meanwhile
		}
	}
	t.g.mu.Unlock()
	messages, bytes := 0, 0
	for i := range run {
		m, b := weight(&run[i])
		messages, bytes = messages+m, bytes+b
	}
	records := slices.Grow((*memory)[:0], bytes+messages*recordEach+len(run)*recordAbout)
	for i := range run {
		records = appendRecord(records, &run[i])
	}
	*memory = records
	release(run)
	size := int64(len(records))
	room := s.room.take(size)
	file, from := to, int64(0)
	var err error
	if room {
		file, from, err = s.write(to, records)
	}
	t.g.mu.Lock()
	switch {
	case !room:
		return false
	case err == nil && epoch == s.epoch && t.queue.has(at):
		release(run) // the queue's hold
		before, joined := t.queue.spilled(at)
		t.queue.replace(at, len(run), s.add(file, from, size, messages, bytes, before, joined))
		return true
	}
	s.room.used.Add(-size)
	if file != nil && file != to {
		file.f.drop()
	}
	if err != nil && epoch == s.epoch {
		s.broken = true
		t.n.log.Warn("messages that wait for a state cannot be written; the group slows down instead", zap.String("group", t.g.name),
			zap.String("directory", s.room.dir), zap.Error(err))
	}
	return false
}

// release gives back the memory of upcalls that nobody looks at any more.
func release(run []core.Upcall) {
	for i := range run {
		if m, ok := run[i].Memory.(*transport.Slab); ok {
			m.Release()
		}
	}
}

// readBack puts what the first segment begins with at the head of the queue. The group's mutex is held, and given back while the disk is
// at work.
func (t *tenure) readBack() {
	s := t.spill
	if s == nil || len(s.segments) == 0 {
		return
	}
	epoch, first := s.epoch, s.segments[0]
	s.reading = true
	t.g.mu.Unlock()
	list, next, err := first.read(t.g.id, min(spillBatchMax, t.g.cfg.QueueMessages/8), min(spillBatch, t.g.cfg.QueueBytes/8))
	if err != nil {
		t.unread(epoch, err)
	}
	t.g.mu.Lock()
	if epoch != s.epoch || err != nil {
		return
	}
	s.reading = false
	messages, bytes := 0, 0
	for i := range list {
		m, b := weight(&list[i])
		messages, bytes = messages+m, bytes+b
	}
	if s.advance(next, messages, bytes) {
		list = append(list, core.Upcall{Kind: upSpilled, Group: t.g.id})
	}
	t.queue.putBack(list)
}

// unread ends a membership whose missed messages are gone. A read that failed because they were dropped is none.
func (t *tenure) unread(epoch uint64, err error) {
	t.g.mu.Lock()
	gone := epoch != t.spill.epoch
	t.g.mu.Unlock()
	if !gone {
		t.fail(t.g.fault("deliver", ErrLoad, fmt.Sprintf("what was missed while the state loaded cannot be read in %s: %v", t.spill.room.dir, err)))
	}
}

// relieve tells the group to go on when the queue is a quarter full. The group's mutex is held.
func (t *tenure) relieve() {
	if t.congested && !t.ended && !t.fuller(4) {
		t.congested = false
		t.g.push(core.Congested{Group: t.g.id})
	}
}

// takeQueue empties the queue, and the spill with it. The group's mutex is held.
func (t *tenure) takeQueue() []core.Upcall {
	if t.spill != nil {
		t.spill.drop()
	}
	return slices.DeleteFunc(t.queue.take(), func(u core.Upcall) bool { return u.Kind == upSpilled })
}
