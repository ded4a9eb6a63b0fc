// Command compare measures lockstep beside corosync and beside what the machine itself allows, in turn and in one go, and says how
// every promise about speed stands.
//
//	make compare                         three rounds, about half an hour; the report goes to docs/benchmarks/
//	go run ./internal/compare -quick     one round of short runs, to try it; the report goes nowhere
//	make compare MTU=8800
//	make compare ONLY=send/ordered/64,ping
//
// It makes three hosts of its own: network namespaces on one bridge of the kernel (lab.LayBridge). In each round come the bare program
// (internal/bare), then "lockstep bench" for every row, then corosync with the same work, and etcd for its locks, if they are installed
// (apt-get install corosync libcpg-dev gcc etcd-server). A figure is the median of the rounds, each row's members are held to the slowest of them, and the
// rounds alternate so that a machine that is slow for a while is slow for all.
//
// Whoever reads the files: main.go (the command line), study.go (rounds and jobs), bare.go, bench.go (lockstep bench on the hosts),
// send.go, ping.go, cost.go, load.go (the jobs), corosync.go and corosync_jobs.go with corosync/cpgbench.c, etcd.go
// and etcd_clients.go (the peers). What was promised,
// and the table, are package record. It needs Linux and root.
package main
