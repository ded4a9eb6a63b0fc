package sim

// The canary: a cluster that is broken on purpose has to be found out, or the seeds prove nothing.

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

func TestCanary(t *testing.T) {
	for _, canary := range []struct {
		name  string
		every bool // lose all of them; else one in twenty
		lost  func(core.Upcall) bool
	}{
		{"an ordered delivery is lost", false, func(u core.Upcall) bool { return u.Kind == core.UpDeliver && u.Order == wire.OrderAgreed }},
		{"a safe delivery is lost", false, func(u core.Upcall) bool { return u.Kind == core.UpDeliver && u.Order == wire.OrderSafe }},
		{"an own delivery is lost", false, func(u core.Upcall) bool { return u.Kind == core.UpDeliver && u.Own }},
		{"a view is lost", false, func(u core.Upcall) bool { return u.Kind == core.UpView }},
		{"no state is saved", true, func(u core.Upcall) bool { return u.Kind == core.UpSave }},
		{"no load is ever over", true, func(u core.Upcall) bool { return u.Kind == core.UpLoaded }},
	} {
		found := 0
		for seed := uint64(1); seed <= 6; seed++ {
			n := 0
			r := run(Options{Seed: seed, spoil: func(u core.Upcall) bool {
				if canary.lost(u) {
					n++
					return canary.every || n%20 == 4
				}
				return false
			}})
			if len(r.Violations) > 0 {
				found++
			}
		}
		if found < 5 { // in one run a fault may have taken away whoever would have shown it
			t.Errorf("%s: found in %d of 6 seeds", canary.name, found)
		}
	}
}
