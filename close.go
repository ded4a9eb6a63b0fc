package lockstep

// How a node ends: asked to, or because it cannot go on.

import (
	"time"

	"go.uber.org/zap"

	"github.com/lockstep-go/lockstep/internal/core"
)

const (
	leaveLimit  = time.Second            // for all groups together to be left
	upcallLimit = 500 * time.Millisecond // for handlers that still run to return
)

// Close leaves every group, tells the ring, and ends the node. It takes about a second at most: what is not left by then is cut
// off, and the others see a crash. What was sent and has not gone out by then is reported to OnLost; who wants it out calls Flush
// before. Calls that wait end with ErrClosed or ErrUncertain. It may be called more than once and from any goroutine; every call
// returns when the node has ended.
func (n *Node) Close() error {
	n.close.Do(func() {
		n.closing.Store(true)
		n.leaveAll()
		n.stop(ErrClosed)
	})
	<-n.done
	return nil
}

// leaveAll leaves every group and waits, within bounds, until the leaves are ordered and the last messages handled.
func (n *Node) leaveAll() {
	limit := time.NewTimer(leaveLimit)
	defer limit.Stop()
	var left []<-chan struct{}
	for _, g := range n.allGroups() {
		g.mu.Lock()
		if t := g.cur; t != nil && !t.ended {
			t.phase = phaseLeaving
			t.budget.fail(ErrClosed)
			g.push(core.LeaveGroup{Group: g.id})
			left = append(left, g.done)
		}
		g.mu.Unlock()
	}
	for _, done := range left {
		select {
		case <-done:
		case <-limit.C:
			return
		case <-n.done:
			return
		}
	}
}

// stop makes the loop say good-bye and end. Only the first reason counts.
func (n *Node) stop(why error) {
	n.stopOnce.Do(func() {
		n.mu.Lock()
		n.err = why
		n.mu.Unlock()
		n.closing.Store(true) // whoever sees it finds the reason
		close(n.stopping)
	})
}

// nameTaken ends a node whose name a living member has.
func (n *Node) nameTaken(u *core.Upcall) {
	n.stop(&Error{Op: "start", Err: ErrNameTaken, Detail: n.cfg.Name + " is the member at " + u.Text})
}

// finish ends what is left once the loop has ended.
func (n *Node) finish() {
	why := n.Err()
	if why != ErrClosed {
		n.log.Error("the node has ended", zap.Error(why))
	}
	for _, g := range n.allGroups() {
		g.mu.Lock()
		if t := g.cur; t != nil {
			t.end(why)
			t.loseRest()
			t.release()
			t.wake()
		}
		g.mu.Unlock()
	}
	n.cancel()
	n.end.Close()
	n.spools.close()
	// Handlers that are stuck must not keep Close from returning; they run on without consequence.
	idle := make(chan struct{})
	go func() {
		n.upcalls.Wait()
		n.wg.Wait()
		close(idle)
	}()
	limit := time.NewTimer(upcallLimit)
	defer limit.Stop()
	select {
	case <-idle:
	case <-limit.C:
		n.untold()
	}
	close(n.done)
}
