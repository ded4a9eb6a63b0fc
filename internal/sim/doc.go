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
// # The swarm
//
// A scenario is drawn from the seed (swarm.go): three to seven members, which groups, how fast the network is, where numbers begin,
// whether there are disks, and in one seed of 250 hundreds of idle groups beside the others; and above all which kinds of faults there are at all (fault.go), how strong each is and how often they
// strike. Few kinds at a time meet more than all of them always. Faults strike at any moment, or just when a member has come to a
// state of the protocol (fault_state.go). What applications and operators say strikes as well: reports of members, groups joined and left
// as one, overrides of a lost quorum, right and wrong (words.go). A fault counts when it has done harm, and a run counts when it had 500 deliveries, 300
// rotations of a token and 3 faults; it goes on until then. It ends with everything healed and a quiet time, after which the cluster
// must be whole again (settle.go). Everything that the applications and the rings saw goes into an evs.History, which package evs
// judges.
//
// TestSeed sweeps over 500 seeds, each tenth run twice with the same outcome wanted; `make sim SEEDS=n` over more, and
// `make swarm MINUTES=n` for as long as one likes, each seed run twice, compiled after a profile of itself (sweep.pgo: a minute of it on one
// processor with -cpuprofile). A sweep prints what struck and what was met (marks.go), and
// fails when in 500 seeds or more one of these never was.
//
// How seeds are drawn changes, and a seed then means another run. So drawings have generations: what failed once is kept by its
// number and generation (kept_test.go), and first.go still draws the first. The later ones (swarm.go) differ in which faults there are.
//
// A test that wants one particular story builds a [Cluster] and tells it with verbs: Cut, Heal, Partition, Crash, Restart,
// Pause, Run, WantView.
package sim
