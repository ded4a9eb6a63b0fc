// Package transport carries packets between members: sockets in batches, seals, parts, streams. It knows who sealed a packet and
// nothing of what the packet means or of any order.
//
// There are two layers. A [Transport] moves raw datagrams and streams between addresses; [UDP] is the one for real networks,
// memnet holds one for tests, and an application may bring its own. An [Endpoint] stands on a Transport and seals and opens what
// passes through it.
//
// # A datagram's way out
//
//	core's effect -> Endpoint.Send   the packet is cut into parts if it is larger than MaxBody       parts.go
//	              -> seal            clear header, body under the sender's own key, tag              send.go, keys.go
//	              -> batch           the same sealed bytes once for each receiver, receiver by receiver
//	              -> Transport.Send  on Linux a visit's datagrams to all in one system call          udp_send_linux.go
//
// A packet is sealed once, whatever the number of receivers: they all hold the cluster key, from which each derives the sender's
// key. A sender counts its packets in each context, from 1; the counter is in the clear header and is the nonce.
//
// # A datagram's way in
//
//	Transport.Receive -> cut         what the kernel joined is cut again, in place                   udp_receive_linux.go
//	                  -> header      version, key id, context: unknown ones are counted and dropped  receive.go
//	                  -> open        the tag covers body, header and cluster label
//	                  -> parts       wait for each other, within bounds                              parts.go
//	                  -> Packet      to the node's loop, which keeps the replay windows
//
// Nothing of a body is looked at before its tag has verified, and a forged datagram makes nothing grow. What does not open is
// counted by source and reason: [Endpoint.Drops] is how an operator learns that a member has the wrong key.
//
// A context is 0, outside any ring, or a ring's number. A ring's keys are derived from the cluster key and from the nonces of all
// its members (InstallRing), so that nobody can bring an old ring's packets back to life.
//
// # What the kernel and the network may spoil
//
// A datagram costs the kernel the same whatever its length, so datagrams of one length to one address go to it as one long buffer, and
// come from it so (offload.go). This is given up for good where it fails, or where what was joined does not open. And a path may carry
// less than this host's links: probes find that out, and packets go there in parts (path.go).
//
// # Who owns a buffer
//
// What is sent belongs to the caller again when Send returns. What a Transport receives is its own until the next Receive; the Endpoint
// opens it into memory that it never writes to again, and that the garbage collector takes when no packet in it is kept. But for data:
// that lies in slabs (slab.go), each of which is filled anew when every packet in it was given back. Whoever takes a Packet holds its
// slab, may add holds for others, and looks at nothing after its own release; what nobody releases is the garbage collector's after all.
// In a node the ring holds a packet until all members have it, and each group's queue until the handlers of its messages have returned.
//
// # Streams
//
// [Endpoint.DialStream] and [Endpoint.AcceptStream] give TLS 1.3 connections whose both ends have proved who they are (tls.go): state
// transfer moves over them, and ring neighbours watch each other by them. Without a key there is no TLS, and no proof.
//
// # Who runs what
//
// One goroutine sends, one receives, and the Endpoint has one of its own that accepts streams, with one more for each handshake,
// bounded in number and time. Close ends them all.
package transport
