package record

// What was promised: one row a figure. "Must" is the aim, "moonshot" the dream. All with keys, at MTU 1500, three hosts on two cores.

import "fmt"

// A Goal is a bound for a figure. The zero Goal is none.
type Goal struct {
	Bound float64
	Who   string // the bound is so many times this other figure; "" for a bound by itself
	Key   string
}

// A Row is one line of the comparison.
type Row struct {
	Part     string // under which heading
	Work     string
	Key      string  // the figure, of whoever has it
	Unit     string  // in which it is shown
	Scale    float64 // from the figure's unit to this one
	Least    bool    // less is better
	Must     Goal
	Moonshot Goal
}

// Sizes are the payloads of the throughput rows, in bytes.
func Sizes() []int { return []int{64, 1 << 10, 8 << 10, 64 << 10, 1 << 20} }

// Loads are the offered loads of the load sweep, in messages of 64 bytes a second, all senders together.
func Loads() []int { return []int{1000, 5000, 20000, 50000, 100000, 200000, 400000, 800000} }

// SendKey names a throughput in messages a second.
func SendKey(order string, size, senders int) string {
	return fmt.Sprintf("send/%s/%d/%d", order, size, senders)
}

// LoadKey names a figure of the load sweep: p50, p99, cpu or delivered.
func LoadKey(rate int, what string) string { return fmt.Sprintf("load/%d/%s", rate, what) }

// SizeName is a size as people say it.
func SizeName(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// Rows are all rows, in the order in which they are shown.
func Rows() []Row {
	rows := sending()
	rows = append(rows, Row{Part: "throughput", Work: "a struct of 64 B encoded, 1 sender, ordered", Key: "typed", Unit: "msg/s", Scale: 1,
		Must: Goal{Bound: 300e3}, Moonshot: Goal{Bound: 600e3}})
	rows = append(rows, delays()...)
	return append(rows,
		Row{Part: "use", Work: "locks a second, examples/lockservice", Key: "locks", Unit: "locks/s", Scale: 1,
			Must: Goal{Bound: 100e3}, Moonshot: Goal{Bound: 250e3}},
		Row{Part: "cost", Work: "three idle members together", Key: "idle", Unit: "% of a core", Scale: 1, Least: true,
			Must: Goal{Bound: 1}, Moonshot: Goal{Bound: 0.2}},
		Row{Part: "cost", Work: "memory of a member under full load, sizes up to 64 KB", Key: "memory/rss", Unit: "MiB", Scale: 1, Least: true,
			Must: Goal{Bound: 128}, Moonshot: Goal{Bound: 64}},
		Row{Part: "cost", Work: "of it the Go heap", Key: "memory/heap", Unit: "MiB", Scale: 1, Least: true},
		Row{Part: "cost", Work: "allocations a message, 64 B, at a listener", Key: "allocs/listener", Unit: "allocs", Scale: 1, Least: true},
		Row{Part: "cost", Work: "allocations a message, 64 B, at the sender", Key: "allocs/sender", Unit: "allocs", Scale: 1, Least: true},
	)
}

// sending are the throughput rows.
func sending() (rows []Row) {
	goals := map[string][2]Goal{
		SendKey("ordered", 64, 1):   {{Bound: 500e3}, {Bound: 1e6}},
		SendKey("ordered", 64, 3):   {{Bound: 500e3}, {Bound: 1e6}},
		SendKey("ordered", 1024, 1): {{Bound: 200e3}, {Bound: 400e3}},
		SendKey("ordered", 1024, 3): {{Bound: 150e3}, {Bound: 400e3}},
		SendKey("safe", 64, 3):      {{0.80, Lockstep, SendKey("ordered", 64, 3)}, {0.95, Lockstep, SendKey("ordered", 64, 3)}},
	}
	for _, size := range Sizes()[2:] {
		for _, senders := range []int{1, 3} {
			goals[SendKey("ordered", size, senders)] = [2]Goal{{Bound: 300}, {Bound: 600}}
		}
	}
	for _, order := range []string{"ordered", "safe"} {
		for _, size := range Sizes() {
			for _, senders := range []int{1, 3} {
				key := SendKey(order, size, senders)
				row := Row{Part: "throughput", Work: fmt.Sprintf("%s, %d sending, %s", SizeName(size), senders, order), Key: key,
					Unit: "msg/s", Scale: 1, Must: goals[key][0], Moonshot: goals[key][1]}
				if size >= 8<<10 {
					row.Unit, row.Scale = "MB/s", float64(size)/1e6
				}
				rows = append(rows, row)
			}
		}
	}
	return rows
}

// delays are the latency rows. A bare rotation is the median of a datagram's way round, passed on by a program that does nothing else:
// by package net, as in the figures that the promises were made from. What the system calls alone take stands below.
func delays() []Row {
	const busy, quiet = "rotation/p50", "rotation/5ms/p50"
	row := func(work, key string, must, moonshot Goal) Row {
		return Row{Part: "latency", Work: work, Key: key, Unit: "us", Scale: 1, Least: true, Must: must, Moonshot: moonshot}
	}
	return []Row{
		row("ping 64 B, own handler, p50", "ping/p50", Goal{Bound: 75}, Goal{Bound: 45}),
		row("ping 64 B, own handler, p99", "ping/p99", Goal{Bound: 400}, Goal{}),
		row("until the slowest member's handler, p50", "turn/p50", Goal{1.6, Bare, busy}, Goal{1.2, Bare, busy}),
		row("until the slowest member's handler, p99", "turn/p99", Goal{5, Bare, busy}, Goal{}),
		row("own handler after 5 ms of silence, p50", "ping/5ms/p50", Goal{}, Goal{}),
		row("own handler after 5 ms of silence, p99", "ping/5ms/p99", Goal{}, Goal{}),
		row("the slowest after 5 ms of silence, p50", "turn/5ms/p50", Goal{1.6, Bare, quiet}, Goal{1.2, Bare, quiet}),
		row("the slowest after 5 ms of silence, p99", "turn/5ms/p99", Goal{}, Goal{}),
		row("ping 64 B SAFE, own handler, p50", "ping/safe/p50", Goal{2.6, Bare, busy}, Goal{2.2, Bare, busy}),
		row("ping 64 B SAFE, own handler, p99", "ping/safe/p99", Goal{}, Goal{}),
		row("a bare rotation, p50", busy, Goal{}, Goal{}),
		row("a bare rotation, p99", "rotation/p99", Goal{}, Goal{}),
		row("a bare rotation after 5 ms of silence, p50", quiet, Goal{}, Goal{}),
		row("a bare rotation after 5 ms of silence, p99", "rotation/5ms/p99", Goal{}, Goal{}),
		row("a bare rotation, system calls alone, p50", "rotation/calls/p50", Goal{}, Goal{}),
		row("the same after 5 ms of silence, p50", "rotation/calls/5ms/p50", Goal{}, Goal{}),
	}
}

// Limits are the rows of what the machine itself allows, each receiver of two.
func Limits() []Row {
	var rows []Row
	for _, l := range []struct{ key, work string }{
		{"limit/64", "64 B datagrams, 64 to a call"},
		{"limit/1400", "1400 B datagrams, 64 to a call"},
		{"limit/segments", "1400 B segments, 40 to a datagram for the kernel to cut"},
		{"limit/sealed", "1344 B packets that the transport seals and opens, cut by the kernel"},
		{"limit/sealed-single", "the same, each datagram by itself"},
		{"limit/full", "full datagrams of the MTU, 64 to a call"},
		{"limit/full-segments", "full segments of the MTU, as many as go into one"},
	} {
		rows = append(rows, Row{Part: "machine", Work: l.work, Key: l.key + "/rate", Unit: "k/s", Scale: 1e-3},
			Row{Part: "machine", Work: l.work, Key: l.key + "/bytes", Unit: "MB/s", Scale: 1})
	}
	return rows
}
