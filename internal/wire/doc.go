// Package wire holds every packet that lockstep members exchange: its fields, its bytes and its one-line text form.
//
// A datagram is a clear [Header] of [HeaderSize] bytes, a sealed body, and the AEAD's tag. The header names the keys that open
// the body and nothing else about the sender's intentions; package transport seals and opens. A control packet too large for one
// datagram travels as parts, each sealed by itself and begun by a [PartHeader]. The body is one packet: its [Type] in the first
// byte, then fields of fixed width in big-endian order and lists with their counts before them, then zero or more extensions
// (type u16, length u16, value) that a receiver skips when it does not know their type. One file here is one packet, or one
// payload that a packet's chunk carries.
//
// To follow a body in, begin at [Parse], which looks at the first byte; to follow one out, at a packet's Append. The payloads of
// membership messages ([GroupJoin], [Directory] and the like) have no type byte: [Chunk].Kind says which parser they need.
//
// A parser never trusts a length: it checks what remains before it reads, allocates no more than what remains could fill, and
// returns an error matching [ErrMalformed] for anything else. It also refuses indices that point outside their list and
// offsets that lead below zero, so that no rule further up needs to look again. Lists that a type's comment calls sorted are
// refused when they are not. Numbers whose meanings may grow (kinds, reasons, policies, flag bits) pass unjudged.
//
// Parsed packets alias the buffer they were parsed from; the caller owns both, and must not reuse the buffer while the packet
// lives. Strings and lists of numbers are copies. An empty list or payload is nil.
//
// Append writes what it is given. It does not check bounds: they are the caller's to keep, and a list or a name beyond its bound is
// written so that every parser refuses it. Extensions unknown here are lost when a packet is parsed and appended again; what must
// survive members of an older version on its way round the ring needs a feature bit first.
//
// The package knows nothing of order, sockets or time. Nothing in it blocks, keeps state between calls or starts a goroutine; every
// function may be called from any goroutine, as long as nobody changes the value meanwhile.
package wire
