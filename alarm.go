package lockstep

// The loop's one deadline, as a timer that costs an idle process nothing while it is put off.

import "time"

// alarmSlack is how much too early an alarm may ring.
const alarmSlack = 5 * time.Millisecond

// An alarm rings once at the time it was last set to. It is two timers, used in turn: the Go runtime leaves a timer that is reset to a
// later time where it was, wakes the process then, and only looks up that it was for nothing; an idle ring, which puts its deadline off with
// each token, would wake twice as often. One that was stopped is dropped as soon as the next is set. The loop's turn guards it, but for
// the two channels, which never change.
type alarm struct {
	timers [2]*time.Timer
	inUse  int
	at     time.Time // zero: it is not set, or has rung
}

func newAlarm() (a alarm) {
	for i := range a.timers {
		a.timers[i] = time.NewTimer(time.Hour)
		a.timers[i].Stop()
	}
	return a
}

// set makes the alarm ring at a time, or up to alarmSlack before: a deadline that moves on a little, as it does with each packet, leaves the
// timers alone. A zero time changes nothing: the alarm may ring in vain.
func (a *alarm) set(now, at time.Time) {
	later := at.Sub(a.at)
	switch {
	case at.IsZero(), !a.at.IsZero() && later >= 0 && later < alarmSlack:
		return
	case !a.at.IsZero() && later > 0:
		a.timers[a.inUse].Stop()
		a.inUse = 1 - a.inUse
	}
	a.at = at
	a.timers[a.inUse].Reset(max(0, at.Sub(now)))
}

// rang notes that one of the timers has fired.
func (a *alarm) rang() { a.at = time.Time{} }

// stop ends it.
func (a *alarm) stop() {
	for _, t := range a.timers {
		t.Stop()
	}
}
