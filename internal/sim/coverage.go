package sim

// Coverage: what a run met, so that a test can demand that the seeds together met everything.

import (
	"reflect"

	"github.com/lockstep-go/lockstep/membership"
)

// Coverage sums what all processes of a run counted.
type Coverage struct {
	membership.Coverage
	Rotations     uint64 // of tokens on rings of more than one
	HolesRepaired uint64 // packets that arrived after they had been asked for
	Retransmitted uint64
	Requested     uint64
	Repeated      uint64 // packets that were here already
	Dropped       uint64 // packets dropped after their seal was opened
}

// retire takes a process's counts into the run's.
func (c *Cluster) retire(p *process) { c.coverage.Add(p.counted()) }

// counted is what a process counted so far.
func (p *process) counted() (one Coverage) {
	n := p.core.Counters()
	one.Coverage = p.core.Coverage()
	one.Rotations = n.Rotations
	one.HolesRepaired, one.Retransmitted, one.Requested, one.Repeated = n.Repaired, n.Retransmitted, n.Requested, n.Duplicates
	one.Dropped = p.core.Dropped
	return one
}

// Add adds the counts of another run.
func (v *Coverage) Add(o Coverage) { add(reflect.ValueOf(v).Elem(), reflect.ValueOf(o)) }

// Add adds the counts of another run.
func (v *Stats) Add(o Stats) { add(reflect.ValueOf(v).Elem(), reflect.ValueOf(o)) }

// add adds all numbers of o to those of v, whatever fields there are: nobody has to remember this place when counting something new.
func add(v, o reflect.Value) {
	switch v.Kind() {
	case reflect.Int:
		v.SetInt(v.Int() + o.Int())
	case reflect.Uint64:
		v.SetUint(v.Uint() + o.Uint())
	case reflect.Struct:
		for i := range v.NumField() {
			add(v.Field(i), o.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			add(v.Index(i), o.Index(i))
		}
	}
}
