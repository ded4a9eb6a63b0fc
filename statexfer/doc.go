// Package statexfer moves a group's state from a member that has it to one that joins, beside the ring.
//
// The ring only says that a state is to move: at one position of the group's order, the cut, the donor freezes its state and
// the joiner begins to hold back what is ordered after it. The bytes themselves travel on a stream between the two, so that a
// large state never delays a message. One stream carries one state:
//
//	joiner                               donor
//	request (group, founding, cut,
//	   what the joiner has,
//	   what came from another)      ->
//	                                <-   wait, once a second until the state stands ready
//	                                <-   info: whole or delta, how many bytes will come, CRC-32C
//	                                <-   chunk: length, CRC-32C, at most 64 KiB
//	                                <-   ... more chunks
//	                                <-   end: total length, SHA-256 of all bytes
//
// or, instead of any of the donor's frames, an error with a text for people. A stream that ends without its end frame was
// cut short: the [Reader] never reports io.EOF before length and hash agree, so a half state cannot pass for a whole one.
//
// A state that several members saved at one cut can come from one after another. The request for the rest says how many bytes came and
// their SHA-256; the next donor reads over as many of its own, and goes on behind them if they are the same ([Reader.Resume]). If they
// are not it says so in a frame of one byte, and the joiner fetches the state anew ([ErrOther]). Length and hash in the end frame are of
// all bytes, whoever sent them: what came is one donor's state, whole.
//
// Back-pressure is the stream's own. Both sides set a deadline around each frame: whoever waits [Patience] for the other
// gives up, and the joiner asks its group for a new cut.
//
// What a donor sends to all its joiners together is held to a [Rate], if it has one; while a chunk waits for its turn the donor says once
// a second that it is alive.
//
// Invariants of a [Reader], which [Reader.Invariant] checks; the tests ask after each Read:
//
//  1. It holds at most one chunk.
//  2. What it holds came, and is the last that came.
//  3. Nothing waits behind an error: what came before it was handed on.
//  4. Only an end whose length and hash agree is io.EOF; no other error looks like one.
//  5. What a donor says instead of a state is bounded.
//  6. Nothing comes from a donor before it has said what will come, and no more than that.
//
// The stream is opened, encrypted and authenticated by package transport; what a cut is and when it becomes void is the
// business of package membership. This package knows neither: it is given a connection, and a source of bytes.
package statexfer
