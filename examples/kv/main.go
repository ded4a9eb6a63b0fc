// Kv is a key-value store in the memory of a few processes, behind HTTP. Any of them may be asked anything; they all have the same.
//
//	go run ./examples/kv                                     alone, on http://127.0.0.1:8080
//
// Three of them, each in a terminal of its own (go run ./cmd/lockstep keygen -out k makes the key; give b and c ports of their own):
//
//	go run ./examples/kv -name a -listen 127.0.0.1:7001 -http :8081 -seeds 127.0.0.1:7001,127.0.0.1:7002,127.0.0.1:7003 -size 3 -key-file k
//
// Then, at any of them:
//
//	curl -X PUT -d blue localhost:8081/kv/colour             204, and the entry's version in ETag
//	curl localhost:8082/kv/colour                            blue: a linearizable read, through the group's order
//	curl localhost:8083/kv/colour?stale                      this member's own copy, at once
//	curl -X PUT -d red -H 'If-Match: "VERSION"' …            only if nobody was faster, else 412
//
// Kill one with kill -9: the others go on within a third of a second. Kill two: the last answers 503, because one of three must not
// decide alone; it still answers ?stale. Started again they have everything, as long as one was never gone.
//
// Read store.go first, which is the replicated part, then http.go. The directory deploy has what runs it in containers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep"
)

// options are the command line. deploy/ uses it, and a test there knows.
type options struct {
	name, listen, advertise, seeds, http string
	keyFile, keyEnv                      string
	size                                 int
}

func flags(o *options) *flag.FlagSet {
	f := flag.NewFlagSet("kv", flag.ContinueOnError)
	f.StringVar(&o.name, "name", "a", "this member's name, the same after a restart")
	f.StringVar(&o.listen, "listen", ":7946", "where members listen, UDP and TCP")
	f.StringVar(&o.advertise, "advertise", "", "the `address` that other members dial; empty: that of the interface towards the seeds")
	f.StringVar(&o.seeds, "seeds", "", "where members are, `HOST:PORT,HOST:PORT`; empty: begin alone")
	f.StringVar(&o.http, "http", "127.0.0.1:8080", "where clients are served")
	f.StringVar(&o.keyFile, "key-file", "", "the cluster's key, as lockstep keygen writes it")
	f.StringVar(&o.keyEnv, "key-env", "", "the environment `variable` that has the key's text, where files cannot be private")
	f.IntVar(&o.size, "size", 0, "how many members vote; 0: the last primary view decides")
	return f
}

// key is the cluster's; a fresh one, which nobody else has, where none is given and the member is to be alone.
func (o options) key() (lockstep.Key, error) {
	switch {
	case o.keyFile != "":
		return lockstep.LoadKey(o.keyFile)
	case o.keyEnv != "":
		return lockstep.ParseKey(os.Getenv(o.keyEnv))
	case o.seeds == "":
		return lockstep.GenerateKey()
	}
	return lockstep.Key{}, errors.New("-seeds without -key-file or -key-env: members need a key")
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "kv:", err)
		os.Exit(1)
	}
}

// run is the program. It ends with ctx, or when the membership does.
func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	f := flags(&o)
	f.SetOutput(out)
	if err := f.Parse(args); err != nil {
		return err
	}
	key, err := o.key()
	if err != nil {
		return err
	}
	logger, err := zap.NewProduction()
	if err != nil {
		return err
	}
	node, err := lockstep.Start(ctx, lockstep.Config{
		Name: o.name, Listen: o.listen, Advertise: o.advertise, Key: key, Logger: logger,
		Seeds: strings.FieldsFunc(o.seeds, func(r rune) bool { return r == ',' }),
	})
	if err != nil {
		return err
	}
	defer node.Close() // says good-bye, so that the others need not wait to be sure

	// Clients are answered from the first moment; before the group is there they are told 503.
	s := newStore(node, o.size)
	listener, err := net.Listen("tcp", o.http)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.front(), ReadHeaderTimeout: answerTime}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(late) // requests under way get their answers before the node closes
	}()
	fmt.Fprintf(out, "%v on %v, clients on http://%v\n", node.Self(), node.Addr(), listener.Addr())

	if err := s.join(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	fmt.Fprintln(out, "ready:", s.group.View())
	select {
	case <-ctx.Done():
		return nil
	case <-s.group.Done():
		return s.group.Err()
	case err := <-served:
		return err
	}
}
