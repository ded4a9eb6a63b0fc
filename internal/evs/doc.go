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
//	same order          6.1-6.3  one message a position, ascending; only unreachable senders' messages may be skipped
//	sender order        VS 3.12  one sender's messages come in the order it sent them, and without holes
//	same view           1.4, 2.2; VS 3.8  all deliver a message in one view, the one they are in
//	virtual synchrony   4; VS 3.10, 3.17  who goes from one view to the next together has delivered the same in it
//	self inclusion      2.2; VS 3.2, 3.1  a member is in each of its views, and sees nothing before the first
//	view agreement      VS 3.3  one id, one view: the same members, joined, left, primary
//	view growth         VS 3.4  view ids grow at each member
//	one primary         P1, P2  primary views form one chain, and nothing is answered beside it
//	safe delivery       7.1, 7.2  safe and before the transitional signal: delivered by everybody of the view who goes on
//	group bounds        messages come only from members, only to members, and never while blocked
//	state               (ours)  a joiner's state is that of the prefix before its cut; equal positions, equal states
//	outcome             (ours)  each accepted message ends in one delivery or one loss, in order; certainly lost means nowhere
//	stable kept         (ours)  what was acknowledged as stable is in every later primary's state while a memory of it lives
//
// EVS 5 (causal order) holds as long as causal messages ride on the total order, and is checked through it. The liveness half
// of 2.1 is for whoever runs the cluster: only it knows when the faults have ended.
package evs
