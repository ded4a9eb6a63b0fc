package main

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
)

// asProgram in the environment makes the test binary be the program, so that the parent can start it again as its members.
const asProgram = "LOCKSERVICE_AS_PROGRAM=1"

func TestMain(m *testing.M) {
	name, value, _ := strings.Cut(asProgram, "=")
	if os.Getenv(name) == value {
		os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, nil))
	}
	os.Exit(m.Run())
}

// demonstrate runs the program and returns its exit status, its output and its complaints.
func demonstrate(t *testing.T, args ...string) (status int, out, complaints string) {
	t.Helper()
	var o, e bytes.Buffer
	status = run(args, strings.NewReader(""), &o, &e, []string{asProgram})
	return status, o.String(), e.String()
}

var lastLine = regexp.MustCompile(`\nlockservice: 3 members, [1-9]\d* locks/s, 1 crash survived, (\d+) violations\n$`)

func TestDemonstration(t *testing.T) {
	status, out, complaints := demonstrate(t, "-for", "2s", "-clients", "32", "-locks", "64")
	last := lastLine.FindStringSubmatch(out)
	if status != 0 || last == nil || last[1] != "0" {
		t.Fatalf("exit status %d\n%s%s", status, out, complaints)
	}
	for _, want := range []string{"vault: c/", "is back, with the table of the others", "all 3 tables are equal", "contended"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestSabotageIsFound(t *testing.T) {
	for _, c := range []struct{ fault, violation string }{
		{"release", "violation: tables: "},
		{"fence", "violation: fence: "},
		{"skip", "violation: tables: "},
	} {
		t.Run(c.fault, func(t *testing.T) {
			status, out, complaints := demonstrate(t, "-for", "2s", "-clients", "32", "-locks", "64", "-sabotage", c.fault)
			last := lastLine.FindStringSubmatch(out)
			if status != 1 || last == nil || last[1] == "0" || !strings.Contains(out, c.violation) {
				t.Fatalf("exit status %d, want %q\n%s%s", status, c.violation, out, complaints)
			}
		})
	}
}

func TestBadCommandLines(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-name a", "-key-file: must be given"},
		{"-clients 0", "-clients: must be between"},
		{"-locks 0", "-locks: must be between"},
		{"-for 1ms", "-for: must be between"},
		{"-sabotage rain", `"rain" is none of release, skip, fence`},
		{"more", `"more" is no option`},
		{"-sise 3", "-sise"},
	} {
		status, _, complaints := demonstrate(t, strings.Fields(c.args)...)
		if status != 2 || !strings.Contains(complaints, c.want) {
			t.Errorf("%s: exit status %d, %q", c.args, status, complaints)
		}
	}
	status, _, complaints := demonstrate(t, "-name", "a", "-key-file", t.TempDir()+"/none")
	if status != 1 || !strings.Contains(complaints, "none") {
		t.Errorf("no key file: exit status %d, %q", status, complaints)
	}
}

// TestByHand drives one interactive member, alone in its group.
func TestByHand(t *testing.T) {
	p := &parent{dir: t.TempDir()}
	if err := p.prepare(); err != nil {
		t.Fatal(err)
	}
	defer p.resource.close()
	in, typed := io.Pipe()
	read, out := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- run([]string{"-name", "a", "-listen", p.addrs["a"], "-key-file", p.key}, in, out, out, nil)
		out.Close()
	}()
	term := newDialogue(t, read, typed)
	term.expect(`^ready: `)
	term.enter("lock printer")
	term.expect(`^printer: locked, fence \d+$`)
	term.enter("lock printer")
	term.expect(`^printer: asked for already$`)
	term.enter("list")
	term.expect(`^1 locks are held$`)
	term.expect(`^printer: a/[0-9a-f]+:1, fence \d+, waiting: \[\]$`)
	term.enter("unlock printer")
	term.expect(`^printer: unlocked$`)
	term.enter("unlock printer")
	term.expect(`^printer: not locked here$`)
	term.enter("dance")
	term.expect(`^lock NAME, unlock NAME, list$`)
	term.end()
	if s := <-status; s != 0 {
		t.Errorf("exit status %d", s)
	}
}
