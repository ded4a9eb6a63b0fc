package locksteptest

// What a cluster may be made with.

import (
	"time"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/transport/memnet"
)

// defaultDelay is what a datagram takes where nothing else was said. It is not zero: in virtual time a network without delay
// would let the token go round for ever before anything else happens.
const defaultDelay = 100 * time.Microsecond

// An Option changes how a cluster is made.
type Option func(*settings)

type settings struct {
	net    memnet.Config
	config func(i int, cfg *lockstep.Config)
	log    bool
}

// WithNetwork sets what the network does to datagrams: delay, loss, duplication, reordering, and the seed they are drawn from. A
// Delay of zero is set to 100 microseconds.
func WithNetwork(cfg memnet.Config) Option { return func(s *settings) { s.net = cfg } }

// WithConfig lets f change the Config of node i before it is started, and again at each Restart. Name, Key, Transport and Seeds are
// filled in; changing Transport or Key makes no member of the cluster. f runs on the goroutine that makes the node. Given several
// times, and with WithTiming, each changes what those before it left.
func WithConfig(f func(i int, cfg *lockstep.Config)) Option {
	return func(s *settings) {
		before := s.config
		s.config = func(i int, cfg *lockstep.Config) {
			if before != nil {
				before(i, cfg)
			}
			f(i, cfg)
		}
	}
}

// WithTiming gives every node this Timing. Without it they have that of lockstep.LAN.
func WithTiming(t lockstep.Timing) Option {
	return WithConfig(func(_ int, cfg *lockstep.Config) { cfg.Timing = t })
}

// WithLog has the nodes write what an operator would read to the test's log, which go test shows of a test that failed; without a
// test, to standard error. Each line begins with the time since the cluster was made and the node's name.
func WithLog() Option { return func(s *settings) { s.log = true } }
