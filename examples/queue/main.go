// Queue is a work queue in the memory of its workers. Idle workers ask the coordinator, which is the oldest of them, for work. All have
// the whole table of jobs, so when the coordinator dies the next oldest goes on in the middle of it, and what a dead worker had in
// hand is given to another.
//
// Each in a terminal of its own (go run ./cmd/lockstep keygen -out k makes the key):
//
//	go run ./examples/queue -name a -listen 127.0.0.1:7001 -seeds 127.0.0.1:7002,127.0.0.1:7003 -size 3 -key-file k
//	go run ./examples/queue -name b -listen 127.0.0.1:7002 -seeds 127.0.0.1:7001,127.0.0.1:7003 -size 3 -key-file k
//	go run ./examples/queue -name c -listen 127.0.0.1:7003 -seeds 127.0.0.1:7001,127.0.0.1:7002 -size 3 -key-file k
//
// Each line typed at any of them is a job; its result is printed where it was typed. Paste twenty, and kill -9 whom you like, as long as
// two are left: all results come.
//
// A job is run at least once, and finished exactly once. Who was taken for dead and was not may have run it too, so what it does outside
// must be harmless twice, or be guarded by the position of its run, as in examples/leader.
//
// Read table.go, then crew.go.
package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep"
)

func main() {
	name := flag.String("name", "a", "this worker's name")
	listen := flag.String("listen", ":7946", "where to listen, UDP and TCP")
	seeds := flag.String("seeds", "", "where the others are, `HOST:PORT,HOST:PORT`; empty: begin alone")
	keyFile := flag.String("key-file", "", "the cluster's key, as lockstep keygen writes it")
	size := flag.Int("size", 0, "how many workers vote; 0: the last primary view decides")
	takes := flag.Duration("takes", 2*time.Second, "how long a job takes")
	flag.Parse()

	key, err := lockstep.LoadKey(*keyFile)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	node, err := lockstep.Start(ctx, lockstep.Config{
		Name: *name, Listen: *listen, Key: key, Seeds: strings.FieldsFunc(*seeds, func(r rune) bool { return r == ',' }),
	})
	if err != nil {
		log.Fatal(err)
	}
	c := newCrew(node, *size, capitals(*takes), func(r Run, result string) {
		if r.Job.By == node.Self() {
			fmt.Println(r.Worker.Name, "made", result)
		}
	})
	if err := c.join(ctx); err != nil {
		log.Fatal(err)
	}
	log.Print("at work in ", c.group.View())
	go func() { // a membership that ends by itself is the end of the program
		<-c.group.Done()
		if err := c.group.Err(); !errors.Is(err, lockstep.ErrLeft) && !errors.Is(err, lockstep.ErrClosed) {
			log.Fatal(err)
		}
	}()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if err := c.submit(ctx, rand.Text(), lines.Text()); err != nil {
			log.Print(err)
			break
		}
	}
	if err := node.Close(); err != nil {
		log.Print(err)
	}
	c.stop()
}

// capitals is what the workers of this program do. It takes a while, and ends early when the job was given to another.
func capitals(takes time.Duration) func(ctx context.Context, text string) string {
	return func(ctx context.Context, text string) string {
		select {
		case <-time.After(takes):
		case <-ctx.Done():
		}
		return strings.ToUpper(text)
	}
}
