// Package catalogue tells, scenario by scenario, what lockstep does when something particular goes wrong: the token is lost at the
// third hop, the representative dies after it made the commit token, four of five processes stop while the fifth recovers.
//
// Each file in testdata is one scenario, to be read from top to bottom: what it is and what must be seen, then commands, then
// behind a line of dashes what they said. README.md lists what was to be covered (the adversarial scenarios of our reference notes, the fixes that
// corosync needed in twenty years, the tests of JGroups about views, merges and order) with the scenario or the test that holds each.
//
//	go test ./internal/catalogue                                       (all of them)
//	go test ./internal/catalogue -run TestScenarios/rep-dies -trace    (one, packet by packet)
//	go test ./internal/catalogue -seed=7                               (on a network that draws otherwise)
//	go test ./internal/catalogue -rewrite                              (take what is said now as what must be said)
//
// The cluster is the simulator's (package sim): real cores on virtual time, a network of 0.3 ms. Whatever the output, a scenario fails
// when an expectation does not hold, when its last check finds anything, when one ring id was given to two memberships, or when
// something that was arranged (a drop, a when) never happened: a story in which the fault does not strike proves nothing. So
// -rewrite cannot hide a failure.
//
// # Commands
//
// Nodes are a, b, c, ...; "all" is every node, "rep" the ring's representative, "ring2" the third on the ring (from ring0, which is
// rep), "it" the node that caused a when or an on. Everybody is in group g unless group says otherwise.
//
//	cluster 5 size 3 loss 10% delay 1ms maxbody 700 wan disk  a new cluster; all but the number may be left out. "seeds 3": only the
//	                                                         first three are known to all from the start
//	   ring 2^32-3 position 2^53-9 counter 2^63-20           where numbers begin
//	group h of a b c size 3                                  another group, before the start; "group g of a b" restricts g
//	start all                                                start processes, which join their groups
//	crash a · close a · restart a                            kill -9; an orderly end; again
//	pause a 500ms · slow a · fast a                          SIGSTOP and SIGCONT; handlers that take 4 ms
//	clock a -1h · drift a 2%                                 its wall clock at its next start; its steady clock from now on
//	leave a · join a                                         its group (of g)
//	send a b ordered x5 size 9000 of h                       orders: fifo causal ordered safe apply query
//	talk all                                                 five times each order from each, 5 ms apart
//	busy all every 5ms · quiet                               messages of all orders in the background, until quiet
//	flicker 1000 cuts of 1ms every 10ms                      each member in turn is cut off for a moment
//	cut a-b b-c · cut a>b · partition a b | c d              both ways; what a sends does not reach b; sides
//	isolate abc 2                                            heal, and cut the second of these, b, off from the others
//	heal                                                     all paths open, all rules gone
//	run 200ms                                                time passes
//	view a b c within 1s                                     time passes until just these share a primary view, all loaded
//
// Rules about packets. A packet is: token, commit, data, recovered (old messages in a new ring), multicast (both), join, beacon, probe,
// wake, leave, direct, data-class or token-class (by the clear header), or packets (any), several with commas; "data with sync" looks inside; then any of "from a b", "to c", "hop 3" (a
// token from the third on the ring to the fourth; the third sending of a commit token), "above 900" (bytes), and at last "once", "x5"
// (the first five), "for 200ms", "at 30%".
//
//	drop token hop 3 once              is lost
//	delay data by 2ms                  comes later, and others overtake it
//	repeat token 4                     comes four times more
//	limit packets to e 1000            a policer lets so many a second through
//	keep commit · replay in 1s         remember packets; bring all that were remembered once more
//	on commit hop 7: crash rep         when such a packet leaves, once
//	when it enters recovery: crash a   a state (gather, commit, recovery, operational) is entered: by "it" anybody; once. Several
//	                                   things may follow, with semicolons; a when among them is the last
//
// What was seen, all since the last mark (or the start):
//
//	views · told a · ring                                    everybody's last view; what one application was told; the ring's order
//	delivered · delivered each                               who delivered the same ordered and safe messages: how many; which
//	fences                                                   positions of safe messages rise with the time of their sending
//	expect views none · expect rings of a 1 · expect recovered 1 or more · expect rings at most 10    see expect_test.go
//	check                                                    heal, restart who is dead, let time pass; then all must be whole, and the
//	                                                         checker (internal/evs) must find nothing in the whole history
//	sweep hop 0..9 (and state gather commit)                 all that follows in the block once for each value of $hop (and $state)
package catalogue
