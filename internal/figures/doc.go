// Command figures measures, with real processes and the default configuration, what lockstep promises about time: one command
// from a clean checkout to figures that can be pasted into a note.
//
//	go run ./internal/figures                     all of it, about 15 minutes
//	go run ./internal/figures -only kill,idle     some of it
//	go run ./internal/figures -logs DIR           with every node's log, to find out why a figure is what it is
//
// The parts:
//
//	kill         ten times kill -9 of one of three processes on loopback, until both others have printed the view without it
//	cut          the same for three hosts (network namespaces, internal/lab), one of which loses its cable
//	stop         ten times SIGSTOP of one process for 500 ms: nothing may come of it
//	idle         processor time of three members that have nothing to say
//	bench        "lockstep bench -local 3": 64 B, 1 KiB and 8 KiB, one and three senders, ordered and safe
//	lockservice  the example's last line
//	crowd        three times thirty processes started at once, of which each is told of three, until all are in the view of all
//	join         1 GiB of state for a fourth member, while three carry half of their most of 1 KB messages: rate and p99 before and during
//
// It drives the command lockstep as a stranger would, by its flags, its standard input and its output (internal/lab). A time is taken
// where it hurts most: from before the signal or the cut is asked for until the last line that was waited for has been read. The
// exit status is 1 when a target was missed or a part could not be measured.
//
// A figure from a busy machine says little, so each part also says what the load was and how much of the cores other programs
// used meanwhile.
//
// Whoever reads the files: main.go (the command line, the parts), study.go (what all parts share), cluster.go (nodes),
// then one file a part. It needs Linux, and the part "cut" needs root and /dev/net/tun.
package main
