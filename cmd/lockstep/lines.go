package main

// Lines of JSON on standard output: whole, in order, and written at once.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// linesMost is how many bytes may wait for a slow reader; beyond that, whoever prints waits too, and with it the group.
const linesMost = 1 << 20

// lines writes one JSON object a line. A goroutine of its own does the writing, so that what comes while it writes goes out
// together next time; a line never waits for another. Any goroutine may print.
type lines struct {
	w io.Writer

	mu     sync.Mutex
	change sync.Cond // on mu: waiting, writing, closed or err changed
	buf    bytes.Buffer
	enc    *json.Encoder // into buf
	closed bool
	err    error

	// tracing stamps each line with the time and makes print wait until it is written, so that whoever is killed has told all
	// that it saw. Set it before the first print.
	tracing bool
	queued  int64 // bytes that were ever put into buf
	written int64 // of these

	failed chan struct{} // closed at the first error of w
	done   chan struct{} // closed when the goroutine has ended
}

func newLines(w io.Writer) *lines {
	l := &lines{w: w, failed: make(chan struct{}), done: make(chan struct{})}
	l.change.L = &l.mu
	l.enc = json.NewEncoder(&l.buf)
	l.enc.SetEscapeHTML(false)
	go l.write()
	return l
}

// print queues one line. It blocks while linesMost bytes wait. After an error of the writer, and after close, it drops the line.
func (l *lines) print(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.buf.Len() > linesMost && l.err == nil && !l.closed {
		l.change.Wait()
	}
	if l.err != nil || l.closed {
		return
	}
	n := l.buf.Len()
	if err := l.enc.Encode(v); err != nil {
		l.buf.Truncate(n)
		_ = l.enc.Encode(errorEvent{Ev: "error", Op: "print", Error: err.Error()})
	}
	if l.tracing {
		l.buf.Truncate(l.buf.Len() - len("}\n"))
		fmt.Fprintf(&l.buf, ",\"at\":%d}\n", monotonic())
	}
	l.queued += int64(l.buf.Len() - n)
	l.change.Broadcast()
	for mine := l.queued; l.tracing && l.written < mine && l.err == nil; {
		l.change.Wait()
	}
}

// trace is print for lines that only a traced node prints.
func (l *lines) trace(v any) {
	if l.tracing {
		l.print(v)
	}
}

func (l *lines) write() {
	defer close(l.done)
	var out bytes.Buffer
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for l.buf.Len() == 0 {
			if l.closed {
				return
			}
			l.change.Wait()
		}
		out.Reset()
		out.Write(l.buf.Bytes())
		l.buf.Reset()
		l.change.Broadcast()
		l.mu.Unlock()
		_, err := l.w.Write(out.Bytes())
		l.mu.Lock()
		if err != nil {
			l.err = err
			l.change.Broadcast()
			close(l.failed)
			return
		}
		l.written += int64(out.Len())
		l.change.Broadcast()
	}
}

// close waits until everything is written and gives the first error. Later lines are dropped.
func (l *lines) close() error {
	l.mu.Lock()
	l.closed = true
	l.change.Broadcast()
	l.mu.Unlock()
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
