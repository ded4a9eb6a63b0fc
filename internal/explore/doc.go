// Command explore searches the ring half of membership, with the ring of package ordering inside, exhaustively: three members and
// two messages, every order in which packets can arrive and timers can fire, with up to two faults at every place where they can
// strike. In every state each member's invariants must hold; at every quiet end what was delivered must be extended virtually
// synchronous, as package evs has it. Where a simulation draws one path of many, this takes them all, as far as it gets, and says
// how far.
//
//	make explore MINUTES=5
//	go run ./internal/explore -start ring -faults 2 -kinds=-cut -states 20000000
//	go run ./internal/explore -start ring -replay 'submit a, a>b, drop a>c, ...'
//
// What is abstracted, and what not:
//
//   - The machines are the real ones, three membership.Machine with all their packets as bytes, keys installed and removed.
//     A member does what core.Step does: a packet, then what is due, then the token's kick. Where
//     the token stays for a member's handlers, these may have run at any moment, or not before the deadline.
//   - Packets from one member to another arrive in the order in which they were sent (overtaking is a fault); packets to and from
//     different members in every order. But a packet may not lag behind for ever, or the token would go round without end: of the
//     chains of packets that are under way, each packet an answer to the one before, none may be more than so many hops (-lag)
//     longer than another.
//   - Time stands still while packets are under way. When none is, it goes on to the earliest deadline; of members with equal ones
//     any may be first. A timer that fires though packets are under way is a fault (late: the packets are). The protocol's limits
//     are in LAN's order, but closer together, so that fewer things repeat in between (-lan has them as they are).
//   - Faults: a packet is dropped; is duplicated, the second copy arriving at any later time or never (nothing knows it for a
//     duplicate, as a node's replay windows would); overtakes another; is late; a member crashes, and the others get a hint of it;
//     a member is cut off from the others until, at any moment with nothing under way, the network heals.
//   - A path ends where everything is quiet: all members that hear each other are on one ring, all messages are delivered, the
//     token rests. Crashes, cuts, healing and late duplicates strike there too; time does not go on, since an idle ring only
//     repeats itself. A path of too many steps without a quiet end is reported.
//   - With the last fault no other can follow, so of orders of moves that come to the same only one is taken (moves.go).
//
// What makes it fast: a member's state is kept once, by the digest of all that it is, with times relative to now (reflect.go,
// digest.go), and what a member does with an input is worked out once (member.go). So a state of the world is a few numbers
// (world.go), and most steps are one look into a table.
//
// States of the world are remembered by a hash of 64 bits: with 10^8 of them the chance that some state was passed over is below one
// in a thousand.
package main
