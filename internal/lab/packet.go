//go:build linux

package lab

// What happens to a packet on its way.

import (
	"math/rand/v2"
	"time"
)

// A packet is an IPv4 packet with its header.
type packet []byte

const (
	headerLeast = 20
	protocolTCP = 6
	protocolUDP = 17
)

func parsePacket(b []byte) (packet, bool) {
	return b, len(b) >= headerLeast && b[0]>>4 == 4
}

// to is the number of the host it goes to, or -1.
func (p packet) to(hosts int) int {
	if len(p) < headerLeast || p[16] != 10 || p[17] != 99 || p[18] != 0 || p[19] == 0 || int(p[19]) > hosts {
		return -1
	}
	return int(p[19]) - 1
}

// copies is how often the packet arrives.
func (l *Link) copies(p packet, random *rand.Rand) int {
	protocol := p[9]
	switch {
	case l.Cut, l.NoStreams && protocol == protocolTCP, l.NoLarge > 0 && protocol == protocolUDP && len(p) > l.NoLarge,
		l.Loss > 0 && random.Float64() < l.Loss:
		return 0
	case l.Twice > 0 && random.Float64() < l.Twice:
		return 2
	}
	return 1
}

// takes is how long a packet is on its way.
func (l *Link) takes(random *rand.Rand) time.Duration {
	d := l.Delay
	if l.Jitter > 0 {
		d += time.Duration(random.Int64N(int64(l.Jitter)))
	}
	return d
}
