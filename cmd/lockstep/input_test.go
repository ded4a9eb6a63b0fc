package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep"
)

func TestReadLine(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	r := bufio.NewReaderSize(strings.NewReader(" a \r\n\n"+long+"\nlast"), 16)
	for _, want := range []string{"a", "", long, "last"} {
		got, err := readLine(r)
		if err != nil || string(got) != want {
			t.Fatalf("read %.20q, %v; want %.20q", got, err, want)
		}
	}
	if _, err := readLine(r); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

func TestALineBeyondTheBoundIsSkipped(t *testing.T) {
	r := bufio.NewReaderSize(io.MultiReader(&repeat{n: lineMost + 10}, strings.NewReader("\nnext\n")), 64<<10)
	if _, err := readLine(r); !errors.Is(err, errLineTooLong) {
		t.Fatalf("read: %v", err)
	}
	if got, err := readLine(r); err != nil || string(got) != "next" {
		t.Errorf("then read %q, %v", got, err)
	}
}

// repeat gives n bytes and takes no room for them.
type repeat struct{ n int }

func (r *repeat) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.n)
	for i := range p[:n] {
		p[i] = 'x'
	}
	r.n -= n
	return n, nil
}

func TestParseOperation(t *testing.T) {
	op, err := parseOperation([]byte(`{"op":"burst","order":"safe","count":3,"size":64,"prefix":"x","tag":"t","later":1}`))
	if err != nil || op.Op != "burst" || op.Count != 3 || op.Size != 64 || op.Prefix != "x" || op.Tag != "t" {
		t.Fatalf("%+v, %v", op, err)
	}
	if o, err := op.order(); err != nil || o != lockstep.Safe {
		t.Errorf("order %v, %v", o, err)
	}
	for _, bad := range []string{``, `x`, `[]`, `{}`, `{"op":7}`, `{"op":"send"} {}`} {
		if op, err := parseOperation([]byte(bad)); err == nil {
			t.Errorf("%q was taken as %+v", bad, op)
		}
	}
}

func TestNeed(t *testing.T) {
	for text, want := range map[string]lockstep.Need{
		`{"op":"query"}`: lockstep.All, `{"op":"query","need":"all"}`: lockstep.All, `{"op":"query","need":"majority"}`: lockstep.Majority,
		`{"op":"query","need":2}`: lockstep.AtLeast(2), `{"op":"query","need":"3"}`: lockstep.AtLeast(3),
	} {
		op, err := parseOperation([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := op.need(); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{`"most"`, `0`, `-1`, `1.5`, `{}`} {
		if got, err := (&operation{Need: []byte(text)}).need(); err == nil {
			t.Errorf("need %s was taken as %v", text, got)
		}
	}
}

func TestBurstData(t *testing.T) {
	for _, c := range []struct {
		prefix    string
		seq, size int
		want      string
	}{
		{"x", 0, 8, "x-0....."}, {"x", 12, 4, "x-12"}, {"long", 123, 2, "long-123"}, {"", 1, 0, "-1"},
	} {
		if got := string(appendBurst([]byte("kept"), c.prefix, c.seq, c.size)); got != "kept"+c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
