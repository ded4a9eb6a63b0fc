package lockstep

// One state on its way in, from one member after another: a reader that turns to the next when one fails, behind the last byte that came.

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
	"github.com/lockstep-go/lockstep/statexfer"
)

// donorError is a failure of the transfer, as opposed to one of the application's Load: another cut may succeed.
type donorError struct{ err error }

func (e *donorError) Error() string { return e.err.Error() }
func (e *donorError) Unwrap() error { return e.err }

// useState hands a state to the application, or what it lacks.
type useState func(r io.Reader, delta bool) error

// A relay is used once, by one goroutine.
type relay struct {
	t    *tenure
	ctx  context.Context
	cut  wire.Position
	have []byte
	// next names who is asked next, or reports that nobody is left. end may be called by any goroutine, when that one cannot give any more.
	next func(end context.CancelFunc) (membership.Member, bool)

	giver  membership.Member // who was asked last
	within context.Context   // of what comes from it
	end    context.CancelFunc
	r      *statexfer.Reader
	x      *transfer
	delta  bool
	other  bool  // the giver has the state as other bytes than those that came
	broken error // no more will come
}

// run gets the state, or what of it is missing beside what the donor is told is there, and hands it to use. The error is a
// *donorError unless use itself failed on good bytes.
func (f *relay) run(use useState) (err error) {
	ended := false
	defer func() {
		if !ended { // use panicked
			err = errors.New("the application panicked")
		}
		f.endGiver(err)
		if f.r != nil {
			f.r.Close()
		}
	}()
	if err = f.change(nil); err == nil {
		err = use(f, f.delta)
		// The stream is checked to its end even if use did not want to see it, and its failure explains any failure of use.
		if broken := f.finish(); broken != nil {
			err = broken
		}
	}
	ended = true
	return err
}

// Read gives the state's next bytes, from whoever can.
func (f *relay) Read(p []byte) (int, error) {
	for f.broken == nil {
		n, err := f.r.Read(p)
		if n > 0 {
			f.x.moved(n)
		}
		if err == nil || err == io.EOF {
			return n, err
		}
		_ = f.change(err) // it stays in broken
	}
	return 0, f.broken
}

// finish reads and checks what use left over.
func (f *relay) finish() error {
	for f.broken == nil {
		err := f.r.Finish()
		if err == nil {
			return nil
		}
		_ = f.change(err)
	}
	return f.broken
}

// change goes on from the next who can give; failed says why the one before cannot, nil that there was none. What it returns stays: nobody
// can go on. If the reason is that the one asked last has the state as other bytes, the application can still load anew from it.
func (f *relay) change(failed error) error {
	for f.ctx.Err() == nil && !f.other {
		if f.within != nil && f.within.Err() != nil {
			failed = errGiverGone
		}
		f.endGiver(failed)
		within, end := withCancel(f.ctx)
		giver, ok := f.next(end)
		if !ok {
			end()
			if failed == nil {
				failed = errNoGiver
			}
			break
		}
		f.giver, f.within, f.end = giver, within, end
		if failed = f.connect(); failed == nil {
			return nil
		}
		f.other = errors.Is(failed, statexfer.ErrOther)
	}
	if err := f.ctx.Err(); err != nil {
		failed = err
	}
	f.broken = &donorError{failed}
	return f.broken
}

// connect asks the giver, for the rest if there was another before it, and waits until it says what comes.
func (f *relay) connect() error {
	n := f.t.n
	info, ok := n.ring.info(f.giver.ID)
	if !ok {
		return fmt.Errorf("%v has no known address", memberOf(f.giver))
	}
	dial, cancel := context.WithTimeout(f.within, dialLimit)
	conn, err := n.end.DialStream(dial, info.Addrs[0].Addr, streamState, f.giver.ID)
	cancel()
	if err != nil {
		return err
	}
	if f.r == nil {
		f.r, err = statexfer.Fetch(f.within, conn, statexfer.Request{Group: uint64(f.t.g.id), Cut: uint64(f.cut), Have: f.have})
	} else {
		err = f.r.Resume(f.within, conn)
	}
	if err != nil {
		return err
	}
	f.x = n.beginTransfer(Transfer{Group: f.t.g.name, Peer: memberOf(f.giver), Resumed: f.r.Bytes()}, &n.counts.loadedBytes)
	said, err := f.r.Info()
	if err == nil {
		f.delta = said.Delta
		f.x.info(said.Delta, said.Size)
	}
	return err
}

// endGiver ends what came from one giver; err says why it was not all, nil that nothing is missing.
func (f *relay) endGiver(err error) {
	if f.x != nil {
		if rest := f.r.Bytes() - f.x.bytes.Load(); rest > 0 {
			f.x.moved(int(rest))
		}
		f.x.end(err)
		f.x = nil
	}
	if f.end != nil {
		f.end()
		f.end = nil
	}
}
