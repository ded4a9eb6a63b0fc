// Lockservice is one table of locks, held in the memory of three processes at once.
//
// Every member of the group has the whole table. A client asks its own member for a lock; the member sends the request to
// the group with Apply, every member carries it out at the same place of the same order, and so all tables are equal without
// anyone being in charge. When a member dies, the others see it in one view, at one place among the messages, and take away
// what its clients held. The fence of a lock is the position of the message that asked for it: it grows for ever, and a resource that
// remembers the greatest it has seen can refuse whoever believes in a lock that has passed on.
//
// Without arguments it proves all this: it starts three member processes on this host, lets clients on all of them contend, kills one
// with kill -9, starts it again, and checks what the processes wrote down.
//
//	go run ./examples/lockservice
//
// With a name it is one member, to be tried by hand in several terminals (lockstep keygen makes the key file):
//
//	go run ./examples/lockservice -name a -listen 127.0.0.1:7101 -seeds 127.0.0.1:7102,127.0.0.1:7103 -key-file key
//
// Read it in this order: messages.go and table.go (what is replicated, without any network), snapshot.go (what a joiner gets),
// member.go, claims.go and acquire.go (how the table hangs on the group), clients.go (who uses it). The rest is proof: journal.go writes
// down what clients believed, resource.go refuses stale fences,
// resource_client.go asks it, evidence.go and prove.go look for contradictions, parent.go runs it all.
package main
