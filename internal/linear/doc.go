// Package linear asks whether the calls of several clients could have happened one at a time, each at some moment between its call and
// its return: linearizability, decided by porcupine. It takes plain records, so that the simulator's histories and the event streams
// of real processes are judged by the same models.
//
// A [Record] says who called what, when, and what came back. A call whose outcome nobody knows is Open: it may have taken effect at any
// moment after its call, or never. That is what lockstep's ErrUncertain means, and a crash of the caller. A call that was refused
// before it was sent is no record at all.
//
// There are three things to call: registers (Write, Read), locks (Acquire, Release, Break, Holder) and logs (Append). Each has
// a key, and each key is decided by itself: what holds for every object holds for all of them together.
//
// What each model wants, besides the obvious:
//
//   - a lock's fence grows with each new holder, and whoever acquires what it holds gets the same fence again;
//   - a log gives each entry a higher place than all before it.
//
// Finding an order is hard where many calls are under way at once. So the order that the system claims to have kept is tried first
// (claim.go: it is looked at, not believed), and of the others only those that can matter (prune.go). Histories of a hundred calls, sixty at
// once, take a millisecond; only those that fit no order may still take too long.
//
// [Check] stops when its time is over, and says so: undecided is not the same as good.
package linear
