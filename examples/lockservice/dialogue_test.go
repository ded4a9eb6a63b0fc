package main

import (
	"bufio"
	"io"
	"regexp"
	"testing"
	"time"
)

// A dialogue types lines into a program and waits for lines of its output.
type dialogue struct {
	t     *testing.T
	in    io.WriteCloser
	lines chan string
}

func newDialogue(t *testing.T, out io.Reader, in io.WriteCloser) *dialogue {
	d := &dialogue{t: t, in: in, lines: make(chan string, 1024)}
	go func() {
		defer close(d.lines)
		s := bufio.NewScanner(out)
		for s.Scan() {
			d.lines <- s.Text()
		}
	}()
	return d
}

func (d *dialogue) enter(line string) {
	d.t.Helper()
	if _, err := io.WriteString(d.in, line+"\n"); err != nil {
		d.t.Fatal(err)
	}
}

// expect waits for a line that matches and leaves out those before it.
func (d *dialogue) expect(pattern string) {
	d.t.Helper()
	re := regexp.MustCompile(pattern)
	limit := time.After(20 * time.Second)
	var before []string
	for {
		select {
		case line, ok := <-d.lines:
			if !ok {
				d.t.Fatalf("the program ended; want %q after %q", pattern, before)
			}
			if re.MatchString(line) {
				return
			}
			before = append(before, line)
		case <-limit:
			d.t.Fatalf("no line matches %q; there were %q", pattern, before)
		}
	}
}

// end closes the input and waits for the end of the output.
func (d *dialogue) end() {
	d.in.Close()
	for range d.lines {
		continue
	}
}
