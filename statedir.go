package lockstep

// The state directory: one node's own, locked while it runs, with the file that says what its runs may have used up.

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lockstep-go/lockstep/membership"
)

const (
	stateName = "state"
	stateTemp = "state.new"
	stateLock = "lock"
)

// A stateDisk is what a stateDir does to a directory, step by step, so that a test can stop it at each. No path has a slash.
type stateDisk interface {
	Read(name string) ([]byte, error)        // fs.ErrNotExist if there is none
	Create(name string) (stateWriter, error) // emptied if it exists
	Rename(from, to string) error
	Sync() error // of the directory: names that were given or changed are there after a power failure
}

// A stateWriter is an open file.
type stateWriter interface {
	io.WriteCloser
	Sync() error
}

// A stateDir is a node's memory across its runs.
type stateDir struct {
	path string
	disk stateDisk
	lock io.Closer // of the whole directory; nil in tests of the file alone
	kept remembered
}

// openStateDir locks a node's directory and reads it. Its errors name the directory and say what to do.
func openStateDir(path, cluster, name string) (*stateDir, error) {
	lock, err := lockStateDir(filepath.Join(path, stateLock))
	if err != nil {
		return nil, fieldError("Config.StateDir", fmt.Sprintf("%s: %v", path, err))
	}
	d := &stateDir{path: path, disk: osDisk(path), lock: lock}
	if err := d.load(cluster, name); err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

// load reads what is kept. A directory without the file is that of a node that never ran.
func (d *stateDir) load(cluster, name string) error {
	d.kept = remembered{cluster: cluster, name: name}
	text, err := d.disk.Read(stateName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	file := filepath.Join(d.path, stateName)
	if err != nil {
		return fieldError("Config.StateDir", fmt.Sprintf("%s cannot be read: %v", file, err))
	}
	kept, err := parseRemembered(text)
	switch {
	case err != nil:
		return fieldError("Config.StateDir", fmt.Sprintf("%s is damaged: %v. Put back an undamaged copy no older than the last run; or, if this "+
			"host's clock was never set back, remove the file: then the node begins by its clock, as without a directory", file, err))
	case kept.name != name || kept.cluster != cluster:
		return fieldError("Config.StateDir", fmt.Sprintf("%s is that of node %s of cluster %s. Each node needs a directory of its own", d.path,
			kept.name, kept.cluster))
	case kept.mark.Ring >= membership.LastRing || kept.mark.Position >= membership.LastPosition:
		return fieldError("Config.StateDir", fmt.Sprintf("%s says that all ring ids or positions are used up; no node can go on from there", file))
	}
	d.kept = kept
	return nil
}

// store writes r and returns when it will be read after a power failure: a new file, its bytes on the disk before its name, its name
// before the return. If it fails the old file or the new one is there, whole, and nothing may be built on either.
func (d *stateDir) store(r remembered) error {
	f, err := d.disk.Create(stateTemp)
	if err != nil {
		return err
	}
	_, err = f.Write(r.append(nil))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = d.disk.Rename(stateTemp, stateName)
	}
	if err == nil {
		err = d.disk.Sync()
	}
	if err == nil {
		d.kept = r
	}
	return err
}

func (d *stateDir) close() {
	if d != nil && d.lock != nil {
		d.lock.Close()
	}
}

// osDisk is a directory of the operating system.
type osDisk string

func (o osDisk) Read(name string) ([]byte, error) { return os.ReadFile(filepath.Join(string(o), name)) }

func (o osDisk) Create(name string) (stateWriter, error) {
	return os.OpenFile(filepath.Join(string(o), name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}

func (o osDisk) Rename(from, to string) error {
	return os.Rename(filepath.Join(string(o), from), filepath.Join(string(o), to))
}

func (o osDisk) Sync() error {
	f, err := os.Open(string(o))
	if err != nil {
		return err
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
