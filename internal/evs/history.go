package evs

// Recording: who keeps which log, and how events get their place in the run.

// A History is what all processes of one run saw. It is not safe for use by several goroutines at once.
type History struct {
	Logs  []*Log     // of the groups, in the order they began
	Rings []*RingLog // of the rings, one a process; none if nobody looked
	// Quiet says that the run ended in peace: faults healed, queues empty. Only then is what a living member still owes an error.
	Quiet bool
	// Partitionable names the groups of which every side goes on.
	Partitionable []string
	// Sized names the groups with a configured size: which members vote in them does not show in their views.
	Sized []string
	// Stateless names the groups whose members load nothing.
	Stateless []string

	// Disturbances is how many things happened that may change a ring: starts, faults, and their ends. 0: nobody counted.
	Disturbances int

	step    uint64
	founded map[founding]bool // those that began with a Founded
}

// Steps is how many events were recorded so far: a clock that all logs share.
func (h *History) Steps() uint64 { return h.step }

// A Log is what one process incarnation saw of one group.
type Log struct {
	Member Member
	Group  string
	Events []Event

	history *History
	line    uint64 // of what comes next
	founds  bool   // Founded, and the view of it has not come
}

// Log begins a log.
func (h *History) Log(member Member, group string) *Log {
	l := &Log{Member: member, Group: group, history: h}
	h.Logs = append(h.Logs, l)
	return l
}

// Add appends an event and stamps it with its place in the run.
func (l *Log) Add(e Event) {
	l.history.step++
	e.Step = l.history.step
	e.line = l.follow(e)
	l.Events = append(l.Events, e)
}
