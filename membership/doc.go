// Package membership decides who is on the ring, who is in which group, and which side of a partition is primary.
//
// It has two halves, both pure: they know no socket, clock, goroutine or random source, and what they decide never depends on the
// order of a map.
//
// The ring half is a [Machine], Totem's membership protocol at one member. In operation it passes the token (operational.go) and
// watches its neighbours (liveness.go). When a member is lost or another ring is heard it gathers: members tell each other whom
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
// Invariants:
//
//   - The sets of gather only grow until a ring is installed, and every state ends by a deadline: a member ends on some ring.
//   - A ring's id is never used twice: its sequence is above all that its members have met, and the representative's id, which is
//     part of it, has that process's incarnation.
//   - Members that go together from one ring to the next deliver the same messages between, in the same order.
//   - A promise made in one recovery is kept in the next, whether or not a ring was installed.
//   - After a Sync all members of a ring have the same directory, bit for bit.
//   - Of any two primary views of one founding, the later one's quorum knew of the earlier.
package membership
