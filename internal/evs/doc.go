// Package evs judges histories: given what every process of a cluster saw, it says which promises of virtual synchrony were
// broken, by whom, and where. It knows nothing of rings, packets or clocks, so it cannot share a mistake with the code it judges.
//
// A [History] holds one [Log] for each process incarnation and group: what was sent, delivered, saved and loaded there, and
// which views were installed, in the order in which the application saw it. Whoever records a history (the simulator, a test on
// real sockets) calls [Log.Add], which stamps each event with its place in the run. [Check] then reads the logs only.
//
// # The properties
//
// The numbers are those of Moser, Amir, Melliar-Smith and Agarwal, "Extended Virtual Synchrony" (ICDCS 1994), section 2; VS
// numbers are those of Schultz's thesis (2001), section 3.
//
//	self-delivery       3; VS 3.7  what a member had accepted it delivers, unless it crashes, leaves or loses the primary
//	no duplication      1.4; VS 3.5  a process delivers a message at most once
//	no creation         1.3; VS 3.6  what is delivered was sent before, by that sender, to that group, in that order
//	same order          6.1, 6.2  one message a position, ascending among ordered and safe messages
//	gap                 6.3; VS 3.14  only the messages of unreachable senders may be skipped
//	sender order        VS 3.12  one sender's messages come in the order it sent them, and without holes
//	causal order        5; VS 3.13  what its sender had delivered when it sent a message comes before the message
//	positions grow      C2  whatever its order, what a member is told next has a higher position: a session never goes back
//	lines apart         (ours)  what an override makes of a group and what others make of it stay two: a state comes from one into the other
//	                    only at the override, at all members who bring it in one view; each keeps the properties of primaries, order,
//	                    answers for itself, and the override keeps what was acknowledged and who goes on with it has (stable kept)
//	together            (ours)  groups that a member joined or left as one change at one place, for whoever is in several of them
//	real time           (ours)  a call answered before another was made comes first; so fences grow (C4)
//	same view           1.4, 2.2; VS 3.8  all deliver a message in one view, the one they are in; in transitional configurations, all
//	                    whose states live
//	sane view           VS 3.9  no older than the one it was sent in; and a view has one incarnation of a name
//	virtual synchrony   4; VS 3.10  who goes from one view to the next together has delivered the same in it
//	came along          VS 3.17  a view's With names exactly those who went from the same view to this one
//	signals             VS 3.16  a transitional configuration is told before what is delivered in it
//	self inclusion      2.2; VS 3.2, 3.1  a member is in each of its views, and sees nothing before the first
//	view agreement      VS 3.3  one id, one view: the same members, joined, left, primary
//	view growth         VS 3.4  view ids grow at each member
//	one primary         P1  no two primary views of one number
//	primary continuity  P2  a primary is not passed over, nor founded anew, while somebody remembers it
//	no stale answer     C5  nothing is answered beside a newer primary
//	safe delivery       7.1  safe and before the transitional signal: delivered by everybody of the view who goes on
//	safe at k           (ours)  delivered as safe at k before the transitional signal: it outlives the loss of any k-1 members, and
//	                    at a quorum it is in every later primary
//	group bounds        messages come only from members, only to members, and never while blocked
//	state               T1, T2  a loaded state is the one saved at its cut, and consists of what came before
//	equal states        D2, D8  equal places, equal states
//	no half state       T3  who joins others has loaded before its first view
//	outcome             D5  each accepted message ends in one delivery or one loss, in order; certainly lost means nowhere
//	stable kept         D1  what was acknowledged as stable is in every later primary's state while a memory of it lives
//
// P, C, D and T are the numbers of the design's reference for what lies beyond EVS. The liveness half of 2.1 is for whoever runs the
// cluster: only it knows when the faults have ended.
//
// # The rings
//
// Where somebody looked (the simulator does), a history also holds one [RingLog] for each process: the rings it proposed and
// installed, their transitional configurations, which packets it numbered and delivered. These are judged by every predicate of
// the EVS paper as it stands; what the paper calls a message is here a packet.
//
//	ring causality           1.1, 1.2  what is delivered was numbered before; a process's events are one line, its end the last
//	ring no creation         1.3  what is delivered was numbered, by that sender
//	ring one sending         1.4  a number is given once, by a member, in the regular configuration
//	ring no duplication      1.4  a process delivers a packet once
//	ring last configuration  2.1  (runs that end in peace) all members of a configuration somebody stays in are there
//	ring self inclusion      2.2, VS 3.1, 3.2  a process is in its configurations, and nothing precedes the first
//	ring same configuration  2.2, VS 3.8  a packet is delivered on its own ring or in the transition from it
//	ring simultaneity        2.3, 2.4  configurations are one after the other everywhere
//	ring agreement           VS 3.3  one id, one list of members; so for transitional configurations
//	ring growth              VS 3.4  ring numbers grow at each member
//	ring id once             an id is proposed once, by its representative, and installed as proposed
//	ring transitional set    2.2, VS 3.17  those who go together, as far as they do; no two sides take each other along
//	ring signal once         VS 3.16  one transitional configuration between two rings
//	ring self-delivery       3  what a member numbered it delivers
//	ring virtual synchrony   4, VS 3.10  who goes together delivered the same, before the signal and after it
//	ring causal order        5  what its sender had delivered comes before a packet
//	ring sender order        VS 3.12  and what its sender had numbered
//	ring total order         6.1, 6.2  one packet a number, ascending, above what its sender knew
//	ring gap                 6.3, VS 3.14  before the signal nothing is left out; after it only packets of those not in it
//	ring safe delivery       7.1  safe and delivered: by all of the configuration it was delivered in
//	ring safe installed      7.2  safe and delivered in the regular configuration: all have installed it
//	ring sane delivery       VS 3.9  one incarnation of a name at a time, and none comes back
//
// What must stay within limits is noted in the ring logs too, as [RingLog.Gauge] and [RingLog.Window]:
//
//	bounded queues   L1  no queue ever held more than it may
//	progress         L4  while nothing was wrong the token went round
//	bounded changes  L5  no process installed more rings than what happened in the run explains
//
// Runs are judged in O(events): packets are kept as numbers and digests, and members that delivered a ring's packets without a hole
// are compared by how far they got.
package evs
