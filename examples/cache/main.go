// Cache keeps rows of a slow database in the memory of a few processes, each its own, without anybody ever reading an old one.
//
//	go run ./examples/cache
//
// runs three members in this process, over loopback, with readers and writers on all of them, has one leave in the middle, and says how
// often the database was spared and whether any read was older than what had been read or written before it began.
//
// A write goes in three steps. It is announced to the group, and every member drops its copy and keeps no other; when all have, the
// database is written; then the end is announced, and members may keep copies again. So at no time are there two rows to be read. The
// rest is about who is not there when it should be: a member that is cut off, one that joins in the middle, a writer that dies.
//
// Read cache.go; source.go is the database, in forty lines.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

func main() {
	length := flag.Duration("for", 5*time.Second, "how long to read and write")
	flag.Parse()
	ctx := context.Background()
	key, err := lockstep.GenerateKey()
	if err != nil {
		log.Fatal(err)
	}
	var nodes []*lockstep.Node
	var seeds []string
	for _, name := range []string{"a", "b", "c"} {
		node, err := lockstep.Start(ctx, lockstep.Config{Name: name, Listen: "127.0.0.1:0", Seeds: seeds, Key: key, Timing: lockstep.Local()})
		if err != nil {
			log.Fatal(err)
		}
		defer node.Close()
		nodes, seeds = append(nodes, node), append(seeds, node.Addr().String())
	}
	if err := demonstrate(ctx, nodes, *length, os.Stdout); err != nil {
		log.Print(err)
	}
}

// demonstrate lets clients of all members read and write, and has the last member leave when half the time is over.
func demonstrate(ctx context.Context, nodes []*lockstep.Node, length time.Duration, out io.Writer) error {
	src := newSource(5 * time.Millisecond)
	var caches []*cache
	for _, node := range nodes {
		c := newCache(node, src)
		if err := c.group.Join(ctx); err != nil {
			return err
		}
		caches = append(caches, c)
	}
	w := newWitness()
	short, cancel := context.WithTimeout(ctx, grace+length/2)
	defer cancel()
	long, cancel := context.WithTimeout(ctx, grace+length)
	defer cancel()
	var clients sync.WaitGroup
	for i, c := range caches {
		ctx := long
		if i == len(caches)-1 {
			ctx = short
		}
		for range 8 {
			clients.Go(func() { w.client(ctx, c, 20, 500) })
		}
	}
	<-short.Done()
	err := caches[len(caches)-1].group.Leave(ctx)
	clients.Wait()
	hits := 0
	for _, c := range caches {
		hits += c.hits
	}
	fmt.Fprintf(out, "%d reads, %d of them from a copy; %d writes; %d reads were old\n", w.reads, hits, w.writes, w.old)
	return err
}

// A witness watches what clients see. Rows are numbers that grow, so that old and new can be told apart.
type witness struct {
	turn chan struct{} // of the one client that may write: then the greater number is also the later

	mu                 sync.Mutex
	known              map[string]int // by key: the greatest number that some client has read, or has finished to write
	last               int            // written, of all keys
	reads, writes, old int
}

func newWitness() *witness { return &witness{turn: make(chan struct{}, 1), known: map[string]int{}} }

// client reads keys at random, and at about one time of so many writes one instead; 0: never.
func (w *witness) client(ctx context.Context, c *cache, keys, oneOf int) {
	for ctx.Err() == nil {
		key := fmt.Sprint("key ", rand.IntN(keys))
		if oneOf > 0 && rand.IntN(oneOf) == 0 {
			w.write(ctx, c, key)
		} else {
			w.read(ctx, c, key)
		}
		select {
		case <-time.After(time.Millisecond): // a client has other things to do
		case <-ctx.Done():
		}
	}
}

func (w *witness) read(ctx context.Context, c *cache, key string) {
	w.mu.Lock()
	least := w.known[key]
	w.mu.Unlock()
	row, err := c.read(ctx, key)
	if err != nil {
		return
	}
	n, err := strconv.Atoi("0" + row)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads++
	if err != nil || n < least {
		w.old++
	}
	w.known[key] = max(w.known[key], n)
}

// write writes a greater number than anybody has written.
func (w *witness) write(ctx context.Context, c *cache, key string) {
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return
	}
	w.mu.Lock()
	w.last++
	n := w.last
	w.mu.Unlock()
	err := c.write(ctx, key, strconv.Itoa(n))
	if err != nil && !errors.Is(err, errOvertaken) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.writes++; err == nil {
		w.known[key] = max(w.known[key], n)
	}
}
