package lockstep

// What a joiner missed and its memory has no room for: in files, in order, up to a bound that all groups of the node share.

import (
	"io"
	"slices"
	"sync/atomic"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	spillFileSize = 8 << 20      // from here on another file is begun; each goes when all in it was read
	spillBatch    = scratchBlock // bytes of messages that are written and read at once, or one message more
	spillBatchMax = 8192         // messages of a batch
	spillEach     = 1 << 10      // what a message is worth beside its bytes
	spillLeast    = 8 << 10      // what a write has to be worth
	spillPause    = 64           // upcalls until the next try, after nothing could be written
)

// spillRoom is what a node's groups may have on disk together.
type spillRoom struct {
	dir  string // empty: none
	most int64
	used atomic.Int64
}

// take takes room for n bytes, if there is any left.
func (r *spillRoom) take(n int64) bool {
	for {
		used := r.used.Load()
		if used+n > r.most {
			return false
		}
		if r.used.CompareAndSwap(used, used+n) {
			return true
		}
	}
}

// A spill is a membership's part of it. It is guarded by the group's mutex, but for the bytes in the files: one goroutine writes, another
// reads, and what they did counts if epoch is still the same afterwards.
type spill struct {
	room     *spillRoom
	files    []*spillFile // the last is written to
	segments []segment    // in order; each stands in the queue as one upSpilled
	messages int          // in them
	bytes    int          // of their payloads
	epoch    uint64       // grows whenever all is dropped
	writing  bool         // somebody writes
	reading  bool         // somebody reads the first segment, for which nothing stands in the queue meanwhile
	broken   bool         // a write failed: no more are tried, until all is dropped
	again    uint64       // so many upcalls must have been queued before another try
}

// A spillFile counts what is in it as room taken until it is dropped.
type spillFile struct {
	f    *scratchFile
	room int64
	left int // segments in it that were not read to their end
}

// A segment is a run of records in one file.
type segment struct {
	file     *spillFile
	from, to int64
}

// drop forgets everything.
func (s *spill) drop() {
	for _, f := range s.files {
		s.free(f)
	}
	s.files, s.segments, s.messages, s.bytes, s.reading, s.broken, s.again = nil, nil, 0, 0, false, false, 0
	s.epoch++
}

// wrote ends somebody's writing. What was read to the end meanwhile had waited for that.
func (s *spill) wrote() {
	s.writing = false
	s.freeRead()
}

// freeRead gives back the files that were read to their end, but the one that is written to.
func (s *spill) freeRead() {
	for len(s.files) > 0 && s.files[0].left == 0 && (len(s.files) > 1 || !s.writing) {
		s.free(s.files[0])
		s.files = s.files[1:]
	}
}

func (s *spill) free(f *spillFile) {
	f.f.drop()
	s.room.used.Add(-f.room)
}

// target is the file to write to; nil: another one.
func (s *spill) target() *spillFile {
	if n := len(s.files); n > 0 && s.files[n-1].f.end() < spillFileSize {
		return s.files[n-1]
	}
	return nil
}

// write puts records at a file's end, and says where they begin. A file that it has to make is returned with an error too.
func (s *spill) write(to *spillFile, records []byte) (file *spillFile, from int64, err error) {
	if to == nil {
		f, err := newScratchFile(s.room.dir, "lockstep-missed-*")
		if err != nil {
			return nil, 0, err
		}
		to = &spillFile{f: f}
	}
	if from, err = to.f.append(records); err == nil && to.f.end() >= spillFileSize {
		err = to.f.finish()
	}
	return to, from, err
}

// add takes in what was written from some place on, as the segment with so many before it; or, if joined says that in the queue nothing is
// between, at the end of the one before if it ends there in the file too. It reports whether there is a segment more.
func (s *spill) add(to *spillFile, from, size int64, messages, bytes, before int, joined bool) bool {
	if n := len(s.files); n == 0 || s.files[n-1] != to {
		s.files = append(s.files, to)
	}
	to.room += size
	s.messages += messages
	s.bytes += bytes
	if s.reading {
		before++
	}
	if joined {
		if g := &s.segments[before-1]; g.file == to && g.to == from {
			g.to = from + size
			return false
		}
	}
	to.left++
	s.segments = slices.Insert(s.segments, before, segment{to, from, from + size})
	return true
}

// read reads the first records of a segment, at least one, and about so many messages and bytes at most.
func (g segment) read(id wire.GroupID, messages, bytes int) (list []core.Upcall, next int64, err error) {
	size := min(int64(bytes), g.to-g.from)
	for {
		b := make([]byte, size)
		if _, err := g.file.f.ReadAt(b, g.from); err != nil && err != io.EOF {
			return nil, 0, err
		}
		rest, short := b, 0
		for len(rest) > 0 && messages > 0 {
			var u core.Upcall
			if u, rest, short, err = parseRecord(rest, id); err != nil {
				return nil, 0, err
			}
			if short > 0 {
				break
			}
			count, _ := weight(&u)
			messages -= count
			list = append(list, u)
		}
		if len(list) > 0 {
			return list, g.from + size - int64(len(rest)), nil
		}
		if size = int64(short); size == 0 || g.from+size > g.to {
			return nil, 0, errSpillRecord
		}
	}
}

// advance takes off the first segment what was read of it, and reports whether there is more in it. Files that are read to their end go.
func (s *spill) advance(next int64, messages, bytes int) (more bool) {
	g := &s.segments[0]
	g.from = next
	s.messages -= messages
	s.bytes -= bytes
	if g.from < g.to {
		return true
	}
	g.file.left--
	s.segments = s.segments[1:]
	s.freeRead()
	return false
}
