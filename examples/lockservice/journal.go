package main

// What a member process writes down about its clients: when each believed that it held a lock. The parent reads it after the end,
// also that of a process that was killed.

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

// A journal is a file of lines, each a letter, a time of CLOCK_MONOTONIC in nanoseconds, and more:
//
//	m TIME MEMBER                             the first line: whose journal this is
//	v TIME VIEW MEMBER...                     a primary view with its members
//	g TIME LOCK FENCE CLIENT WAIT QUEUED      the client knows that it holds the lock; it waited WAIT ns, 1: others were before it
//	r TIME LOCK FENCE CLIENT                  the client is about to give it back
//	l TIME LOCK FENCE CLIENT                  the client was told that the lock is lost: its member was out of the group
//	u TIME LOCK FENCE CLIENT                  the resource took what the client did under this fence
//	s TIME LOCK FENCE CLIENT                  the resource refused it, for it had seen a greater fence
//
// Times never decrease from line to line. Lines go to the file every few milliseconds, so a killed process loses its last few, and
// never one from the middle. Any goroutine may write.
type journal struct {
	clock func() int64

	mu   sync.Mutex
	file *os.File
	w    *bufio.Writer
	line []byte
	err  error
	stop chan struct{}
	done chan struct{}
}

// journalFlush is how much of its end a killed process may lose.
const journalFlush = 5 * time.Millisecond

// newJournal creates the file. close ends the goroutine that it starts.
func newJournal(path string, m lockstep.Member) (*journal, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &journal{clock: newClock(), file: f, w: bufio.NewWriterSize(f, 1<<18), stop: make(chan struct{}), done: make(chan struct{})}
	j.write('m', m.String())
	go j.flushOften()
	return j, nil
}

func (j *journal) flushOften() {
	defer close(j.done)
	tick := time.NewTicker(journalFlush)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-j.stop:
			return
		}
		j.mu.Lock()
		j.flush()
		j.mu.Unlock()
	}
}

// flush keeps the first error for close. The lock is held.
func (j *journal) flush() {
	if err := j.w.Flush(); err != nil && j.err == nil {
		j.err = err
	}
}

// write adds one line, with the time taken while nobody else writes.
func (j *journal) write(kind byte, words ...string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := j.begin(kind)
	for _, w := range words {
		b = append(append(b, ' '), w...)
	}
	j.end(b)
}

// lock adds one line about a lock.
func (j *journal) lock(kind byte, lock string, fence lockstep.Position, client uint32) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.end(appendLock(j.begin(kind), lock, fence, client))
}

// granted adds the line for a lock that a client now holds.
func (j *journal) granted(lock string, fence lockstep.Position, client uint32, wait time.Duration, queued bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	b := appendLock(j.begin('g'), lock, fence, client)
	b = strconv.AppendInt(append(b, ' '), wait.Nanoseconds(), 10)
	if queued {
		b = append(b, " 1"...)
	} else {
		b = append(b, " 0"...)
	}
	j.end(b)
}

func (j *journal) begin(kind byte) []byte {
	b := append(j.line[:0], kind, ' ')
	return strconv.AppendInt(b, j.clock(), 10)
}

func appendLock(b []byte, lock string, fence lockstep.Position, client uint32) []byte {
	b = append(append(b, ' '), lock...)
	b = strconv.AppendUint(append(b, ' '), fence.Uint64(), 10)
	return strconv.AppendUint(append(b, ' '), uint64(client), 10)
}

func (j *journal) end(b []byte) {
	j.line = append(b, '\n')
	// Once the buffer is full, Write goes to the file at once: memory stays bounded however slow the disk is.
	if _, err := j.w.Write(j.line); err != nil && j.err == nil {
		j.err = err
	}
}

// close writes what is left and returns the first error there was.
func (j *journal) close() error {
	close(j.stop)
	<-j.done
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flush()
	if err := j.file.Close(); err != nil && j.err == nil {
		j.err = err
	}
	return j.err
}
