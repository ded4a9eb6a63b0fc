package lockstep

// Spools: saved states that wait for their joiners, in memory up to a bound and then in a temporary file.

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/statexfer"
)

const (
	spoolMemory = 1 << 20          // bytes of a state kept in memory
	spoolIdle   = time.Minute      // without a reader, until a state is forgotten
	spoolAwait  = 20 * time.Second // how long a joiner that is ahead of its donor is kept waiting
	spoolsMost  = 256              // states kept at once; the oldest goes first

	spoolPiece  = 64 << 10         // bytes that are written to a file at once
	spoolFaster = 8                // a state is written to a file so many times as fast as states are given
	spoolPause  = time.Millisecond // less is not worth waiting for
)

var errNoSpool = errors.New("no state was saved at that cut, or it is no longer kept")

// A spoolKey names a saved state.
type spoolKey struct {
	group wire.GroupID
	cut   wire.Position
}

// spools are the states that this node has saved. Its methods may be called from any goroutine; only write blocks, on the disk,
// and open, on its context.
type spools struct {
	dir string       // of temporary files; empty: the system's
	run func(func()) // starts a goroutine that yields, and that the node's end waits for
	ctx context.Context
	// rate is that of all that is written to files, so that a group that a state is to leave room in is not held up before the first byte
	// is given; nil: no limit.
	rate *statexfer.Rate

	mu      sync.Mutex
	byKey   map[spoolKey]*spool
	order   []spoolKey
	changed chan struct{} // closed and replaced when a spool is added or becomes ready
	closed  bool
}

// A spool is one saved state. Its fields are guarded by spools.mu; memory and file do not change once ready is true.
type spool struct {
	ready   bool
	err     error
	frozen  DeltaWriter            // what Save gave, if joiners may be served from it: it is spooled once one needs everything
	asked   bool                   // one does
	joiners map[wire.MemberID]bool // who has not loaded yet; nil: unknown, only time ends it
	kept    bool                   // whoever asks others first may need it late: its joiners' fate and this member's own end it, not time
	memory  []byte
	file    *scratchFile // what did not fit
	size    int64
	readers int
	dropped bool
	idle    *time.Timer
}

func newSpools(ctx context.Context, dir string, transferRate int, run func(func())) *spools {
	return &spools{ctx: ctx, dir: dir, rate: statexfer.NewRate(spoolFaster * int64(transferRate)), run: run, byKey: map[spoolKey]*spool{}, changed: make(chan struct{})}
}

// expect announces that a state will be saved, so that joiners wait for it. keep says that others save it too, so that a joiner may come
// here only when they fail. Called by the loop.
func (s *spools) expect(key spoolKey, joiners []membership.Member, keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.byKey[key] != nil {
		return
	}
	sp := &spool{kept: keep}
	if len(joiners) > 0 {
		sp.joiners = map[wire.MemberID]bool{}
		for _, m := range joiners {
			sp.joiners[m.ID] = true
			s.forget(key.group, m.ID, func(old *spool) bool { return old.kept }) // a new cut makes an older one void
		}
	}
	s.byKey[key] = sp
	s.order = append(s.order, key)
	for len(s.byKey) > spoolsMost {
		s.drop(s.order[0])
	}
	sp.idle = time.AfterFunc(spoolIdle, func() { s.expire(key, sp) })
	s.notify()
}

// notify wakes those who wait in open. s.mu is held.
func (s *spools) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// write takes the state from its source. It blocks as long as that and the disk do.
func (s *spools) write(key spoolKey, src io.WriterTo) {
	sink := &spoolSink{spools: s}
	err := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("WriteTo panicked: %v\n%s", r, debug.Stack())
			}
		}()
		_, err = src.WriteTo(sink)
		return err
	}()
	if err == nil {
		err = sink.err
	}
	if err == nil && sink.file != nil {
		err = sink.file.finish()
	}
	if err != nil {
		sink.discard()
		s.fill(key, nil, fmt.Errorf("saving the state: %w", err))
		return
	}
	s.fill(key, sink, nil)
}

// fill makes a state ready, or says why there is none.
func (s *spools) fill(key spoolKey, sink *spoolSink, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp := s.byKey[key]
	if sp == nil || sp.ready {
		if sink != nil {
			sink.discard()
		}
		return
	}
	sp.ready, sp.err = true, err
	if sink != nil {
		sp.memory, sp.file, sp.size = sink.memory.Bytes(), sink.file, sink.size
	}
	sp.idle.Reset(spoolIdle)
	s.notify()
}

// keep has joiners served from a frozen state.
func (s *spools) keep(key spoolKey, frozen DeltaWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sp := s.byKey[key]; sp != nil {
		sp.frozen = frozen
		sp.idle.Reset(spoolIdle)
		s.notify()
	}
}

// open gives the bytes of a state, or what a joiner lacks that has some of it, after waiting for it if the donor is not there yet.
func (s *spools) open(ctx context.Context, key spoolKey, have []byte) (statexfer.Source, error) {
	limit := time.NewTimer(spoolAwait)
	defer limit.Stop()
	for {
		s.mu.Lock()
		sp, changed, closed := s.byKey[key], s.changed, s.closed
		known := sp != nil
		switch {
		case closed:
			s.mu.Unlock()
			return statexfer.Source{}, errNoSpool
		case known && sp.err != nil:
			s.mu.Unlock()
			return statexfer.Source{}, sp.err
		case known && sp.frozen != nil && len(have) > 0:
			r, frozen := s.hold(key, sp), sp.frozen
			s.mu.Unlock()
			if delta, ok := s.deltaReader(ctx, frozen, have, r.Close); ok {
				return statexfer.Source{ReadCloser: delta, Info: statexfer.Info{Delta: true}}, nil
			}
			have = nil
			continue
		case known && sp.ready:
			r := s.hold(key, sp)
			s.mu.Unlock()
			return statexfer.Source{ReadCloser: r, Info: statexfer.Info{Size: uint64(sp.size)}}, nil
		case known && sp.frozen != nil && !sp.asked:
			frozen := sp.frozen
			sp.asked = true
			s.run(func() { s.write(key, frozen) })
		}
		s.mu.Unlock()
		expired := limit.C
		if known {
			expired = nil // it is being saved: as long as that takes
		}
		select {
		case <-changed:
		case <-expired:
			return statexfer.Source{}, errNoSpool
		case <-ctx.Done():
			return statexfer.Source{}, ctx.Err()
		}
	}
}

// hold keeps a spool until it is closed, and reads what is there of it from its beginning; several may at once. s.mu is held.
func (s *spools) hold(key spoolKey, sp *spool) io.ReadCloser {
	sp.readers++
	sp.idle.Stop()
	var r io.Reader = bytes.NewReader(sp.memory)
	if sp.file != nil {
		r = io.MultiReader(r, bufio.NewReaderSize(io.NewSectionReader(sp.file, 0, sp.size-int64(len(sp.memory))), scratchBlock))
	}
	return readCloser{r, sync.OnceValue(func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		sp.readers--
		if sp.dropped && sp.readers == 0 {
			s.discard(sp)
		} else if !sp.dropped {
			sp.idle.Reset(spoolIdle)
		}
		return nil
	})}
}

// loaded says that a joiner has the group's state: no cut is kept for it any more.
func (s *spools) loaded(group wire.GroupID, id wire.MemberID) { s.gone(group, id) }

// departed says that a joiner is gone.
func (s *spools) departed(group wire.GroupID, id wire.MemberID) { s.gone(group, id) }

func (s *spools) gone(group wire.GroupID, id wire.MemberID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(group, id, func(*spool) bool { return true })
}

// forget takes a joiner out of some of its group's spools. s.mu is held.
func (s *spools) forget(group wire.GroupID, id wire.MemberID, which func(*spool) bool) {
	for key, sp := range s.byKey {
		if key.group != group || !sp.joiners[id] || !which(sp) {
			continue
		}
		delete(sp.joiners, id)
		if len(sp.joiners) == 0 {
			s.drop(key)
		}
	}
}

// left says that this member is out of a group: its joiners have another donor, and ask for another cut. What is kept for sides that
// merge stays its time.
func (s *spools) left(group wire.GroupID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, sp := range s.byKey {
		if key.group == group && sp.joiners != nil {
			s.drop(key)
		}
	}
}

// void says that this member's state is replaced: what it saved for joiners to fall back on is no part of the group any more.
func (s *spools) void(group wire.GroupID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, sp := range s.byKey {
		if key.group == group && sp.kept {
			s.drop(key)
		}
	}
}

// merging says that what was saved is for other sides too, of whom nobody says when they have it: time ends it.
func (s *spools) merging(key spoolKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sp := s.byKey[key]; sp != nil {
		sp.kept = false
	}
}

func (s *spools) expire(key spoolKey, sp *spool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[key] == sp && (sp.ready || sp.frozen != nil && !sp.asked) && sp.readers == 0 && !sp.kept {
		s.drop(key)
	}
}

// drop forgets a spool; its bytes go with its last reader. s.mu is held.
func (s *spools) drop(key spoolKey) {
	sp := s.byKey[key]
	for i, k := range s.order {
		if k == key {
			s.order = append(s.order[:i], s.order[i+1:]...)
			break
		}
	}
	if sp == nil {
		return
	}
	delete(s.byKey, key)
	sp.dropped = true
	sp.idle.Stop()
	if sp.readers == 0 {
		s.discard(sp)
	}
}

// discard gives back a spool's bytes, those of a file on a goroutine of their own: to free a large one at once takes a tenth of a second
// for each GiB, and whoever drops a spool is the one who calls the application. s.mu is held.
func (s *spools) discard(sp *spool) {
	if f, size := sp.file, sp.size-int64(len(sp.memory)); f != nil && s.closed {
		f.drop()
	} else if f != nil {
		s.run(func() {
			f.shrink(s.ctx, size)
			f.drop()
		})
	}
	sp.file, sp.memory, sp.frozen = nil, nil, nil
}

// kept is how many states there are, and how many bytes of them were written out.
func (s *spools) kept() (states int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sp := range s.byKey {
		bytes += sp.size
	}
	return len(s.byKey), bytes
}

// close forgets everything.
func (s *spools) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for len(s.order) > 0 {
		s.drop(s.order[0])
	}
	s.notify()
}

// spoolSink is what a state is written to: memory first, then a file.
type spoolSink struct {
	spools *spools
	memory bytes.Buffer
	file   *scratchFile
	size   int64
	err    error
}

func (w *spoolSink) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n := 0
	if room := spoolMemory - w.memory.Len(); room > 0 && w.file == nil {
		n = min(room, len(p))
		w.memory.Write(p[:n])
		w.size += int64(n)
	}
	for n < len(p) {
		m, err := w.spill(p[n:min(len(p), n+spoolPiece)])
		n += m
		w.size += int64(m)
		if err != nil {
			w.err = err
			return n, err
		}
	}
	return n, nil
}

// spill writes a piece to the file, when the rate lets it.
func (w *spoolSink) spill(p []byte) (n int, err error) {
	s := w.spools
	if w.file == nil {
		if w.file, err = newScratchFile(s.dir, "lockstep-state-*"); err != nil {
			return 0, err
		}
	}
	if wait := s.rate.Take(time.Now(), len(p)); wait >= spoolPause && !pause(s.ctx, wait) {
		return 0, s.ctx.Err()
	}
	if _, err := w.file.append(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (w *spoolSink) discard() {
	if w.file != nil {
		w.file.drop()
		w.file = nil
	}
}
