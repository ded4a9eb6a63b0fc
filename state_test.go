package lockstep

// The state directory: a power failure at every step of a write, disks that fail, files that are damaged, and real starts one after
// the other while the clock goes back.

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

var errPower = errors.New("the power is gone")

// A powerDisk is a directory with a cache: what was not synchronised may or may not be there after a power failure, a file's bytes
// and its name each for itself. Its power goes before step fail.
type powerDisk struct {
	names  map[string]*powerFile // as a running process sees them
	stable map[string]*powerFile // as the disk has them
	steps  int
	fail   int
	broken error // what a failing step returns; errPower by default
}

type powerFile struct {
	disk   *powerDisk
	bytes  []byte
	stable []byte
}

func newPowerDisk() *powerDisk {
	return &powerDisk{names: map[string]*powerFile{}, stable: map[string]*powerFile{}, broken: errPower}
}

func (d *powerDisk) step() error {
	d.steps++
	if d.fail != 0 && d.steps >= d.fail {
		return d.broken
	}
	return nil
}

func (d *powerDisk) Read(name string) ([]byte, error) {
	f := d.names[name]
	if f == nil {
		return nil, fs.ErrNotExist
	}
	return f.bytes, nil
}

func (d *powerDisk) Create(name string) (stateWriter, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	f := &powerFile{disk: d}
	d.names[name] = f
	return f, nil
}

func (d *powerDisk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	return nil
}

func (d *powerDisk) Sync() error {
	if err := d.step(); err != nil {
		return err
	}
	clear(d.stable)
	for name, f := range d.names {
		d.stable[name] = f
	}
	return nil
}

func (f *powerFile) Write(b []byte) (int, error) {
	half := len(b) / 2
	f.bytes = append(f.bytes, b[:half]...)
	if err := f.disk.step(); err != nil {
		return half, err
	}
	f.bytes = append(f.bytes, b[half:]...)
	return len(b), nil
}

func (f *powerFile) Sync() error {
	if err := f.disk.step(); err != nil {
		return err
	}
	f.stable = append([]byte(nil), f.bytes...)
	return nil
}

func (f *powerFile) Close() error { return f.disk.step() }

// after is what a power failure leaves: the names and the bytes that are cached reached the disk, or did not.
func (d *powerDisk) after(names, bytes bool) *powerDisk {
	left := newPowerDisk()
	from := d.stable
	if names {
		from = d.names
	}
	for name, f := range from {
		text := f.stable
		if bytes {
			text = f.bytes
		}
		left.names[name] = &powerFile{disk: left, bytes: append([]byte(nil), text...), stable: append([]byte(nil), text...)}
		left.stable[name] = left.names[name]
	}
	return left
}

// Whatever step of a write the power goes before, and whatever of the cache reached the disk: the next start finds a whole file, and
// in it at least what an earlier write was reported to have stored.
func TestStateSurvivesAPowerFailureAtEachStep(t *testing.T) {
	mark := func(n uint64) remembered {
		return remembered{cluster: "x", name: "a", incarnation: n, mark: core.Mark{Ring: n, Position: wire.Position(n)}}
	}
	points := 0
	for fail := 1; ; fail++ {
		d := newPowerDisk()
		d.fail = fail
		dir := &stateDir{path: "dir", disk: d}
		stored := uint64(0)
		for n := uint64(1); n <= 3; n++ {
			if err := dir.store(mark(n)); err != nil {
				break
			}
			stored = n
		}
		for _, names := range []bool{false, true} {
			for _, bytes := range []bool{false, true} {
				next := &stateDir{path: "dir", disk: d.after(names, bytes)}
				if err := next.load("x", "a"); err != nil {
					t.Fatalf("power gone before step %d (names %v, bytes %v): %v", fail, names, bytes, err)
				}
				if got := next.kept.mark.Ring; got < stored || got > stored+1 {
					t.Fatalf("power gone before step %d (names %v, bytes %v): %d was stored, %d is there", fail, names, bytes, stored, got)
				}
				if err := next.store(mark(9)); err != nil || next.load("x", "a") != nil || next.kept != mark(9) {
					t.Fatalf("power gone before step %d (names %v, bytes %v): the next run cannot write: %v", fail, names, bytes, err)
				}
				points++
			}
		}
		if stored == 3 {
			break
		}
	}
	if points < 4*3*6 {
		t.Errorf("only %d points were tried", points)
	}
}

// No damage to the file goes unnoticed, and the error says which file it is and what to do.
func TestStateDamageIsRefused(t *testing.T) {
	path := t.TempDir()
	whole := remembered{cluster: "x", name: "a", incarnation: 5, mark: core.Mark{Ring: 7, Position: 1 << 40}}
	file := filepath.Join(path, stateName)
	text := whole.append(nil)
	load := func(b []byte) error {
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := openStateDir(path, "x", "a")
		d.close()
		return err
	}
	if err := load(text); err != nil {
		t.Fatal(err)
	}
	for i := range text {
		bad := append([]byte(nil), text...)
		bad[i] ^= 1 << (i % 8)
		for _, b := range [][]byte{bad, text[:i]} {
			if err := load(b); err == nil || !strings.Contains(err.Error(), file+" is damaged") || !strings.Contains(err.Error(), "Put back") {
				t.Fatalf("damage at byte %d: %v", i, err)
			}
		}
	}
	other := whole
	other.name = "b"
	if err := load(other.append(nil)); err == nil || !strings.Contains(err.Error(), "node b") {
		t.Errorf("another node's directory: %v", err)
	}
	other = whole
	other.cluster = "y"
	if err := load(other.append(nil)); err == nil || !strings.Contains(err.Error(), "cluster y") {
		t.Errorf("another cluster's directory: %v", err)
	}
	os.Remove(file)
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := openStateDir(path, "x", "a"); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("an unreadable file: %v", err)
	}
}

// alone starts a node with a state directory on a network of its own, and a group of one.
func startKept(t *testing.T, dir, name string) (*Node, *Group, chan Position, error) {
	tr, err := memnet.New(memnet.Config{}).Listen("10.0.0.1:7946")
	if err != nil {
		t.Fatal(err)
	}
	n, err := Start(t.Context(), Config{Name: name, Transport: tr, InsecureNoKey: true, StateDir: dir})
	if err != nil {
		tr.Close()
		return nil, nil, nil, err
	}
	got := make(chan Position, 16)
	g := n.Group("g", GroupConfig{Stateless: true})
	Handle(g, func(_ context.Context, m Message, _ int) { got <- m.Position })
	return n, g, got, nil
}

// Four starts, each an hour before the one before it: a bubble's clock begins at the same time, and the later bubbles look at it
// sooner. Positions, incarnations and ring ids grow all the same.
func TestStateOutlivesAClockThatGoesBack(t *testing.T) {
	dir := t.TempDir()
	var position Position
	var incarnation uint64
	rings := map[string]int{}
	for run := range 4 {
		synctest.Test(t, func(t *testing.T) {
			<-time.After(time.Duration(4-run) * time.Hour) // the clock of this run
			n, g, got, err := startKept(t, dir, "a")
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			if err := g.Join(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if err := g.OrderedSend(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				if p := <-got; p.Compare(position) <= 0 {
					t.Errorf("run %d: position %v after %v", run, p, position)
				} else {
					position = p
				}
			}
			if n.Self().Incarnation <= incarnation {
				t.Errorf("run %d: incarnation %x after %x", run, n.Self().Incarnation, incarnation)
			}
			incarnation = n.Self().Incarnation
			st, err := ask(t.Context(), n, func(l *loop) core.Status { return l.core.Status() })
			if err != nil {
				t.Fatal(err)
			}
			seq := fmt.Sprint(st.Ring.Seq)
			if before, twice := rings[seq]; twice {
				t.Errorf("run %d is on ring %s, as run %d was", run, seq, before)
			}
			rings[seq] = run
			if _, _, _, err := startKept(t, dir, "a"); err == nil || !strings.Contains(err.Error(), "another running node uses it") {
				t.Errorf("a second node in one directory: %v", err)
			}
		})
	}
	if _, _, _, err := startKept(t, dir, "b"); err == nil || !strings.Contains(err.Error(), "node a") {
		t.Errorf("another node's directory: %v", err)
	}
}

// A write that fails ends the node with ErrStateDir; there is no second try that might look like success.
func TestStateThatCannotBeWrittenEndsTheNode(t *testing.T) {
	n, g, _, err := startKept(t, t.TempDir(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := g.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	d := newPowerDisk()
	d.fail, d.broken = 3, errors.New("input/output error")
	if _, err := ask(t.Context(), n, func(l *loop) bool {
		// The keeper rests: it reads the disk only after the bell.
		l.n.keeper.dir.disk = d
		l.n.keeper.want(core.Mark{Ring: 1000, Position: 1 << 53})
		return true
	}); err != nil && !errors.Is(err, ErrClosed) { // the disk may have failed before the answer is here
		t.Fatal(err)
	}
	select {
	case <-n.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the node goes on")
	}
	if err := n.Err(); !errors.Is(err, ErrStateDir) || !strings.Contains(err.Error(), "input/output error") {
		t.Errorf("the node ended with %v", err)
	}
	if d.steps != 4 { // create, write, sync, close
		t.Errorf("%d steps on a disk that fails at the third", d.steps)
	}
}
