package sim

// Traps: faults that lie in wait for the one moment at which a rule of the protocol is all that stands between a member and a promise it
// could not keep. Each seed draws which of them exist in it.

import "math/rand/v2"

// drawTraps adds each kind of trap to two seeds in five. It draws from a source of its own.
func (s *swarm) drawTraps(seed uint64, generation int) {
	s.traps = rand.New(rand.NewPCG(seed, 9))
	end := faultMidway
	if generation >= withMidway {
		end++
	}
	for k := faultFew; k < end; k++ {
		s.strength[k] = s.traps.Float64()
		if s.traps.IntN(5) < 2 {
			s.kinds = append(s.kinds, k)
			if k == faultOldToken {
				s.keepCommits()
			}
		}
	}
}
