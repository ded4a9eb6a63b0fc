package lockstep

// The keeper: the goroutine that writes what the core wants remembered. The loop never touches the disk.

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/membership"
)

// A keeper holds the latest mark that waits to be written; it covers all before it.
type keeper struct {
	dir   *stateDir     // nil: nothing is remembered
	begin core.Mark     // what the runs before this one may have used up
	first core.Mark     // what was written at the start; zero if nothing is remembered
	bell  chan struct{} // room for one: rung when there is something

	writes atomic.Uint64

	mu   sync.Mutex
	next core.Mark
}

// newKeeper opens the state directory, if there is one, and writes there with what this run begins: the incarnation, which it
// raises above those before, and the first mark.
func newKeeper(cfg Config, incarnation uint64, now time.Time) (*keeper, uint64, error) {
	k := &keeper{bell: make(chan struct{}, 1)}
	if cfg.StateDir == "" {
		return k, incarnation, nil
	}
	dir, err := openStateDir(cfg.StateDir, cfg.Cluster, cfg.Name)
	if err != nil {
		return nil, 0, err
	}
	k.dir, k.begin = dir, dir.kept.mark
	k.first = membership.FirstMark(now, k.begin, core.Mark{})
	r := dir.kept
	r.incarnation, r.mark = max(incarnation, r.incarnation+1), k.first
	if err := dir.store(r); err != nil {
		dir.close()
		return nil, 0, &Error{Op: "start", Err: ErrStateDir, Detail: dir.path + ": " + err.Error()}
	}
	k.writes.Add(1)
	return k, r.incarnation, nil
}

func (k *keeper) close() { k.dir.close() }

// want asks for a mark to be written. It never blocks.
func (k *keeper) want(m core.Mark) {
	k.mu.Lock()
	k.next = m
	k.mu.Unlock()
	select {
	case k.bell <- struct{}{}:
	default:
	}
}

func (k *keeper) take() core.Mark {
	k.mu.Lock()
	defer k.mu.Unlock()
	m := k.next
	k.next = core.Mark{}
	return m
}

// keep is the keeper's goroutine. It tells the core of what is written. A write that failed ends the node: what the disk has then
// nobody knows, and trying again would make it look as if it were known.
func (n *Node) keep() {
	defer n.keeper.close()
	for {
		select {
		case <-n.keeper.bell:
		case <-n.ended:
			return
		}
		m := n.keeper.take()
		if m == (core.Mark{}) {
			continue
		}
		r := n.keeper.dir.kept
		r.mark = m
		if err := n.keeper.dir.store(r); err != nil {
			n.stop(&Error{Op: "remember", Err: ErrStateDir, Detail: n.keeper.dir.path + ": " + err.Error()})
			return
		}
		n.keeper.writes.Add(1)
		n.in.push(core.Persisted{Mark: m})
	}
}
