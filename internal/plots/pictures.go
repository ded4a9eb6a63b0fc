package main

// Which picture shows what.

import (
	"fmt"

	"github.com/lockstep-go/lockstep/internal/record"
)

// A picture is a chart with its file and the text beside it.
type picture struct {
	file  string
	alt   string
	chart chart
}

func pictures(d data) []picture {
	all := []picture{
		{"throughput.svg", "Throughput by size of message", throughput(d.Main)},
		{"latency.svg", "Latency by load", latency(d.Main)},
		{"processor.svg", "Processor time by load", processor(d.Main)},
		{"rotation.svg", "Rotation time by number of members", rotation(d.Members)},
		{"cost.svg", "Cost of a message by number of members", cost(d.Members)},
	}
	if d.Jumbo != nil {
		all = append(all, picture{"throughput-jumbo.svg", "Throughput by size of message with large packets", throughput(*d.Jumbo)})
	}
	return all
}

// throughput is bytes delivered at each member, by size.
func throughput(r record.Report) chart {
	c := chart{title: fmt.Sprintf("Ordered delivery at each of three members, MTU %d", r.MTU), x: "bytes a message", y: "MB/s", logX: true, logY: true,
		labelX: byteLabel}
	for _, size := range record.Sizes() {
		c.marksX = append(c.marksX, float64(size))
	}
	for _, who := range append([]string{record.Lockstep}, r.Peers()...) {
		for _, senders := range []int{1, 3} {
			s := series{name: fmt.Sprintf("%s, %d sending", who, senders)}
			for _, size := range record.Sizes() {
				if v, ok := r.Value(who, record.SendKey("ordered", size, senders)); ok {
					s.points = append(s.points, point{float64(size), v * float64(size) / 1e6})
				}
			}
			if len(s.points) > 0 {
				c.series = append(c.series, s)
			}
		}
	}
	if v, ok := r.Value(record.Bare, "limit/1400/bytes"); ok {
		c.series = append(c.series, series{"bare datagrams", []point{{c.marksX[0], v}, {c.marksX[len(c.marksX)-1], v}}, true})
	}
	return c
}

// overLoad is a figure of the load sweep, over what was delivered.
func overLoad(r record.Report, name, what string) series {
	s := series{name: name}
	for _, rate := range record.Loads() {
		x, ok := r.Value(record.Lockstep, record.LoadKey(rate, "delivered"))
		y, too := r.Value(record.Lockstep, record.LoadKey(rate, what))
		if ok && too {
			s.points = append(s.points, point{x, y})
		}
	}
	return s
}

const loadAxis = "messages of 64 bytes delivered a second, two members sending"

func latency(r record.Report) chart {
	return chart{title: "A ping of the third member, until its own handler", x: loadAxis, y: "microseconds", logX: true, logY: true,
		series: []series{overLoad(r, "median", "p50"), overLoad(r, "one in a hundred", "p99")}}
}

func processor(r record.Report) chart {
	return chart{title: "Processor time of three members together", x: loadAxis, y: "percent of a core", logX: true,
		series: []series{overLoad(r, "three members", "cpu")}}
}

// overMembers is a figure of the simulator's sweep.
func overMembers(r record.MembersReport, name string, value func(record.MembersPoint) float64) series {
	s := series{name: name}
	for _, p := range r.Points {
		s.points = append(s.points, point{float64(p.Members), value(p)})
	}
	return s
}

func rotation(r record.MembersReport) chart {
	wire := overMembers(r, "the packets' way alone", func(p record.MembersPoint) float64 { return float64(p.Members) * r.Delay })
	wire.dashed = true
	return chart{title: "The token's way round, in the simulator", x: "members", y: "virtual microseconds",
		series: []series{overMembers(r, "a rotation", func(p record.MembersPoint) float64 { return p.Rotation }), wire}}
}

func cost(r record.MembersReport) chart {
	return chart{title: "All members' work for one message, in the simulator", x: "members", y: "for each message sent",
		series: []series{
			overMembers(r, "protocol steps", func(p record.MembersPoint) float64 { return p.Steps }),
			overMembers(r, "packets received", func(p record.MembersPoint) float64 { return p.Packets }),
		}}
}
