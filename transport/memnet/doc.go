// Package memnet is a network in memory, for tests: datagrams and streams between addresses that exist nowhere, with delay,
// loss, duplication, reordering, cuts and sudden death, drawn from a seed.
//
// A [Network] is made once for a test. Each member listens on an address of its own and gets a transport.Transport, which
// it uses like a real one:
//
//	net := memnet.New(memnet.Config{Seed: 1, Delay: time.Millisecond})
//	a, err := net.Listen("")
//	b, err := net.Listen("")
//	net.Cut(a.Addr(), b.Addr())   // nothing passes, either way
//	net.Heal()                    // everything passes again
//	net.Kill(b.Addr())            // as kill -9: its sockets are gone at once
//
// What befalls a datagram depends on the seed, on its two addresses and on how many went the same way before it, and on nothing
// else: two members that talk at the same time do not disturb each other's fate.
//
// No real socket is opened, and nothing waits but on channels and timers: the network runs inside a testing/synctest bubble,
// where time is virtual, as well as outside.
package memnet
