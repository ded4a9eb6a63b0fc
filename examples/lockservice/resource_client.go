package main

// A member process's way to the resource: one connection for all its clients, each of which waits for the answer to its own question.

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// A resourceClient asks for many clients at once: what they ask while the resource works on the questions before goes out together once
// these are answered. So a busy member's questions cost few system calls, and a single one waits for nothing.
type resourceClient struct {
	conn net.Conn
	done chan struct{} // closed when nothing is read any more

	mu    sync.Mutex
	next  []byte      // the lines that go out next
	spare []byte      // a buffer for the lines after those
	asked []chan bool // one for each line that went out and has no answer, in their order; closed when none will come
	later []chan bool // one for each line of next
	err   error       // why no answer will come any more
}

// resourceTimeout is how long a client waits for the resource.
const resourceTimeout = 10 * time.Second

func dialResource(addr string) (*resourceClient, error) {
	c, err := net.DialTimeout("tcp", addr, resourceTimeout)
	if err != nil {
		return nil, fmt.Errorf("resource: %w", err)
	}
	rc := &resourceClient{conn: c, done: make(chan struct{})}
	go rc.read()
	return rc, nil
}

// use touches the resource and reports whether it took the fence. It waits for the answer. Any goroutine may call it.
func (rc *resourceClient) use(lock string, fence uint64) (ok bool, err error) {
	answer := make(chan bool, 1)
	if err := rc.ask(lock, fence, answer); err != nil {
		return false, err
	}
	late := time.NewTimer(resourceTimeout)
	defer late.Stop()
	select {
	case ok, answered := <-answer:
		if !answered {
			return false, rc.failure()
		}
		return ok, nil
	case <-late.C:
		return false, fmt.Errorf("resource: no answer within %v", resourceTimeout)
	}
}

// ask sends a line, or leaves it for when the answers to those before have come.
func (rc *resourceClient) ask(lock string, fence uint64, answer chan bool) error {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if rc.err == nil {
		rc.next = append(strconv.AppendUint(append(append(rc.next, lock...), ' '), fence, 10), '\n')
		rc.later = append(rc.later, answer)
		if len(rc.asked) == 0 {
			rc.write()
		}
	}
	return rc.err
}

// write sends the lines that wait. The lock is held: nobody waits for the resource under it, whose buffers have room for as many lines as a
// process has clients.
func (rc *resourceClient) write() {
	lines := rc.next
	rc.next, rc.spare = rc.spare[:0], lines
	rc.asked, rc.later = rc.later, nil
	if _, err := rc.conn.Write(lines); err != nil {
		rc.fail(err)
	}
}

// read hands answers to those who asked, until the connection ends.
func (rc *resourceClient) read() {
	defer close(rc.done)
	lines := bufio.NewReader(rc.conn)
	for {
		line, err := lines.ReadSlice('\n')
		if !rc.answered(string(line), err) {
			return
		}
	}
}

// answered takes in a line of the resource and reports whether there may be more.
func (rc *resourceClient) answered(line string, err error) bool {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	if err == nil && (len(rc.asked) == 0 || line != "ok\n" && line != "stale\n") {
		err = errors.New("it answered " + strconv.Quote(line))
	}
	if err != nil {
		rc.fail(err)
		return false
	}
	rc.asked[0] <- line == "ok\n" // it has room
	if rc.asked = rc.asked[1:]; len(rc.asked) == 0 && len(rc.later) > 0 {
		rc.write()
	}
	return true
}

// fail ends all waiting. The lock is held.
func (rc *resourceClient) fail(err error) {
	if rc.err == nil {
		rc.err = fmt.Errorf("resource: %w", err)
	}
	for _, answer := range append(rc.asked, rc.later...) {
		close(answer)
	}
	rc.asked, rc.later = nil, nil
	rc.conn.Close()
}

func (rc *resourceClient) failure() error {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return rc.err
}

// close ends the connection; call it when all users are done.
func (rc *resourceClient) close() {
	rc.conn.Close()
	<-rc.done
}
