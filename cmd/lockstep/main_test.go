package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/lockstep-go/lockstep"
)

// runHere runs a command line in this process.
func runHere(args ...string) (status int, out, errText string) {
	var o, e strings.Builder
	status = run(args, stdio{strings.NewReader(""), &o, &e})
	return status, o.String(), e.String()
}

func TestWrongCommandLines(t *testing.T) {
	for _, c := range []struct {
		args string
		says string
	}{
		{"", "usage:"},
		{"dance", `no subcommand "dance"`},
		{"node -dance", "-dance"},
		{"keygen -dance", "-dance"},
		{"status -dance", "-dance"},
		{"doctor -dance", "-dance"},
		{"bench -dance", "-dance"},
		{"node", "-name is missing"},
		{"node -name a", "-group is missing"},
		{"node -name a -group g", "-key-file is missing"},
		{"node -name a -group g -insecure -key-file k", "exclude each other"},
		{"node -name a -group g -insecure -policy none", "-policy must be"},
		{"node -name a -group g -insecure -events some", "-events must be"},
		{"node -name a -group g -insecure -timing slow", "-timing must be"},
		{"node -name a -group g -insecure more", `"more" is one argument too many`},
		{"keygen -out=", "-out is empty"},
		{"status -insecure", "ADDRESS is missing"},
		{"bench -insecure -mode fly", "-mode must be"},
		{"bench -insecure -order none", "-order must be"},
		{"bench -insecure -mode ping -size 7", "-size must be"},
		{"bench -insecure -mode load -size 7", "-size must be"},
		{"bench -insecure -state -1", "-state must not"},
		{"bench -local 3 -mode join", "-mode join does not go"},
		{"bench -local 3 -senders 4", "-senders must be"},
		{"bench -insecure -typed -size 10", "-typed goes with"},
		{"bench -insecure -rate -1", "-rate must not"},
		{"bench -local 3 -samples f", "-samples does not go with -local"},
		{"bench -local 3 -seeds x:1", "leave -key-file and -seeds out"},
	} {
		status, out, errText := runHere(strings.Fields(c.args)...)
		if status != statusUsage || !strings.Contains(errText, c.says) || out != "" {
			t.Errorf("lockstep %s: status %d, said %q %q; want status 2 and %q", c.args, status, out, errText, c.says)
		}
	}
}

func TestHelpIsOnStandardOutput(t *testing.T) {
	for _, args := range []string{"-h", "help", "keygen -h", "node -h", "bench --help", "status -h", "doctor -h"} {
		status, out, errText := runHere(strings.Fields(args)...)
		if status != statusOK || !strings.Contains(out, "usage: lockstep") || errText != "" {
			t.Errorf("lockstep %s: status %d, said %q and %q", args, status, out, errText)
		}
	}
}

func TestKeygen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	status, out, errText := runHere("keygen", "-out", path)
	if status != statusOK {
		t.Fatal(errText)
	}
	key, err := lockstep.LoadKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, key.ID()) {
		t.Errorf("said %q, the key's id is %s", out, key.ID())
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	if strings.Contains(out, strings.TrimSpace(string(before))) {
		t.Error("the key was printed")
	}
	status, _, errText = runHere("keygen", "-out", path)
	after, err := os.ReadFile(path)
	if status != statusFailed || !strings.Contains(errText, "exists") || err != nil || string(after) != string(before) {
		t.Errorf("a second time: status %d, %q, %v", status, errText, err)
	}
}

func TestStatusOfARunningNode(t *testing.T) {
	args := threeNodes(t)["a"] // its seeds are not there, so it joins nothing; it answers all the same
	addr, key := args[1], args[5]
	a := startNode(t, "a", args...)
	a.waitEvent(0, "start", "")
	status, out, errText := runHere("status", "-key-file", key, addr)
	if status != statusOK || !strings.Contains(out, "a/") || !strings.Contains(out, "ring") || !strings.Contains(out, "token") {
		t.Errorf("status %d: %q %q", status, out, errText)
	}
	status, out, errText = runHere("status", "-key-file", key, "-json", addr)
	var s lockstep.Status
	if err := json.Unmarshal([]byte(out), &s); status != statusOK || err != nil || !strings.HasPrefix(s.Member, "a/") {
		t.Errorf("status -json: %d, %v: %q %q", status, err, out, errText)
	}
	other := filepath.Join(t.TempDir(), "other")
	if err := writeFreshKey(other); err != nil {
		t.Fatal(err)
	}
	if status, out, _ = runHere("status", "-key-file", other, "-timeout", "5s", addr); status != statusFailed || out != "" {
		t.Errorf("another key was answered: %d %q", status, out)
	}
	_, out, _ = runHere("doctor", "-listen", "127.0.0.1:0", "-seeds", addr+",127.0.0.1:1", "-key-file", key)
	if !strings.Contains(out, "seed "+addr) || !strings.Contains(out, "a/") || !strings.Contains(out, "refused") {
		t.Errorf("doctor said:\n%s", out)
	}
}

func TestDoctor(t *testing.T) {
	status, out, errText := runHere("doctor", "-listen", "127.0.0.1:0")
	if status != statusOK || errText != "" {
		t.Errorf("status %d: %s", status, errText)
	}
	for _, what := range []string{"processors", "processor quota", "loop lag", "receive buffer", "send buffer", "listen", "address", "MTU", "offloads", "seeds"} {
		if !strings.Contains(out, what) {
			t.Errorf("nothing about %q in:\n%s", what, out)
		}
	}
	status, out, _ = runHere("doctor", "-listen", "127.0.0.1:0", "-key-file", filepath.Join(t.TempDir(), "none"))
	if status != statusFailed || !strings.Contains(out, "BAD") {
		t.Errorf("without its key file: status %d\n%s", status, out)
	}
}

func TestCPUMax(t *testing.T) {
	for text, want := range map[string]float64{"200000 100000\n": 2, "50000 100000": 0.5} {
		if got, ok := parseCPUMax(text); !ok || got != want {
			t.Errorf("%q: %v %v", text, got, ok)
		}
	}
	for _, text := range []string{"max 100000\n", "", "1", "x y", "100 0", "-1 5"} {
		if got, ok := parseCPUMax(text); ok {
			t.Errorf("%q was taken for %v", text, got)
		}
	}
}
