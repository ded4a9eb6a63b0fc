package sim

// Stays: a member that alone sends keeps the token until its handlers have run (membership/stay.go). What the loop does then is played here,
// and from the generation withStays on applications answer what they have sent themselves, so that there is something to stay for.

import (
	"math/rand/v2"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
)

// answers are what applications send when a message of their own was delivered.
type answers struct {
	rng   *rand.Rand // nil: there are none, and handlers have run at once
	work  *workload
	share float64 // of own deliveries that are answered
}

// drawAnswers lets applications answer, in two seeds of three.
func (s *swarm) drawAnswers(seed uint64) {
	a := &s.c.answers
	a.rng, a.work = rand.New(rand.NewPCG(seed, 14)), s.work
	a.share = max(0, a.rng.Float64()*1.2-0.4)
}

// answerOwn may send something: an own message was just delivered.
func (a *app) answerOwn() {
	x := &a.p.n.c.answers
	if x.rng == nil || x.work.stopped || x.rng.Float64() >= x.share || !a.ready() {
		return
	}
	a.send(x.work.kind(), x.work.orders.draw(x.rng), 20+x.rng.IntN(200))
}

// settle says that the handlers have run if the token stays for them: now, in a while, or never, as when a handler blocks.
func (p *process) settle() {
	c := p.n.c
	if p.n.p != p || p.settling || !p.core.Stays() {
		return
	}
	if c.answers.rng == nil {
		p.step(core.Settled{})
		return
	}
	switch c.answers.rng.IntN(8) {
	case 0:
	case 1, 2, 3:
		p.step(core.Settled{})
	default:
		p.settling = true
		c.clock.after(time.Duration(c.answers.rng.IntN(1000))*time.Microsecond, func() {
			p.when(func() {
				p.settling = false
				p.step(core.Settled{})
			})
		})
	}
}
