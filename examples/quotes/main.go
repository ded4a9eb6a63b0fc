// Quotes is the program of the README: prices and locks, replicated in the memory of every process that runs it.
//
//	go run ./examples/quotes                                                                             alone, with a fresh key
//	go run ./examples/quotes -name b -listen :7947 -seeds 127.0.0.1:7946 -key-file k                     beside another
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"strings"

	"github.com/lockstep-go/lockstep"
)

// The Go type of a message chooses its handler.
type (
	Update struct {
		Key   string
		Value float64
	}
	Lookup  struct{ Key string }
	Acquire struct{ Lock string }
)

// Held is who has a lock, and since which place in the group's order: a number that only grows, so a resource can refuse the past.
type Held struct {
	By    lockstep.Member
	Fence lockstep.Position
}

// quotes joins the group, and uses it.
func quotes(ctx context.Context, node *lockstep.Node, out io.Writer) error {
	// The replicated state: plain maps. Only handlers and callbacks touch them, one at a time, so they need no lock.
	values, locks := map[string]float64{}, map[string]Held{}

	g := node.Group("quotes", lockstep.GroupConfig{})
	g.OnView(func(ctx context.Context, v lockstep.View) {
		log.Println(node.Self(), "sees", v)
		for lock, h := range locks { // each is looked at by itself, so the map's order does not matter
			if !v.Contains(h.By) {
				delete(locks, lock)
			}
		}
	})
	lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, u Update) { values[u.Key] = u.Value })
	lockstep.HandleQuery(g, func(ctx context.Context, m lockstep.Message, l Lookup) (float64, error) { return values[l.Key], nil })
	lockstep.HandleApply(g, func(ctx context.Context, m lockstep.Message, a Acquire) (bool, error) {
		if _, taken := locks[a.Lock]; taken {
			return false, nil
		}
		locks[a.Lock] = Held{By: m.Sender, Fence: m.Position}
		return true, nil
	})

	// What a joiner receives.
	type state struct {
		Values map[string]float64
		Locks  map[string]Held
	}
	g.OnState(lockstep.State{
		Save: func(lockstep.View) (io.WriterTo, error) {
			b, err := json.Marshal(state{values, locks})
			return bytes.NewReader(b), err
		},
		Load: func(ctx context.Context, r io.Reader) error {
			s := state{map[string]float64{}, map[string]Held{}}
			err := json.NewDecoder(r).Decode(&s)
			values, locks = s.Values, s.Locks
			return err
		},
	})
	if err := g.Join(ctx); err != nil { // nil: the state is here, and the first view was seen
		return err
	}

	if err := g.OrderedSend(ctx, Update{"Harry", 20.75}); err != nil { // nil: queued, in this member's order
		return err
	}
	replies, err := lockstep.Query[float64](ctx, g, lockstep.All, Lookup{"Harry"})
	if err != nil {
		return err
	}
	for _, r := range replies.Answers { // the question was ordered after the update, so everybody answers 20.75
		fmt.Fprintln(out, r.Member.Name, "says", r.Value)
	}
	granted, err := lockstep.Apply[bool](ctx, g, Acquire{"printer"})
	if errors.Is(err, lockstep.ErrUncertain) {
		return fmt.Errorf("the printer may be ours or not; see the README's recipe: %w", err)
	}
	fmt.Fprintln(out, node.Self().Name, "has the printer:", granted)
	return err
}

func main() {
	name := flag.String("name", "a", "this member's name")
	listen := flag.String("listen", ":7946", "where to listen, UDP and TCP")
	seeds := flag.String("seeds", "", "where others are, HOST:PORT,HOST:PORT; empty: begin alone")
	keyFile := flag.String("key-file", "", "the cluster's key; empty: a fresh one, which nobody else has")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	key, err := lockstep.GenerateKey()
	if *keyFile != "" {
		key, err = lockstep.LoadKey(*keyFile)
	}
	if err != nil {
		log.Fatal(err)
	}
	node, err := lockstep.Start(ctx, lockstep.Config{
		Name: *name, Listen: *listen, Seeds: strings.FieldsFunc(*seeds, func(r rune) bool { return r == ',' }), Key: key,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer node.Close()
	if err := quotes(ctx, node, os.Stdout); err != nil {
		log.Print(err)
		return
	}
	if *keyFile != "" {
		log.Print("in the group until interrupted")
		<-ctx.Done()
	}
}
