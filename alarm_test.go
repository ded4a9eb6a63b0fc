package lockstep

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestAlarm: an alarm rings once, at the time it was last set to, whichever of its timers does it.
func TestAlarm(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name string
		sets []time.Duration // all at the beginning, in this order
		want time.Duration
	}{
		{"once", []time.Duration{100 * ms}, 100 * ms},
		{"put off", []time.Duration{100 * ms, 300 * ms}, 300 * ms},
		{"put off again and again", []time.Duration{100 * ms, 300 * ms, 500 * ms, 700 * ms}, 700 * ms},
		{"put off a little", []time.Duration{100 * ms, 104 * ms}, 100 * ms},
		{"put off little by little", []time.Duration{100 * ms, 104 * ms, 106 * ms}, 106 * ms},
		{"earlier", []time.Duration{300 * ms, 100 * ms}, 100 * ms},
		{"put off and earlier", []time.Duration{100 * ms, 300 * ms, 200 * ms}, 200 * ms},
		{"in the past", []time.Duration{100 * ms, -ms}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, began := newAlarm(), time.Now()
				defer a.stop()
				for _, d := range c.sets {
					a.set(began, began.Add(d))
				}
				a.set(began, time.Time{})
				for range 2 { // it may be set again after it has rung
					rung := 0
					for end := time.After(time.Second); rung < 1; {
						select {
						case <-a.timers[0].C:
							rung++
						case <-a.timers[1].C:
							rung++
						case <-end:
							t.Fatal("it did not ring")
						}
					}
					if took := time.Since(began); took != c.want {
						t.Errorf("it rang after %v, want %v", took, c.want)
					}
					a.rang()
					select {
					case <-a.timers[0].C:
						t.Error("it rang twice")
					case <-a.timers[1].C:
						t.Error("it rang twice")
					case <-time.After(time.Minute):
					}
					began = time.Now()
					a.set(began, began.Add(c.want))
				}
			})
		})
	}
}
