// Package sim runs a whole cluster of cores in one goroutine, on virtual time, from one seed.
//
// Every member is a real core.Core, stepped as the node's loop steps it: packets before timers, keys before packets, packets
// before upcalls. What surrounds it is played: a network that loses, repeats, delays and reorders packets and can be cut in any
// direction; streams whose end is a hint; a virtual application for each group whose state is a count and a hash chain; state
// transfer from one application to another, which takes time and can fail. Packets really become bytes and are parsed again, and
// a packet is opened only by a receiver that has the key of its ring.
//
// Nothing here reads a clock or a global random source, so a seed is one execution: [Run] with the same seed gives the same
// [Result], down to the hash of its trace. A failing seed is a bug report:
//
//	go test ./internal/sim -run TestSeed -seed=N -v          (the violations)
//	go test ./internal/sim -run TestSeed -seed=N -v -story   (and what happened, packet by packet)
//
// A scenario is drawn from the seed (scenario.go): how many members, which groups, how fast the network is, which kinds of
// faults there are at all and when each strikes. It ends with everything healed and a quiet time, after which the cluster must
// be whole again (settle.go). Everything that the applications saw goes into an evs.History, which package evs judges.
//
// A test that wants one particular story builds a [Cluster] and tells it with verbs: Cut, Heal, Partition, Crash, Restart,
// Pause, Run, WantView.
package sim
