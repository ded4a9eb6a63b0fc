package membership

// Kept out: whom this member would not form a ring with now, and what it waits for, in an operator's words.

import (
	"fmt"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// A KeptOut is a member that was given up, is heard again, and is not let in yet.
type KeptOut struct {
	Member wire.MemberID
	Until  time.Time // before this no proof helps; zero where only proof is lacking
	Why    string
}

// KeptOut lists who is barred and was heard of late.
func (m *Machine) KeptOut() (list []KeptOut) {
	for _, id := range m.barred() {
		p := m.book[id]
		k := KeptOut{Member: id, Why: m.lacksProof(p)}
		if m.now.Before(p.bar.until) {
			k.Until = p.bar.until
			k.Why = fmt.Sprintf("it was given up %d times though it was heard, and has %v to wait", p.strikes, p.bar.until.Sub(m.now).Round(time.Millisecond))
		}
		list = append(list, k)
	}
	return list
}

// lacksProof says which part of the proof that all hear all is not there.
func (m *Machine) lacksProof(p *peer) string {
	for way, t := range p.bar.heard {
		if !m.fresh(t) {
			return "no " + [heardWays]string{"control packet", "token packet", "packet of full size"}[way] + " of it comes here"
		}
	}
	if !p.bar.hearsMe {
		return "it does not hear this member in every way in which packets come"
	}
	for _, id := range m.installed().Members {
		if !p.bar.mutual[id] {
			return "it and " + m.name(id) + " are not known to hear each other"
		}
	}
	return "others of its ring are not known to hear all of this one"
}
