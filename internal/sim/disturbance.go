package sim

// What disturbs a path: a cut, or loss, delay, repetition, and packets that come once more much later; of all packets or of
// some classes only.

import (
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// classes is a set of classes of packets; none means all.
type classes uint8

func classesOf(list ...wire.Class) (s classes) {
	for _, c := range list {
		s |= 1 << c
	}
	return s
}

func (s classes) has(c wire.Class) bool { return s == 0 || s>>c&1 == 1 }

// A disturbance is what one fault does to the paths it is laid on.
type disturbance struct {
	kind   faultKind
	cut    bool    // nothing passes, and what is on its way does not arrive
	only   classes // whom all that follows is for
	loss   float64
	again  float64       // repeated at once
	extra  time.Duration // later by that
	late   float64       // comes once more, up to lateBy later
	lateBy time.Duration
	struck bool // it has changed what became of a packet
}

// strike counts a disturbance when it first does harm.
func (n *network) strike(d *disturbance) {
	if !d.struck {
		d.struck = true
		n.c.struck(d.kind)
	}
}

// lay puts a disturbance on a path.
func (p *path) lay(d *disturbance) {
	p.ills = append(p.ills, d)
	if d.cut {
		p.cuts++
	}
}

// lift takes it off again, once, if it is still there.
func (p *path) lift(d *disturbance) {
	for i, x := range p.ills {
		if x != d {
			continue
		}
		p.ills = append(p.ills[:i:i], p.ills[i+1:]...)
		if d.cut {
			p.cuts--
		}
		return
	}
}
