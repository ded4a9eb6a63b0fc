// Package ordering decides in which order messages are delivered: the Totem single ring in operation.
//
// The members of a ring pass a token. Whoever holds it numbers packets and multicasts them, answers requests for packets that
// others miss, asks for what it misses itself, and writes down how far it has received everything (its aru, "all received up
// to"). Everybody delivers packets in the order of their numbers:
//
//   - agreed: when everything numbered before is here;
//   - safe: when, besides, the token has been forwarded on two successive rotations with an aru that covers the packet, so that
//     every member of the ring is known to hold it;
//   - safe at k: when, besides, the members' own arus on the token show that k of those who vote in its group hold it and all before
//     it ([Voters]).
//
// A [Ring] is one installation of a ring at one member. Package membership makes it, hands it packets and tokens, and when the
// ring breaks keeps it, frozen, as the old ring whose messages recovery exchanges: the Ring is the one value that the two
// packages share, and only one of them changes it at a time.
//
// An [Assembler] puts chunks back together and gives each message its position.
//
// Invariants, checked by [Ring.Check] after each step of a simulation:
//
//   - delivered <= aru <= high, and safe <= aru;
//   - every packet in (released, aru] is in the store; nothing at or below released is;
//   - released <= min(safe, delivered): what somebody may still ask for is kept;
//   - what a member is known to hold never exceeds what it holds: its entry on the token falls back as others number packets.
//
// The package is pure: it knows no socket, clock, goroutine or random source.
package ordering
