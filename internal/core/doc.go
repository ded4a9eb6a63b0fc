// Package core is one lockstep member as a pure machine: ordering, membership, the directory of groups, point-to-point messages
// and replay windows behind one entrance, [Core.Step]. It knows no socket, clock, goroutine, lock or random source: time comes
// in with each event, and what is to be done comes out as [Effects]. The node's loop steps one over real sockets; package
// internal/sim steps a whole cluster of them in one goroutine on virtual time.
//
// A packet's way in: [Received] -> replay.go (is its counter new?) -> membership.Machine (token, data, join, commit ...) ->
// deliver.go (what the ring delivers) -> membership.Directory (what it means for the groups) -> [Upcall].
//
// A message's way out: [Submit] -> group.go (the group's queue) -> source.go (Fill, at a token visit) -> ordering.Ring (number)
// -> [Send].
//
// turns.go knows which groups have something to do, so that ten thousand idle ones cost nothing; bundle.go has several groups joined or
// left at one place; report.go is what an application itself says of a member.
//
// Invariants, which [Core.Invariant] checks after each step of a simulation, besides those of ordering and membership:
//
//  1. Every group has its turn to fill packets, once.
//  2. Answers that wait for their place, and packets to and from one member, are no more than their bounds.
//  3. Only a group's first message is half numbered.
//  4. Every replay window has its place in the order in which they are forgotten, and there are no more than their bound.
//  5. Every group that has messages to send, calls that wait to become stable, or a leave to ask for is among those that are looked at.
package core
