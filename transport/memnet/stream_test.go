package memnet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep/transport"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// pair is two members with a stream between them.
func pair(t *testing.T, n *memnet.Network) (a, b transport.Transport, near, far net.Conn) {
	t.Helper()
	a, b = listen(t, n, ""), listen(t, n, "")
	near, err := a.Dial(context.Background(), b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if far, err = b.Accept(); err != nil {
		t.Fatal(err)
	}
	return a, b, near, far
}

func TestStreamCarriesBytesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{Delay: 10 * time.Millisecond, Loss: 1})
		start := time.Now()
		_, b, near, far := pair(t, n)
		if took := time.Since(start); took != 20*time.Millisecond {
			t.Errorf("Dial took %v, want a round trip", took)
		}
		data := bytes.Repeat([]byte("0123456789"), 100000) // more than the pipe holds
		go func() {
			near.Write(data)
			near.(interface{ CloseWrite() error }).CloseWrite()
		}()
		got, err := io.ReadAll(far)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		if _, err := far.Write([]byte("answer")); err != nil {
			t.Error(err)
		}
		far.Close()
		if got, err := io.ReadAll(near); err != nil || string(got) != "answer" {
			t.Errorf("got %q, %v", got, err)
		}
		after(10 * time.Millisecond)
		if _, err := near.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Write after CloseWrite: %v", err)
		}
		near.Close()
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read after Close: %v", err)
		}
		if near.RemoteAddr().String() != b.Addr().String() {
			t.Errorf("remote address %v", near.RemoteAddr())
		}
	})
}

func TestStreamStallsWhileCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		a, b, near, far := pair(t, n)
		n.Cut(a.Addr(), b.Addr())
		if _, err := near.Write([]byte("patience")); err != nil {
			t.Fatal(err)
		}
		far.SetReadDeadline(time.Now().Add(time.Hour))
		if k, err := far.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %d, %v through a cut", k, err)
		}
		far.SetReadDeadline(time.Time{})
		start := time.Now()
		time.AfterFunc(time.Minute, n.Heal)
		buf := make([]byte, 10)
		k, err := far.Read(buf)
		if err != nil || string(buf[:k]) != "patience" || time.Since(start) != time.Minute {
			t.Errorf("read %q, %v after %v", buf[:k], err, time.Since(start))
		}
		// A dial waits too, as long as its context lets it.
		n.Cut(a.Addr(), b.Addr())
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := a.Dial(ctx, b.Addr()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Dial through a cut: %v", err)
		}
	})
}

func TestStreamDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, near, far := pair(t, memnet.New(memnet.Config{}))
		start := time.Now()
		near.SetDeadline(start.Add(time.Second))
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("Read: %v after %v", err, time.Since(start))
		}
		var timeout net.Error
		near.SetWriteDeadline(time.Now().Add(time.Second))
		k, err := near.Write(make([]byte, 1<<20))
		if !errors.As(err, &timeout) || !timeout.Timeout() || k != 256<<10 {
			t.Errorf("Write: %d, %v", k, err)
		}
		// A deadline set while a read waits ends it; so does Close.
		ended := make(chan error)
		go func() {
			_, err := far.Read(make([]byte, 1<<20))
			for err == nil {
				_, err = far.Read(make([]byte, 1<<20))
			}
			ended <- err
		}()
		synctest.Wait()
		far.SetReadDeadline(time.Unix(1, 0))
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Read: %v", err)
		}
		far.SetReadDeadline(time.Time{})
		go func() {
			_, err := far.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		far.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Read: %v", err)
		}
	})
}

func TestKillBreaksStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		a, b, near, far := pair(t, n)
		far.Write([]byte("never read"))
		ended := make(chan error)
		go func() {
			_, err := far.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		n.Kill(b.Addr())
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("the dead one's Read: %v", err)
		}
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer's Read: %v", err)
		}
		if _, err := near.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer's Write: %v", err)
		}
		// Behind a cut the news waits.
		c := listen(t, n, "")
		near, err := a.Dial(context.Background(), c.Addr())
		if err != nil {
			t.Fatal(err)
		}
		n.Cut(a.Addr(), c.Addr())
		n.Kill(c.Addr())
		near.SetReadDeadline(time.Now().Add(time.Second))
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("behind a cut: %v", err)
		}
		near.SetReadDeadline(time.Time{})
		n.Heal()
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("after the heal: %v", err)
		}
	})
}

func TestCloseEndsAcceptAndRefusesTheBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New(memnet.Config{})
		a, b := listen(t, n, ""), listen(t, n, "")
		waiting, err := a.Dial(context.Background(), b.Addr())
		if err != nil {
			t.Fatal(err)
		}
		c := listen(t, n, "")
		ended := make(chan error)
		go func() {
			_, err := c.Accept()
			ended <- err
		}()
		synctest.Wait()
		c.Close()
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: %v", err)
		}
		b.Close()
		if _, err := waiting.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a stream never accepted: %v", err)
		}
		if _, err := b.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after Close: %v", err)
		}
	})
}
