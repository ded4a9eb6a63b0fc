//go:build linux

package main

// seal and open: the same with lockstep's own datagram path on top, to see what sealing and opening cost beside the system calls. Here
// the receivers hold the sender back, as a ring does: what overflows a socket's buffer would measure nothing.

import (
	"context"
	"net/netip"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
)

const (
	ackEach   = 64   // packets of one receiver that one acknowledgement stands for
	ahead     = 1024 // packets that may be on their way
	forgiving = 20 * time.Millisecond
)

// endpoint makes one of a key that all know.
func endpoint(o options, name string) (*transport.Endpoint, error) {
	udp, err := transport.ListenUDP(context.Background(), transport.UDPConfig{Listen: o.listen.String(), NoOffload: o.segments == 1})
	if err != nil {
		return nil, err
	}
	e, err := transport.NewEndpoint(transport.EndpointConfig{
		Transport: udp, Key: make([]byte, transport.KeySize), Self: wire.NewMemberID(name, uint64(time.Now().UnixNano())),
	})
	if err != nil {
		_ = udp.Close()
	}
	return e, err
}

// sealing sends packets to all, so many in one visit. What is lost is forgiven after a while.
func sealing(o options) (r result, err error) {
	e, err := endpoint(o, "seal")
	if err != nil {
		return r, err
	}
	defer e.Close()
	acks := make(chan int, ahead)
	go func() {
		var got []transport.Packet
		for {
			var err error
			if got, err = e.Receive(got[:0]); err != nil {
				return
			}
			acks <- len(got)
		}
	}()
	visit := make([]transport.Outgoing, max(o.segments, ackEach))
	for i := range visit {
		visit[i] = transport.Outgoing{To: o.to, Class: wire.ClassData, Body: make([]byte, o.size)}
	}
	patience := time.NewTimer(forgiving)
	defer patience.Stop()
	start := time.Now()
	sent, acked := 0, 0
	for time.Since(start) < o.runFor {
		e.Send(visit)
		sent += len(visit)
		for sent-acked*ackEach/len(o.to) > ahead {
			patience.Reset(forgiving)
			select {
			case k := <-acks:
				acked += k
			case <-patience.C:
				acked = sent * len(o.to) / ackEach
			}
		}
	}
	return rate(sent, o.size, time.Since(start)), nil
}

// opening counts, as drain does.
func opening(o options) (r result, err error) {
	e, err := endpoint(o, "open at "+o.listen.String())
	if err != nil {
		return r, err
	}
	end := time.AfterFunc(beginning, func() { e.Close() })
	defer func() {
		end.Stop()
		e.Close()
	}()
	var first, last time.Time
	var got []transport.Packet
	ack := transport.Outgoing{To: make([]netip.AddrPort, 1), Class: wire.ClassToken, Body: []byte("ack")}
	packets, unacked := 0, 0
	for first.IsZero() || last.Sub(first) < o.runFor {
		if got, err = e.Receive(got[:0]); err != nil {
			break // nothing came for so long
		}
		last = time.Now()
		end.Reset(over)
		if first.IsZero() {
			first = last
		} else {
			packets += len(got)
		}
		ack.To[0] = got[0].From
		for unacked += len(got); unacked >= ackEach; unacked -= ackEach {
			e.Send([]transport.Outgoing{ack})
		}
		for i := range got {
			if s := got[i].Slab; s != nil {
				s.Release()
			}
		}
	}
	return rate(packets, o.size, last.Sub(first)), nil
}
