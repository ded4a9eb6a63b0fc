package main

// One member by hand: "lock NAME", "unlock NAME" and "list" on standard input.

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/lockstep-go/lockstep"
)

// A terminal is the member as a person drives it.
type terminal struct {
	member *member

	mu    sync.Mutex
	out   io.Writer
	mine  map[string]*desire
	count uint32
	wait  sync.WaitGroup
}

// A desire is a lock that the person has asked for.
type desire struct {
	cancel context.CancelFunc
	held   *held // nil while waiting
}

// runInteractive is the whole life of the member. It ends with the input.
func runInteractive(o options, in io.Reader, out io.Writer) error {
	node, err := startNode(o)
	if err != nil {
		return err
	}
	t := &terminal{out: out, mine: map[string]*desire{}}
	t.member = newMember(node, o.size, hooks{view: t.sawView})
	t.say("%v on %v; waiting for the other members", node.Self(), node.Addr())
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	lines := readLines(in)
	joined := make(chan error, 1)
	go func() { joined <- t.member.join(ctx) }()
	for ready := false; ; {
		select {
		case err := <-joined:
			if err != nil {
				return fmt.Errorf("%w (node: %v)", err, node.Close())
			}
			ready = true
			t.say("ready: lock NAME, unlock NAME, list")
		case <-t.ended(ready):
			return fmt.Errorf("%w (node: %v)", t.member.group.Err(), node.Close())
		case line, ok := <-lines:
			if !ok {
				cancel()
				err := t.member.close()
				t.wait.Wait()
				return err
			}
			if !ready {
				t.say("not yet: no table")
				continue
			}
			t.obey(ctx, line)
		}
	}
}

// ended is the end of the membership, if there is one.
func (t *terminal) ended(joined bool) <-chan struct{} {
	if !joined {
		return nil
	}
	return t.member.group.Done()
}

func readLines(in io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(in)
		for s.Scan() {
			lines <- s.Text()
		}
	}()
	return lines
}

func (t *terminal) say(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format+"\n", args...)
}

func (t *terminal) sawView(v lockstep.View, passes []pass) {
	t.say("members: %v", v.Members)
	for _, p := range passes {
		if p.To.Member.IsZero() {
			t.say("%s: free, %v is gone", p.Lock, p.From)
		} else {
			t.say("%s: passed on from %v to %v, fence %d", p.Lock, p.From, p.To, p.To.Fence.Uint64())
		}
	}
}

func (t *terminal) obey(ctx context.Context, line string) {
	words := strings.Fields(line)
	switch {
	case len(words) == 0:
	case len(words) == 2 && words[0] == "lock":
		t.lock(ctx, words[1])
	case len(words) == 2 && words[0] == "unlock":
		t.unlock(words[1])
	case len(words) == 1 && words[0] == "list":
		t.list(ctx)
	default:
		t.say("lock NAME, unlock NAME, list")
	}
}

// lock asks for a lock and goes on; the answer is printed when it comes.
func (t *terminal) lock(ctx context.Context, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.mine[name] != nil {
		fmt.Fprintf(t.out, "%s: asked for already\n", name)
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	d := &desire{cancel: cancel}
	t.mine[name] = d
	t.count++
	client := t.count
	t.wait.Go(func() {
		h, err := t.member.acquire(ctx, name, client)
		t.mu.Lock()
		defer t.mu.Unlock()
		if err != nil {
			delete(t.mine, name)
			fmt.Fprintf(t.out, "%s: %v\n", name, err)
			return
		}
		d.held = &h
		fmt.Fprintf(t.out, "%s: locked, fence %d\n", name, h.fence.Uint64())
	})
}

// unlock gives a lock back, or ends the waiting for it.
func (t *terminal) unlock(name string) {
	t.mu.Lock()
	d := t.mine[name]
	if d == nil || d.held == nil {
		t.mu.Unlock()
		if d == nil {
			t.say("%s: not locked here", name)
		} else {
			d.cancel()
		}
		return
	}
	delete(t.mine, name)
	t.mu.Unlock()
	switch err := t.member.release(*d.held); {
	case err != nil:
		t.say("%s: %v", name, err)
	case d.held.isLost():
		t.say("%s: was lost, for this member was out of the group", name)
	default:
		t.say("%s: unlocked", name)
	}
}

// list prints the table as it is at one place of the order.
func (t *terminal) list(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	replies, err := lockstep.Query[[]Row](ctx, t.member.group, lockstep.AtLeast(1), List{})
	if err != nil {
		t.say("list: %v", err)
		return
	}
	if len(replies.Answers) == 0 || replies.Answers[0].Err != nil {
		t.say("list: nobody answered")
		return
	}
	rows := replies.Answers[0].Value
	t.say("%d locks are held", len(rows))
	for _, r := range rows {
		t.say("%s: %s, fence %d, waiting: %v", r.Lock, r.Holder, r.Fence, r.Waiters)
	}
}
