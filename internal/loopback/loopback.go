// Package loopback finds addresses for processes that run on this host, for tests and measurements.
package loopback

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Least and most of the ports: below the range from which the kernel takes the ports of outgoing connections (32768 to 60999 on Linux),
// so that none takes one between this search and its use, or while the process that has it is down.
const (
	leastPort = 20000
	mostPort  = 31999
	attempts  = 200
)

// FreeAddresses finds n different addresses of 127.0.0.1 on which UDP and TCP are free now.
func FreeAddresses(n int) ([]string, error) {
	var addrs []string
	for range attempts + n {
		if len(addrs) == n {
			break
		}
		a := net.JoinHostPort("127.0.0.1", strconv.Itoa(leastPort+rand.IntN(mostPort-leastPort+1)))
		tcp, err := net.Listen("tcp4", a)
		if err != nil {
			continue
		}
		defer tcp.Close() // held until all are found, so that none is found twice
		udp, err := net.ListenPacket("udp4", a)
		if err != nil {
			continue
		}
		defer udp.Close()
		addrs = append(addrs, a)
	}
	if len(addrs) < n {
		return nil, errors.New("no free ports on 127.0.0.1")
	}
	return addrs, nil
}
