package lockstep

// Temporary files, of which nothing remains whatever becomes of the process.
//
// They hold what memory is not to hold, so they go past the system's page cache, where the system lets them: the cache's pages are memory
// too, which the application or its container has less of; to fill them takes more of the processor than all else that is done with a
// state; and thousands of them that are written back in one moment hold up whoever writes then.

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	scratchBlock = 2 << 20 // bytes that are written at once: a busy processor is waited for before each write, and again behind it
	scratchAlign = 4 << 10 // of places and lengths on a disk, in bytes

	shrinkPiece = 8 << 20 // bytes given back at once
	shrinkPause = 2 * time.Millisecond
)

// A scratchFile is a temporary file. Where the system allows it its name is removed as soon as it is open, so that its room is given back
// even when the process is killed. One goroutine at a time appends; others may read meanwhile what was appended.
type scratchFile struct {
	file  *os.File
	named bool // the name could not be removed while the file is open

	mu     sync.Mutex
	past   bool   // it goes past the page cache: in whole blocks, and what is less in whole pieces of scratchAlign
	onDisk int64  // so many bytes are in the file
	tail   []byte // what is not yet, less than a block
	ended  bool   // nothing more is appended
}

// newScratchFile makes one in dir, or in the system's directory for temporary files.
func newScratchFile(dir, pattern string) (*scratchFile, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return &scratchFile{file: f, named: os.Remove(f.Name()) != nil, past: passCache(f, true) == nil}, nil
}

// end is how many bytes were appended.
func (f *scratchFile) end() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.onDisk + int64(len(f.tail))
}

// append adds p and returns where it begins. It blocks while the disk does. After an error nothing that was appended last can be read.
func (f *scratchFile) append(p []byte) (at int64, err error) {
	at = f.end()
	for len(p) > 0 {
		f.mu.Lock()
		if f.ended {
			f.mu.Unlock()
			return at, os.ErrClosed
		}
		if f.tail == nil {
			f.tail = make([]byte, 0, scratchBlock) // memory of this size begins at a page
		}
		n := copy(f.tail[len(f.tail):cap(f.tail)], p)
		f.tail = f.tail[:len(f.tail)+n]
		full := len(f.tail) == cap(f.tail)
		f.mu.Unlock()
		if p = p[n:]; full {
			if err := f.flush(); err != nil {
				return at, err
			}
		}
	}
	return at, nil
}

// finish writes what is left, and gives back its memory. Nothing is appended afterwards.
func (f *scratchFile) finish() error {
	err := f.flush()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tail, f.ended = nil, true
	return err
}

// flush writes the tail, and what a disk's piece lacks as zeros behind it. Only who appends changes the tail, so it is read meanwhile.
func (f *scratchFile) flush() error {
	f.mu.Lock()
	at, n, past := f.onDisk, len(f.tail), f.past
	block := f.tail[:(n+scratchAlign-1)&^(scratchAlign-1)]
	f.mu.Unlock()
	clear(block[n:])
	_, err := f.file.WriteAt(block, at)
	if past && errors.Is(err, syscall.EINVAL) && passCache(f.file, false) == nil {
		past = false // it was promised, and is not kept
		_, err = f.file.WriteAt(block, at)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onDisk, f.tail, f.past = at+int64(n), f.tail[:0], past
	return nil
}

// ReadAt is that of io.ReaderAt.
func (f *scratchFile) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		f.mu.Lock()
		here, past := f.onDisk-at, f.past
		if here <= 0 {
			if -here < int64(len(f.tail)) {
				n += copy(p[n:], f.tail[-here:])
			}
			f.mu.Unlock()
			break
		}
		f.mu.Unlock()
		piece := p[n:min(len(p), n+int(min(here, scratchBlock)))]
		k, err := f.fetch(piece, at, past)
		n, at = n+k, at+int64(k)
		if err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// fetch reads what is in the file. Past the page cache it reads whole pieces, and gives what was asked for of them.
func (f *scratchFile) fetch(p []byte, at int64, past bool) (int, error) {
	if !past {
		return f.file.ReadAt(p, at)
	}
	skip := int(at & (scratchAlign - 1))
	if skip == 0 && len(p)&(scratchAlign-1) == 0 {
		if n, err := f.file.ReadAt(p, at); err == nil {
			return n, nil
		} // else that memory will not do
	}
	room := make([]byte, (skip+len(p)+scratchAlign-1)&^(scratchAlign-1))
	n, err := f.file.ReadAt(room, at-int64(skip))
	if n < skip+len(p) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return 0, err
	}
	return copy(p, room[skip:]), nil
}

// shrink gives back the file's room little by little, from its end, so that others come between; nobody uses it any more. It blocks until
// little is left, or ctx ends.
func (f *scratchFile) shrink(ctx context.Context, size int64) {
	for size -= shrinkPiece; size > 0; size -= shrinkPiece {
		if f.file.Truncate(size) != nil || !pause(ctx, shrinkPause) {
			return
		}
	}
}

// drop gives back the file. It may be in use; who uses it gets an error.
func (f *scratchFile) drop() {
	f.file.Close()
	if f.named {
		_ = os.Remove(f.file.Name())
	}
}
