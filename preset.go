package lockstep

// How long the protocol waits for what: Timing, and its presets Local, LAN and WAN.

import (
	"fmt"
	"time"
)

// timingMax bounds every field of Timing: what is longer is a unit mistaken.
const timingMax = 10 * time.Minute

// Timing is how long the protocol waits for what. Take it from Local, LAN or WAN and change single fields if you must; a
// field left zero has the value of LAN. Shorter times find failures sooner and mistake a busy host for a dead one more often.
// All members of a cluster should use the same. A process whose socket is closed is found by three probes at 0, 20 and 60 ms and
// believed dead at 100 ms, in every preset.
type Timing struct {
	// TokenLoss is after how long without a token a member starts to form a new ring. Zero: 900 ms.
	TokenLoss time.Duration
	// TokenRetransmit is after how long a member repeats the token that it passed on, unless it sees progress; on a ring that has been
	// idle for a while only after Rest besides, unless somebody has something to send. Zero: 20 ms.
	TokenRetransmit time.Duration
	// Rest is how long an idle token stays with a member before it makes a round to show that all live. Zero: 200 ms.
	Rest time.Duration
	// Join is after how long a member repeats its proposal while a ring is being formed; where more than eight gather, in proportion to
	// their number, but twice before Consensus. Zero: 30 ms.
	Join time.Duration
	// Consensus is how long a member waits for the agreement of those it has heard of before it goes on without them. For half of it a
	// new ring of several lets newcomers gather before it takes them in. Zero: 250 ms.
	Consensus time.Duration
	// CommitRetransmit is after how long a commit token is repeated. Zero: 25 ms.
	CommitRetransmit time.Duration
	// Probe is how often a member looks after its two ring neighbours when nothing else shows that they live: after one and a half of
	// it without a sign, or two and a quarter of the next one, of which the token tells a round later. Zero: 200 ms.
	Probe time.Duration
	// Silence is after how long without a sign a member is believed gone. Zero: 900 ms, which lets a pause of 500 ms pass.
	Silence time.Duration
	// Beacon is how often a ring calls to addresses that are not on it, so that the sides of a healed network find each
	// other; where there are none, it looks for some eight times more rarely. Zero: 500 ms.
	Beacon time.Duration
	// DirectRetransmit is after how long an unacknowledged point-to-point packet is first repeated. Zero: 50 ms.
	DirectRetransmit time.Duration
}

// Local is for processes on one host: rings form faster than with LAN, and the limits for silence stay, because a busy
// host pauses its processes just the same.
func Local() Timing {
	return Timing{
		TokenLoss:        900 * time.Millisecond,
		TokenRetransmit:  10 * time.Millisecond,
		Rest:             200 * time.Millisecond,
		Join:             10 * time.Millisecond,
		Consensus:        100 * time.Millisecond,
		CommitRetransmit: 10 * time.Millisecond,
		Probe:            200 * time.Millisecond,
		Silence:          900 * time.Millisecond,
		Beacon:           250 * time.Millisecond,
		DirectRetransmit: 25 * time.Millisecond,
	}
}

// LAN is for hosts of one site, and the default: a cut cable gives a new view in under 1.5 s.
func LAN() Timing {
	return Timing{
		TokenLoss:        900 * time.Millisecond,
		TokenRetransmit:  20 * time.Millisecond,
		Rest:             200 * time.Millisecond,
		Join:             30 * time.Millisecond,
		Consensus:        250 * time.Millisecond,
		CommitRetransmit: 25 * time.Millisecond,
		Probe:            200 * time.Millisecond,
		Silence:          900 * time.Millisecond,
		Beacon:           500 * time.Millisecond,
		DirectRetransmit: 50 * time.Millisecond,
	}
}

// WAN is for sites with round trips of up to some 200 ms: everything takes four to five times as long as with LAN.
func WAN() Timing {
	return Timing{
		TokenLoss:        4 * time.Second,
		TokenRetransmit:  100 * time.Millisecond,
		Rest:             time.Second,
		Join:             150 * time.Millisecond,
		Consensus:        1200 * time.Millisecond,
		CommitRetransmit: 125 * time.Millisecond,
		Probe:            time.Second,
		Silence:          4 * time.Second,
		Beacon:           2500 * time.Millisecond,
		DirectRetransmit: 250 * time.Millisecond,
	}
}

// timingField names one field, for defaults and messages.
type timingField struct {
	name  string
	value *time.Duration
}

func (t *Timing) fields() []timingField {
	return []timingField{
		{"TokenLoss", &t.TokenLoss},
		{"TokenRetransmit", &t.TokenRetransmit},
		{"Rest", &t.Rest},
		{"Join", &t.Join},
		{"Consensus", &t.Consensus},
		{"CommitRetransmit", &t.CommitRetransmit},
		{"Probe", &t.Probe},
		{"Silence", &t.Silence},
		{"Beacon", &t.Beacon},
		{"DirectRetransmit", &t.DirectRetransmit},
	}
}

// withDefaults fills the zero fields from LAN.
func (t Timing) withDefaults() Timing {
	lan := LAN()
	from := lan.fields()
	for i, f := range t.fields() {
		if *f.value == 0 {
			*f.value = *from[i].value
		}
	}
	return t
}

// validate checks a Timing without zero fields: bounds first, then what must be less than what.
func (t Timing) validate() error {
	for _, f := range t.fields() {
		if *f.value < time.Millisecond || *f.value > timingMax {
			return fmt.Errorf("lockstep: Config.Timing.%s: must be between 1ms and %v, is %v", f.name, timingMax, *f.value)
		}
	}
	for _, r := range []struct {
		short, long timingField
	}{
		{timingField{"TokenRetransmit", &t.TokenRetransmit}, timingField{"TokenLoss", &t.TokenLoss}},
		{timingField{"Rest", &t.Rest}, timingField{"TokenLoss", &t.TokenLoss}},
		{timingField{"Join", &t.Join}, timingField{"Consensus", &t.Consensus}},
		{timingField{"Probe", &t.Probe}, timingField{"Silence", &t.Silence}},
	} {
		if *r.short.value >= *r.long.value {
			return fmt.Errorf("lockstep: Config.Timing.%s: must be less than %s, which is %v; is %v",
				r.short.name, r.long.name, *r.long.value, *r.short.value)
		}
	}
	return nil
}
