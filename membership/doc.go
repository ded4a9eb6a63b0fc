// Package membership decides who is on the ring, who is in which group, and which side of a partition is primary.
//
// It has two halves, both pure: they know no socket, clock, goroutine or random source, and what they decide never depends on the
// order of a map.
//
// The ring half is a [Machine], Totem's membership protocol at one member. In operation it passes the token (operational.go), or
// keeps it for a moment (stay.go), and watches its neighbours (liveness.go). When a member is lost or another ring is heard it gathers: members tell each other whom
// they hear until they agree (gather.go). The lowest of them sends a commit token round the ring they agree on, twice
// (commit.go). Then the members of each old ring exchange its messages on the new one, and all install it (recovery.go): the
// rest of the old regular configuration, the transitional configuration, the new regular configuration. The old ring is one
// value, an ordering.Ring, that is frozen when gather begins and dropped at the installation; only promises survive attempts that
// fail.
//
// The other half is a [Directory], the membership oracle: which groups there are, who is in them, who votes, what each side
// remembers. It is replicated state, changed only by safe events that the ring delivers. After an installation the sides bring
// what they know (Describe, Collect), and at the delivery of one Sync every member computes all views from that alone.
//
// What must hold of several members together is judged by a simulation (package internal/evs) and by an exhaustive search
// (internal/explore):
//
//   - The sets of gather only grow until a ring is installed, and every state ends by a deadline: a member ends on some ring.
//   - A ring's id is never used twice: its sequence is above all that its members have met, and the representative's id, which is
//     part of it, has that process's incarnation.
//   - Members that go together from one ring to the next deliver the same messages between, in the same order.
//   - A promise made in one recovery is kept in the next, whether or not a ring was installed.
//   - After a Sync all members of a ring have the same directory, bit for bit.
//   - Of any two primary views of one founding, the later one's quorum knew of the earlier.
//
// Invariants of one member, which [Machine.Invariant] checks after each step of a simulation:
//
//  1. There is a ring in operation and in recovery, and an old one except in operation.
//  2. This member is at its place on both.
//  3. No ring is newer than the highest sequence met, and a ring is newer than each from which its members come.
//  4. This member is in its address book, which is bounded.
//  5. The sets of gather and the promises end with an installation.
//  6. Every state has a deadline that ends it: a token, a commit token, a Join and a consensus are watched; a resting token goes on,
//     and so does one that stays, which is the last accepted.
//  7. Gather's proposal has this member and all of the old ring; only who was met is given up.
//  8. The ring that is formed is exactly who is proposed, in order, its representative first, and delivers nothing yet.
//  9. What this member wrote into the commit token stays true: its old ring is frozen in commit, and only recovery adds to it.
//  10. A promise is to members of the old ring, to those who move along among them once all was received, and to itself.
//  11. Who moves along was on the old ring and is on the new one; what is to be sent again is of the old ring, in order.
//
// and of a directory, which [Directory.Invariant] checks:
//
//  12. Its side has this member, is on the ring, and is the whole ring after a sync.
//  13. Directories of other sides are of this ring, speak for each member once, and end with the sync.
//  14. Records are sorted by name, and the index has just these.
//  15. After a sync a group that goes on has one record. A memory is held by members it had who are on the ring; nobody holds two.
//  16. Members, attempts, joins and types of a group are bounded, attempts in order.
//  17. Messages and events are held back in a transitional configuration only, and resolved before a group goes on.
//  18. A group that is not founded has only joins that wait, each once; a group that goes on has none.
//  19. No more names vote than the group's size, each once; only a group with a size was founded with another.
//  20. Members are sorted by age, each once, and on the ring.
//  21. A group that goes on has somebody with its state; who has it loads from nobody, who has not from a member.
package membership
