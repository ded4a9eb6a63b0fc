package lockstep

// What a joiner lacks, straight from the donor's frozen state.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// deltaBuffer is how much of a delta is written before anybody reads it.
const deltaBuffer = 64 << 10

var errDeltaUnread = errors.New("the joiner is gone")

// deltaReader runs WriteDelta on a goroutine of its own and gives what it writes. It waits for the first byte: false if there is an
// error before that. done is called once that goroutine has ended and the reader is closed.
func (s *spools) deltaReader(ctx context.Context, frozen DeltaWriter, have []byte, done func() error) (io.ReadCloser, bool) {
	from, to := io.Pipe()
	var users atomic.Int32
	users.Store(2)
	leave := func() error {
		if users.Add(-1) > 0 {
			return nil
		}
		return done()
	}
	s.run(func() {
		to.CloseWithError(writeDelta(frozen, to, have))
		_ = leave()
	})
	stop := context.AfterFunc(ctx, func() { from.CloseWithError(ctx.Err()) })
	end := sync.OnceValue(func() error {
		stop()
		from.CloseWithError(errDeltaUnread)
		return leave()
	})
	in := bufio.NewReaderSize(from, deltaBuffer)
	if _, err := in.Peek(1); err != nil && err != io.EOF {
		_ = end()
		return nil, false
	}
	stop() // from now on it is closed by whoever reads
	return readCloser{in, end}, true
}

// writeDelta is WriteDelta without its panics, which end one transfer and no more.
func writeDelta(frozen DeltaWriter, to io.Writer, have []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("WriteDelta panicked: %v\n%s", r, debug.Stack())
		}
	}()
	_, err = frozen.WriteDelta(to, have)
	return err
}
