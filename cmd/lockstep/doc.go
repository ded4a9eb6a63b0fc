// Command lockstep lets an operator, a script or a test of another program drive real members of a lockstep cluster.
//
//	lockstep keygen   writes a fresh cluster key
//	lockstep node     runs one member, told what to do by lines of JSON on standard input
//	lockstep bench    measures ordered delivery between real processes
//	lockstep status   asks a running member how it is
//	lockstep doctor   says what a node would find on this host, with advice
//
// Every subcommand explains itself with -h. A wrong command line ends with status 2, a failure with 1.
//
// # How a node is built
//
// Three things happen at once in "lockstep node", each in files of its own:
//
//   - The group's goroutine calls the application (app.go), which keeps a log as a hash chain (chain.go) and prints a line for
//     each thing it is shown (events.go, lines.go).
//   - One goroutine reads standard input (input.go, node_ops.go). Sends go through one queue and are carried out one by one
//     (sender.go); applies, queries, flushes and what an operator decides (operator.go) each wait on a goroutine of
//     their own (calls.go); join and leave are done one after the other (membership.go).
//   - Signals, the end of input and the end of the node end the process (node.go).
//
// One mutex, the application's, covers the log and the printing, so that the lines are in the order in which the application saw
// things and a "state" line agrees with the delivery printed before it.
//
// # An operator's decisions
//
// Three operations show what an operator has to decide in a group with -size, after a total failure or when a voter is gone for good:
//
//	{"op":"loss","tag":"t"}      what going on without a quorum would give up: {"ev":"loss","tag":"t","founding":N,"members":["b","c"]}
//	{"op":"override","tag":"t","founding":N,"members":["b","c"]}      goes on all the same, if that is what is lost: {"ev":"overridden",...}
//	{"op":"resize","tag":"t","size":5}      five names vote from now on: {"ev":"resized","tag":"t","size":5}
//
// # Traced
//
// With -trace the output is a history that internal/soak can judge. Each line has "at", nanoseconds on a clock that all processes
// of the machine share, and is written before what it tells of goes on, so a process that is killed has told all it saw. And
// there are more lines (trace.go):
//
//	{"ev":"sending","op":"send",...}                       a send or burst is about to be made; the fields of the operation follow
//	{"ev":"calling","op":"apply",...}                      likewise an apply, query or flush
//	{"ev":"upcall","kind":"view","view":"ID","position":N} just before the view; "resumes" names the view that it continues
//	{"ev":"upcall","kind":"founded"}                       this member creates the group
//	{"ev":"upcall","kind":"save","cut":N}                  then {"ev":"saved","count":N,"chain":"hex"}
//	{"ev":"upcall","kind":"load","cut":N,"donor":"a/..."}  then {"ev":"loaded","count":N,"chain":"hex"}, unless the load fails
package main
