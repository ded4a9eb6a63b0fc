package transport

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
)

// counted is a connection that keeps what each Write gave it.
type counted struct {
	net.Conn
	writes []int
	all    bytes.Buffer
	fails  error
}

func (c *counted) Write(p []byte) (int, error) {
	if c.fails != nil {
		return 0, c.fails
	}
	c.writes = append(c.writes, len(p))
	return c.all.Write(p)
}

// TestCork: what is written while the cork is in leaves with one write, in order, and an error of that write is every later one's.
func TestCork(t *testing.T) {
	below := &counted{}
	c := &corked{Conn: below}
	write := func(s string) {
		if n, err := c.Write([]byte(s)); n != len(s) || err != nil {
			t.Errorf("write %q: %d, %v", s, n, err)
		}
	}
	write("a")
	_ = c.cork(true)
	write("bc")
	write("def")
	if len(below.writes) != 1 {
		t.Error("it was written with the cork in")
	}
	if err := c.cork(false); err != nil {
		t.Error(err)
	}
	write("g")
	if below.all.String() != "abcdefg" || !slices.Equal(below.writes, []int{1, 5, 1}) {
		t.Errorf("%q in writes of %v", below.all.String(), below.writes)
	}
	below.fails = net.ErrClosed
	_ = c.cork(true)
	write("h")
	if err := c.cork(false); !errors.Is(err, net.ErrClosed) {
		t.Error("what was kept is lost, and nobody says so:", err)
	}
	below.fails = nil
	if _, err := c.Write([]byte("i")); !errors.Is(err, net.ErrClosed) || below.all.Len() != 7 {
		t.Error("it goes on behind a gap:", err)
	}
}
