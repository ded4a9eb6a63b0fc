// Leader elects one of a few processes and has it do what only one may do, with a fence against those who do not know yet that
// they were voted out.
//
// A vault, and three candidates, each in a terminal of its own (go run ./cmd/lockstep keygen -out k makes the key):
//
//	go run ./examples/leader -vault 127.0.0.1:8090
//	go run ./examples/leader -name a -listen 127.0.0.1:7001 -seeds 127.0.0.1:7002,127.0.0.1:7003 -size 3 -key-file k
//	go run ./examples/leader -name b -listen 127.0.0.1:7002 -seeds 127.0.0.1:7001,127.0.0.1:7003 -size 3 -key-file k
//	go run ./examples/leader -name c -listen 127.0.0.1:7003 -seeds 127.0.0.1:7001,127.0.0.1:7002 -size 3 -key-file k
//
// One of them leads, and writes into the vault every second. Kill it: another does within a third of a second. Stop it instead (Ctrl-Z)
// and wait for the other; then let it go on (fg): in the moment before it learns what happened it may try to write, and the vault
// refuses it, because its fence is lower.
//
// Read election.go first: the election is one handler and one callback. vault.go is what has to be on the other side.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep"
)

func main() {
	name := flag.String("name", "a", "this candidate's name")
	listen := flag.String("listen", ":7946", "where to listen, UDP and TCP")
	seeds := flag.String("seeds", "", "where the others are, `HOST:PORT,HOST:PORT`; empty: begin alone")
	keyFile := flag.String("key-file", "", "the cluster's key, as lockstep keygen writes it")
	size := flag.Int("size", 0, "how many candidates vote; 0: the last primary view decides")
	url := flag.String("url", "http://127.0.0.1:8090/", "the vault that the leader writes to")
	serve := flag.String("vault", "", "be the vault, at `HOST:PORT`, and no candidate")
	flag.Parse()
	if *serve != "" {
		log.Fatal((&http.Server{Addr: *serve, Handler: &vault{}, ReadHeaderTimeout: time.Second}).ListenAndServe())
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	key, err := lockstep.LoadKey(*keyFile)
	if err != nil {
		log.Fatal(err)
	}
	node, err := lockstep.Start(ctx, lockstep.Config{
		Name: *name, Listen: *listen, Key: key, Seeds: strings.FieldsFunc(*seeds, func(r rune) bool { return r == ',' }),
	})
	if err != nil {
		log.Fatal(err)
	}
	e := newElection(node, *size, func(ctx context.Context, fence lockstep.Position) {
		log.Print(node.Self(), " leads, with fence ", fence.Uint64())
		err := work(ctx, time.Second, func(n int) error {
			return post(ctx, *url, fence, fmt.Sprintf("%v, fence %d, entry %d", node.Self(), fence.Uint64(), n))
		})
		log.Print(node.Self(), " leads no more: ", err)
	})
	if err = e.stand(ctx); err == nil {
		log.Print(node.Self(), " is a candidate in ", e.group.View())
		select {
		case <-ctx.Done():
		case <-e.group.Done():
			err = e.group.Err()
		}
	}
	_ = node.Close() // the others elect the next without having to be sure that this one is dead
	e.stop()         // no upcall runs any more
	e.wait()
	if err != nil && ctx.Err() == nil {
		log.Fatal(err)
	}
}

// work writes an entry at every interval, until ctx ends or the vault has seen a later leader. A vault that is away is asked again.
func work(ctx context.Context, every time.Duration, write func(n int) error) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 1; ; n++ {
		if err := write(n); errors.Is(err, errStale) {
			return err
		} else if err != nil {
			log.Print(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
