package sim

// The trace: a hash over everything that happened, and, where somebody wants to read it, text.

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

const (
	prime1 = 0x9e3779b185ebca87
	prime2 = 0xc2b2ae3d27d4eb4f
)

// hash takes one happening into the trace's hash.
func (c *Cluster) hash(kind, a, b, d uint64) {
	c.traceHash = mix(mix(mix(mix(mix(c.traceHash, kind), a), b), d), uint64(c.clock.now))
}

func mix(h, v uint64) uint64 { return bits.RotateLeft64(h^v*prime2, 31) * prime1 }

// sum hashes a packet's body, once for all who receive it.
func sum(body []byte) (h uint64) {
	for len(body) >= 8 {
		h = mix(h, binary.LittleEndian.Uint64(body))
		body = body[8:]
	}
	for _, v := range body {
		h = mix(h, uint64(v))
	}
	return h
}

// tracef writes a line of the readable trace.
func (c *Cluster) tracef(format string, args ...any) {
	if c.opts.Trace != nil {
		fmt.Fprintf(c.opts.Trace, "%10.6f %s\n", c.clock.now.Seconds(), fmt.Sprintf(format, args...))
	}
}
