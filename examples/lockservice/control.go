package main

// One member process as the parent drives it: commands come in on standard input, one a line; events go out on standard output,
// one JSON object a line. The end of the input ends the process.

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

// An event is one line to the parent. Ev is its kind: joined, view, held, gone, stopped, tables, error.
type event struct {
	Ev      string
	Member  string    `json:",omitempty"` // joined: who this process is
	Members []string  `json:",omitempty"` // view
	Left    []string  `json:",omitempty"` // view: who went, and why
	Locks   int       `json:",omitempty"` // joined: held in the table that was loaded; view: passed on or set free
	Passed  int       `json:",omitempty"` // view: how many of these went to a waiter
	Lock    string    `json:",omitempty"` // held, gone
	Fence   uint64    `json:",omitempty"` // held
	Stuck   int64     `json:",omitempty"` // stopped: clients that were still waiting
	At      string    `json:",omitempty"` // tables: the position
	Tables  []reading `json:",omitempty"` // tables
	Error   string    `json:",omitempty"`
}

// joinTime bounds the wait for the other members to come up; askTime the answer to a question.
const (
	joinTime = 60 * time.Second
	askTime  = 10 * time.Second
)

// A driven is a member process under the parent's control.
type driven struct {
	member  *member
	clients *clients
	journal *journal

	mu   sync.Mutex
	out  *json.Encoder
	keep map[string]chan struct{} // locks kept at the parent's word; closed to give one back
	wait sync.WaitGroup
}

// runDriven is the whole life of a member process.
func runDriven(o options, in io.Reader, out io.Writer) error {
	d := &driven{out: json.NewEncoder(out), keep: map[string]chan struct{}{}}
	node, err := startNode(o)
	if err != nil {
		return err
	}
	if d.journal, err = newJournal(o.journal, node.Self()); err != nil {
		return err
	}
	h, forge, err := sabotaged(o.sabotage, node.Self)
	if err != nil {
		return err
	}
	h.view = d.sawView
	d.member = newMember(node, o.size, h)
	res, err := dialResource(o.resource)
	if err != nil {
		return err
	}
	defer res.close()
	d.clients = &clients{
		member: d.member, journal: d.journal, resource: res,
		count: o.clients, locks: o.locks, forge: forge,
	}
	ctx, cancel := context.WithTimeout(context.Background(), joinTime)
	defer cancel()
	if err := d.member.join(ctx); err != nil {
		return err
	}
	d.emit(event{Ev: "joined", Member: node.Self().String()})
	err = d.obey(in)
	d.dropAll()
	if cerr := d.member.close(); err == nil {
		err = cerr
	}
	if cerr := d.journal.close(); err == nil {
		err = cerr
	}
	return err
}

// obey carries out commands until "exit" or the end of the input.
func (d *driven) obey(in io.Reader) error {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "go":
			d.clients.start()
		case "stop":
			stuck, err := d.clients.finish()
			if err != nil {
				return err
			}
			d.emit(event{Ev: "stopped", Stuck: stuck})
		case "hold":
			d.hold(rest)
		case "drop":
			d.drop(rest)
		case "tables":
			if err := d.tables(); err != nil {
				return err
			}
		case "exit":
			return nil
		default:
			return fmt.Errorf("no command %q", word)
		}
	}
	return lines.Err()
}

func (d *driven) emit(e event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_ = d.out.Encode(e) // a parent that does not listen any more closes the input too
}

// sawView runs on the group's goroutine: it writes the view down before any client hears of a lock that it passes on.
func (d *driven) sawView(v lockstep.View, passes []pass) {
	words := []string{v.ID.String()}
	e := event{Ev: "view", Locks: len(passes)}
	for _, m := range v.Members {
		words = append(words, m.String())
		e.Members = append(e.Members, m.String())
	}
	for _, l := range v.Left {
		e.Left = append(e.Left, l.String())
	}
	for _, p := range passes {
		if !p.To.Member.IsZero() {
			e.Passed++
		}
	}
	d.journal.write('v', words...)
	d.emit(e)
}

// hold has one more client, beside the many, take a lock and keep it.
func (d *driven) hold(lock string) {
	end := make(chan struct{})
	d.mu.Lock()
	d.keep[lock] = end
	client := uint32(d.clients.count + len(d.keep))
	d.mu.Unlock()
	d.wait.Go(func() {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		stop := make(chan struct{})
		defer close(stop)
		d.wait.Go(func() { // who is told to drop the lock before it was granted waits no longer
			select {
			case <-end:
				cancel()
			case <-stop:
			}
		})
		h, err := d.member.acquire(ctx, lock, client)
		if err != nil {
			d.emit(event{Ev: "gone", Lock: lock, Error: err.Error()})
			return
		}
		d.journal.granted(h.lock, h.fence, h.client, h.wait, h.queued)
		d.emit(event{Ev: "held", Lock: lock, Fence: h.fence.Uint64()})
		<-end
		d.journal.lock('r', h.lock, h.fence, h.client)
		if err := d.member.release(h); err != nil {
			d.emit(event{Ev: "error", Error: err.Error()})
			return
		}
		d.emit(event{Ev: "gone", Lock: lock})
	})
}

// drop gives back a lock that hold has taken.
func (d *driven) drop(lock string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if end := d.keep[lock]; end != nil {
		close(end)
		delete(d.keep, lock)
	}
}

func (d *driven) dropAll() {
	d.mu.Lock()
	for lock, end := range d.keep {
		close(end)
		delete(d.keep, lock)
	}
	d.mu.Unlock()
	d.wait.Wait()
}

// tables asks all members, at one position, what their table looks like.
func (d *driven) tables() error {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	replies, err := lockstep.Query[Sum](ctx, d.member.group, lockstep.All, Digest{})
	if err != nil {
		return err
	}
	e := event{Ev: "tables", At: replies.Position.String()}
	for _, a := range replies.Answers {
		if a.Err != nil {
			return a.Err
		}
		e.Tables = append(e.Tables, reading{a.Member.String(), a.Value.Hash, a.Value.Ops, a.Value.Locks})
	}
	d.emit(e)
	return nil
}
