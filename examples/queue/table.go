package main

// The replicated table of jobs: plain data and plain rules. Every member has it whole, so any of them can be the coordinator.

import (
	"cmp"
	"slices"

	"github.com/lockstep-go/lockstep"
)

// A Job is work to be done. At is the position at which it was submitted: jobs are given out in this order.
type Job struct {
	ID, Text string
	By       lockstep.Member
	At       lockstep.Position
}

// A Run is a job in the hands of a worker, since a position. The same job may be run again, by another or by the same worker, and
// then since another position.
type Run struct {
	Job    Job
	Worker lockstep.Member
	Since  lockstep.Position
}

// remembered is how many finished jobs are kept, for submissions that come twice.
const remembered = 10_000

// A table belongs to the group's goroutine. Its fields are exported for the encoding that a joiner gets.
type table struct {
	Waiting  []Job          // by At
	Running  map[string]Run // by job
	Finished []string       // the last IDs, oldest first
	done     map[string]bool
}

func newTable() *table { return &table{Running: map[string]Run{}, done: map[string]bool{}} }

// submit takes in a job, and reports whether it is new.
func (t *table) submit(j Job) bool {
	_, running := t.Running[j.ID]
	if running || t.done[j.ID] || slices.ContainsFunc(t.Waiting, func(w Job) bool { return w.ID == j.ID }) {
		return false
	}
	t.Waiting = append(t.Waiting, j)
	return true
}

// assign gives a waiting job to a worker that has none, and reports whether it did.
func (t *table) assign(id string, worker lockstep.Member, at lockstep.Position) bool {
	i := slices.IndexFunc(t.Waiting, func(w Job) bool { return w.ID == id })
	if _, busy := t.of(worker); busy || i < 0 {
		return false
	}
	t.Running[id] = Run{t.Waiting[i], worker, at}
	t.Waiting = slices.Delete(t.Waiting, i, i+1)
	return true
}

// of is what a worker has in hand: at most one job.
func (t *table) of(worker lockstep.Member) (r Run, busy bool) {
	for _, r := range t.Running {
		if r.Worker == worker {
			return r, true
		}
	}
	return Run{}, false
}

// finish ends a run. A run that is over already, because its worker was taken for dead, has no second end.
func (t *table) finish(id string, since lockstep.Position) (Run, bool) {
	r, ok := t.Running[id]
	if !ok || r.Since != since {
		return Run{}, false
	}
	delete(t.Running, id)
	t.note(id)
	return r, true
}

func (t *table) note(id string) {
	t.Finished = append(t.Finished, id)
	t.done[id] = true
	if len(t.Finished) > remembered {
		delete(t.done, t.Finished[0])
		t.Finished = slices.Delete(t.Finished, 0, 1)
	}
}

// keep takes jobs from workers that are gone. They wait again, in the places of their submission.
func (t *table) keep(members []lockstep.Member) {
	for id, r := range t.Running { // in any order: what comes back is sorted
		if !slices.Contains(members, r.Worker) {
			delete(t.Running, id)
			t.Waiting = append(t.Waiting, r.Job)
		}
	}
	slices.SortFunc(t.Waiting, func(a, b Job) int { return cmp.Compare(a.At, b.At) })
}
