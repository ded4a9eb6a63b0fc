// Package lockstep keeps replicated state in step in the memory of ordinary Go programs, without a server: virtual synchrony on a
// Totem ring.
//
// # Members, groups, views
//
// [Start] makes a process a member of a cluster: it binds a port, finds others through its seeds and forms a ring with them. A
// [Member] is one run of one named process; a process that is started again is another member. On the ring, members form any
// number of groups. [Node.Group] names one; handlers are registered on it, and [Group.Join] enters it.
//
// A [View] is the membership of a group between two changes: its members by age, who joined, who left and why. Views are delivered
// among the messages, in one order: members that go together from one view to the next have delivered the same messages in
// between. So a decision that depends only on the messages and views so far is the same everywhere, and needs no further
// agreement: whoever is first in View.Members leads, a lock goes to the next in the queue when its holder has left the view.
//
// # Messages and orders
//
// The Go type of a message chooses its handler ([Handle]). Every member, the sender included, gets its own decoded copy.
//
//   - Send (FIFO): one sender's messages keep their order, whatever they were sent with.
//   - CausalSend: also after everything that its sender had seen.
//   - OrderedSend: one order of all senders' ordered and safe messages, everywhere.
//   - SafeSend: the same order, and nobody handles the message before every member of the ring holds it.
//   - SendIn with [SafeAt](k) or [SafeQuorum]: the same order, and nobody handles it before k members, or a quorum, hold it.
//   - SendTo: one member only, after what the sender had seen.
//
// nil from a Send means: queued here, in this member's order. Nobody else need have it yet. It will be delivered here unless this
// member leaves or loses the primary; what is lost is told to OnLost, in order. nil from [Group.Flush] means: all that this member
// sent or delivered before is at every member of the view.
//
// [Apply] sends a change of state and returns what this member's own handler made of it, once the change cannot be lost. [Query]
// asks the members at one place in the order and returns the exact set of their answers. A call whose outcome nobody can know
// any more returns [ErrUncertain]; it never says "not applied" of something that may have been.
//
// A message's [Position] is its place in the group's order for ever, across views and restarts. It serves as a fencing token.
//
// # State
//
// Who joins a group that has members gets its state first: [Group.OnState] says how it is saved and loaded. It is cut between two
// messages at the oldest member, moves beside the ring, and the joiner then handles every message after the cut. Join returns when
// that is done. Load replaces all state: it runs again when a member that was cut off comes back. [StateOf] is the short way for a state
// that is one small value; docs/production.md has the pattern for a large one. A joiner that has most of it may say so and be sent the rest
// (State.Have), and where GroupConfig.Donors members save for it, it goes on from another when one dies. Config.TransferRate bounds
// what a member gives, Config.SpillDir takes what a joiner misses meanwhile, and EventListener.TransferProgress shows how far it is.
//
// # Upcalls
//
// Handlers and callbacks of one group run one at a time, in order, on the group's own goroutine, so the state they keep needs no lock
// among themselves. They must do the same at every member: no clock, no random number, no map order. Their context marks
// them: a call that waits ([Apply], [Query], Flush, Join, Leave), given it, would wait for itself and returns [ErrInUpcall]; a
// Send, given it, does not wait and may return [ErrFull], as [Group.TrySend] does anywhere. A handler that blocks holds up its
// group, slows its senders, and is named in an event. A handler that panics ends this member's membership and nothing else: Done and
// Err say so.
//
// # Cancellation
//
// Every call that waits returns within 10 ms of its context's end, whatever the network does. A Send whose context ends was not
// accepted. An Apply, Query or Flush that was accepted before its context ended matches both ErrUncertain and the context's error.
//
// # Partitions
//
// Under the default policy only a side with a quorum is primary and goes on. The others are blocked: they deliver nothing, their
// calls return [ErrNotPrimary], and when the network heals they come back with the state of the primary. With GroupConfig.Size
// the quorum is a majority of that many names, which [Group.Resize] makes more or fewer; without, a majority of the last primary view. In a [ReadOnly] group members without a
// quorum answer their own queries, marked as stale. [Partitionable] groups go on on every side and merge their states. A member
// that was cut off may believe in its view until it looks: a linearizable read is an ordered Query, and a resource outside checks
// the fence.
//
// # Limits
//
// State lives in memory: when all members of a group are gone, so is its state. Every member of a cluster that holds the key is
// trusted. One ring serves tens of members on one site, not thousands. Ordered delivery is agreed, not uniform; what must survive
// goes through Apply, or SafeSend or SafeQuorum with Flush.
package lockstep
