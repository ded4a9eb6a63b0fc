// Package ordering decides in which order messages are delivered: the Totem single ring in operation.
//
// The members of a ring pass a token. Whoever holds it numbers packets and multicasts them, answers requests for packets that
// others miss, asks for what it misses itself, and writes down how far it has received everything (its aru, "all received up
// to"). Everybody delivers packets in the order of their numbers:
//
//   - agreed: when everything numbered before is here;
//   - safe: when, besides, the token has been forwarded on two successive rotations with an aru that covers the packet, so that
//     every member of the ring is known to hold it;
//   - safe at k: when, besides, the members' own arus on the token show that k members of its group hold it and all before it
//     ([Enough]).
//
// A [Ring] is one installation of a ring at one member. Package membership makes it, hands it packets and tokens, and when the
// ring breaks keeps it, frozen, as the old ring whose messages recovery exchanges: the Ring is the one value that the two
// packages share, and only one of them changes it at a time.
//
// A visit of the token is one [Ring.Visit], or its parts where the token stays for a while: see stay.go.
//
// How much is multicast in a rotation, and by whom, is flow control's: see window.go.
//
// An [Assembler] puts chunks back together and gives each message its position.
//
// Invariants, which [Ring.Invariant] and [Assembler.Invariant] check after each step of a simulation:
//
//  1. aru <= high: what is held without a hole ends no later than what is held.
//  2. The packet after aru is missing, or aru would be higher.
//  3. delivered <= aru: nothing is delivered past a hole, but in the last step of a ring's life.
//  4. safe <= aru, and safe <= the token's aru as last forwarded <= its seq: what is safe is here as everywhere, and stays so.
//  5. released <= min(safe, delivered): what somebody may still ask for is kept.
//  6. The packets in (released, aru] and the one at high are in the store, each at its number; at or below released there is none.
//  7. At most limit packets are held, and no bytes without packets.
//  8. What this member numbered and the last membership event are numbered no higher than high.
//  9. The members are sorted, this one is among them, and the first is the ring's representative.
//  10. Of a message under way no more is kept than it announced, and none is larger than a message may be.
//  11. A sender that has to begin again has nothing under way, and membership events never begin again.
//  12. Nobody is known to hold more than was numbered when the token was here, nor this member more than it holds.
//
// The package is pure: it knows no socket, clock, goroutine or random source.
package ordering
