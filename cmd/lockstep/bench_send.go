package main

// lockstep bench -mode send: what is sent, and how fast.

import (
	"context"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep"
)

// A Reading is what a typed bench sends: a struct as applications have them. Its encoding grows by a byte with each of Note.
type Reading struct {
	ID    uint64 `msgpack:"i"`
	At    int64  `msgpack:"t"`
	Value float64
	Note  string
}

const (
	// readingLeast is the shortest encoding that readingOf makes, in bytes, and readingMost the longest.
	readingLeast = 48
	readingMost  = 255
)

// readingOf makes a Reading whose encoding has the size: a codec that makes more or less of it is given another Note.
func readingOf(size int, codec lockstep.Codec) (Reading, error) {
	r := Reading{ID: 1 << 40, At: 1 << 60, Value: 20.5}
	for {
		b, err := codec.Append(nil, &r)
		if err != nil || len(b) >= size {
			return r, err
		}
		r.Note += strings.Repeat(".", max(1, (size-len(b))/2))
	}
}

// pacePeriod is how often a sender with a rate looks at the clock.
const pacePeriod = time.Millisecond

// send sends until the run ends.
func (o *benchOptions) send(run context.Context, g *lockstep.Group) error {
	one, err := o.message()
	if err != nil {
		return err
	}
	return o.paced(run, func() error { return g.SendIn(run, o.how, one) })
}

// paced calls send at the rate asked for until the run ends.
func (o *benchOptions) paced(run context.Context, send func() error) error {
	start, sent := time.Now(), 0
	for run.Err() == nil {
		if o.rate > 0 && sent >= int(float64(o.rate)*time.Since(start).Seconds()) {
			if pause(run, max(pacePeriod, time.Second/time.Duration(o.rate))) != nil {
				return nil
			}
			continue
		}
		if err := send(); err != nil {
			return ended(run, err)
		}
		sent++
	}
	return nil
}

// message is what send sends, again and again.
func (o *benchOptions) message() (any, error) {
	if !o.typed {
		return make(Load, o.size), nil
	}
	r, err := readingOf(o.size, lockstep.MsgpackCodec())
	return r, err
}
