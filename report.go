package lockstep

// Report: an application knows better than the ring that a member has failed.

import (
	"fmt"

	"github.com/lockstep-go/lockstep/internal/core"
)

// Report says that a member has failed though it may still answer: its disk is full, its clock is wrong, its work does not get done. Every
// member of the ring, of all groups, gives it up as if it had fallen silent; the views without it say Reported, and EventListener.Suspected
// says at every member, the reported one included, who said so and why. Why is for people; at most 512 bytes of it are passed on.
//
// The word of one is enough, so say it only of what is certain. A reported process that lives is not ended: it finds itself alone, blocked
// if its groups need a quorum, and comes back by itself within seconds, with fresh state, as after a short cut. Who is reported
// again and again waits longer each time. To be rid of it for good stop the process.
//
// Report does not wait and may be called from anywhere. nil means: on its way to all. ErrGone if m is not on this node's ring;
// ErrClosed; an error if m is this node, which should Leave or Close.
func (n *Node) Report(m Member, why string) error {
	const op = "report"
	fault := func(err error, detail string) error { return &Error{Op: op, Member: m, Err: err, Detail: detail} }
	if n.isClosing() {
		return fault(ErrClosed, "")
	}
	id := idOf(m)
	if id == n.id {
		return fault(fmt.Errorf("this node would report itself"), "Leave the group, or Close the node")
	}
	if _, ok := n.ring.info(id); !ok {
		return fault(ErrGone, "")
	}
	n.in.push(core.Report{Member: id, Why: why})
	return nil
}
