// Chat is a room without a server: everybody in it has the same lines, and hears at the same place in the talk who came and who went.
//
//	go run ./examples/chat -name ann -key-file k                                                      the first
//	go run ./examples/chat -name bob -listen :7947 -seeds 127.0.0.1:7946 -key-file k                  each further one
//
// (go run ./cmd/lockstep keygen -out k makes the key.) Then type. "/to bob psst" is for bob alone, "/who" lists the room, Ctrl-D leaves.
//
// It is the example of a group that prefers talking to agreeing: when the network is cut every side goes on, and when it heals the
// sides' histories are merged. See room.go for both.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/lockstep-go/lockstep"
)

func main() {
	name := flag.String("name", "ann", "who you are")
	listen := flag.String("listen", ":7946", "where to listen, UDP and TCP")
	seeds := flag.String("seeds", "", "where others are, `HOST:PORT,HOST:PORT`; empty: open the room")
	keyFile := flag.String("key-file", "", "the room's key, as lockstep keygen writes it")
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
	r := newRoom(node, func(text string) { fmt.Println(text) })
	err = r.group.Join(ctx)
	if err == nil {
		fmt.Println("* here:", strings.Join(r.who(), ", "))
		err = r.talk(ctx, os.Stdin)
	}
	if closed := node.Close(); err == nil { // what was said is on its way before the others see this one leave
		err = closed
	}
	if err != nil {
		log.Fatal(err)
	}
}

// talk obeys what is typed until the input or the membership ends.
func (r *room) talk(ctx context.Context, in io.Reader) error {
	typed := make(chan string)
	go func() {
		defer close(typed)
		for lines := bufio.NewScanner(in); lines.Scan(); {
			typed <- lines.Text()
		}
	}()
	for {
		select {
		case <-r.group.Done():
			return r.group.Err()
		case line, ok := <-typed:
			if !ok {
				return nil
			}
			if err := r.obey(ctx, line); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
	}
}

func (r *room) obey(ctx context.Context, line string) error {
	command, rest, _ := strings.Cut(line, " ")
	switch {
	case strings.TrimSpace(line) == "":
		return nil
	case command == "/who":
		fmt.Println("* here:", strings.Join(r.who(), ", "))
		return nil
	case command == "/to":
		if name, text, ok := strings.Cut(rest, " "); ok {
			return r.whisper(ctx, name, text)
		}
		return errors.New("/to NAME TEXT")
	case strings.HasPrefix(command, "/"):
		return errors.New("/to NAME TEXT, /who; all else is said")
	}
	return r.say(ctx, line)
}
