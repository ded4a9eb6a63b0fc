// Command soak lets real processes live through what a network can do to them, and judges what they saw by the same checker as the
// simulator's clusters.
//
//	go run ./internal/soak               one round
//	go run ./internal/soak -rounds 20    as many, each with a fresh seed and a fresh cluster
//	go run ./internal/soak -seed 17      the round of this seed
//	go run ./internal/soak -judge DIR    no round: what a failed one left there is judged again
//
// A round is a cluster of three to five members, "lockstep node -trace" with a key, each on a host of its own (internal/lab). They
// send, burst, apply, query and flush, leave and join, all drawn from the round's seed. Meanwhile faults come and go, several at
// a time: members are cut off, in one direction or both; a bridge remains between two that do not hear each other; streams or large
// datagrams do not pass; packets are lost, repeated, late; processes are killed and started again, stopped and continued; an
// interface goes down. Then everything heals, and the members have to become one group again and answer all that was asked of them.
//
// What they printed is translated into a history (history.go) and given to package evs; what callers were told, and when, is
// read as calls to registers and locks (register.go) and decided by package linear. A round prints one line, a failed one its violations and
// the directory with all that was printed and logged. The plan of a round can be repeated with -seed, its timing cannot: so the
// history is kept, not only the seed.
//
// The exit status is 0 when all rounds passed, 1 when one did not, 2 for a wrong command line, and 3 when this machine can have no
// test hosts, which is said in large letters: nothing was tested then.
//
// Whoever reads the files: main.go (the command line), round.go (a round from start to verdict), slot.go (a member through all its
// processes), traffic.go, fault.go and links.go (what is done to them), settle.go (the end), stream.go and history.go (from what was
// printed to a history), calls.go, lineage.go, logs.go
// and register.go (what callers were told), judge.go (the verdict), kept.go (what is kept of it).
package main
