package sim

// The canary: a cluster that is broken on purpose has to be found out, or the seeds prove nothing.

import (
	"testing"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
)

func TestCanary(t *testing.T) {
	for name, spoils := range map[string]func(core.Upcall) bool{
		"a delivery is lost":     func(u core.Upcall) bool { return u.Kind == core.UpDeliver && u.Order == wire.OrderAgreed },
		"a view is lost":         func(u core.Upcall) bool { return u.Kind == core.UpView },
		"an outcome is lost":     func(u core.Upcall) bool { return u.Kind == core.UpDeliver && u.Own },
		"a state is not saved":   func(u core.Upcall) bool { return u.Kind == core.UpSave },
		"a load is never over":   func(u core.Upcall) bool { return u.Kind == core.UpLoaded },
		"a safe message is lost": func(u core.Upcall) bool { return u.Kind == core.UpDeliver && u.Order == wire.OrderSafe },
	} {
		found := 0
		for seed := uint64(1); seed <= 3; seed++ {
			n := 0
			r := run(Options{Seed: seed, spoil: func(u core.Upcall) bool {
				if !spoils(u) {
					return false
				}
				n++
				return n == 4
			}})
			if len(r.Violations) > 0 {
				found++
			}
		}
		if found < 3 {
			t.Errorf("%s: found in %d of 3 seeds", name, found)
		}
	}
}
