//go:build linux && !lockstep_portable

package transport

// The names and numbers of network interfaces, which link-local IPv6 addresses carry.

import (
	"net"
	"strconv"
)

// maxZones bounds the cache; a host with more link-local peers' interfaces looks some up each time.
const maxZones = 64

// A zoneCache saves a look-up for each datagram. It belongs to one goroutine; its zero value is empty.
type zoneCache struct {
	names   map[uint32]string
	indexes map[string]uint32
}

func (z *zoneCache) name(index uint32) string {
	if name, ok := z.names[index]; ok {
		return name
	}
	name := strconv.FormatUint(uint64(index), 10)
	if ifi, err := net.InterfaceByIndex(int(index)); err == nil {
		name = ifi.Name
	}
	if z.names == nil {
		z.names = make(map[uint32]string)
	}
	if len(z.names) < maxZones {
		z.names[index] = name
	}
	return name
}

func (z *zoneCache) index(name string) uint32 {
	if index, ok := z.indexes[name]; ok {
		return index
	}
	var index uint32
	if ifi, err := net.InterfaceByName(name); err == nil {
		index = uint32(ifi.Index)
	} else if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		index = uint32(n)
	}
	if z.indexes == nil {
		z.indexes = make(map[string]uint32)
	}
	if len(z.indexes) < maxZones {
		z.indexes[name] = index
	}
	return index
}
