package lockstep

// Stats: what a node has done since its start, and what it holds now.

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
)

// Stats is a snapshot of one node. Counts are since Start.
type Stats struct {
	// Uptime is the time since Start.
	Uptime time.Duration `json:"uptime_ns"`

	// DatagramsIn and DatagramsOut count datagrams; one sent to three members counts three times.
	DatagramsIn  uint64 `json:"datagrams_in"`
	DatagramsOut uint64 `json:"datagrams_out"`
	// BytesIn and BytesOut are the bytes in them, without IP and UDP headers.
	BytesIn  uint64 `json:"bytes_in"`
	BytesOut uint64 `json:"bytes_out"`
	// SendCalls and ReceiveCalls count the system calls that these took.
	SendCalls    uint64 `json:"send_calls"`
	ReceiveCalls uint64 `json:"receive_calls"`
	// SegmentsOut and SegmentsIn count datagrams, of those above, that the kernel cut out of a longer buffer, or joined to one.
	SegmentsOut uint64 `json:"segments_out"`
	SegmentsIn  uint64 `json:"segments_in"`
	// OffloadSend and OffloadReceive say whether the kernel may do so: "on", "disabled", "none" where this system cannot, or "given up"
	// because it failed; OffloadWhy says how.
	OffloadSend    string `json:"offload_send"`
	OffloadReceive string `json:"offload_receive"`
	OffloadWhy     string `json:"offload_why"`
	// PaddingBytes is what was added to packets so that they are of one length and can be cut.
	PaddingBytes uint64 `json:"padding_bytes"`
	// SendErrors counts datagrams that the kernel did not take: no route, too long, no buffer.
	SendErrors uint64 `json:"send_errors"`
	// KernelDrops counts what arrived and found the socket's buffer full. What the kernel joined counts once.
	KernelDrops uint64 `json:"kernel_drops"`
	// DatagramsDropped counts datagrams that did not open: another key, another cluster, damage.
	DatagramsDropped uint64 `json:"datagrams_dropped"`
	// DatagramsMalformed counts those that opened and held no packet this version knows.
	DatagramsMalformed uint64 `json:"datagrams_malformed"`
	// PacketsRefused counts packets that were replayed, or had no place in the protocol when they came.
	PacketsRefused uint64 `json:"packets_refused"`

	// PacketsNumbered counts data packets that this member multicast; each holds one or more messages, or a part of one.
	PacketsNumbered uint64 `json:"packets_numbered"`
	// PacketsReceived counts data packets of other members, each once.
	PacketsReceived uint64 `json:"packets_received"`
	// PacketsDuplicate counts data packets that were here already.
	PacketsDuplicate uint64 `json:"packets_duplicate"`
	// PacketsRequested counts data packets that were asked for because they were missing.
	PacketsRequested uint64 `json:"packets_requested"`
	// PacketsRepaired counts those that came after they had been asked for.
	PacketsRepaired uint64 `json:"packets_repaired"`
	// PacketsRepeated counts data packets that this member sent again because another asked.
	PacketsRepeated uint64 `json:"packets_repeated"`

	// RingsInstalled counts rings, the first, of this member alone, not included.
	RingsInstalled uint64 `json:"rings_installed"`
	// RingMembers is how many members the present ring has.
	RingMembers int `json:"ring_members"`
	// Rotation is the time a busy token takes for one round, smoothed; zero before the first.
	Rotation time.Duration `json:"rotation_ns"`
	// Window is how many bytes of packets all members together may multicast in one round: flow control adapts it; zero before the
	// first.
	Window int `json:"window_bytes"`
	// TokensLost counts rings that ended because no token came.
	TokensLost uint64 `json:"tokens_lost"`
	// TokensRepeated counts tokens sent again because no progress was seen.
	TokensRepeated uint64 `json:"tokens_repeated"`

	// Groups is how many groups this node is in, joins or leaves.
	Groups int `json:"groups"`
	// MessagesSent counts messages accepted: sends, applies, queries, flushes.
	MessagesSent uint64 `json:"messages_sent"`
	// MessagesDelivered counts messages handled here, own ones included.
	MessagesDelivered uint64 `json:"messages_delivered"`
	// BytesDelivered is the length of their encoded values, in bytes.
	BytesDelivered uint64 `json:"bytes_delivered"`
	// MessagesLost counts messages accepted that were not delivered here.
	MessagesLost uint64 `json:"messages_lost"`
	// SendQueue is how many accepted messages have no number yet; SendQueueBytes their length in bytes.
	SendQueue      int `json:"send_queue"`
	SendQueueBytes int `json:"send_queue_bytes"`
	// HandleQueue is how many upcalls wait for their handler; HandleQueueBytes the length of their messages in bytes.
	HandleQueue      int `json:"handle_queue"`
	HandleQueueBytes int `json:"handle_queue_bytes"`
	// SpilledMessages is how many messages that were missed during a load wait in Config.SpillDir; SpilledBytes their length in bytes.
	SpilledMessages int `json:"spilled_messages"`
	SpilledBytes    int `json:"spilled_bytes"`
	// HeldBytes is what is kept of the ring's packets for retransmission and delivery, in bytes.
	HeldBytes int `json:"held_bytes"`

	// StatesSaved counts states frozen for joiners, StatesLoaded those loaded here.
	StatesSaved  uint64 `json:"states_saved"`
	StatesLoaded uint64 `json:"states_loaded"`
	// StateBytesGiven and StateBytesLoaded count their bytes that went to joiners and came here, of transfers that failed too.
	StateBytesGiven  uint64 `json:"state_bytes_given"`
	StateBytesLoaded uint64 `json:"state_bytes_loaded"`
	// StatesKept is how many states are kept for joiners that have not loaded yet, and StateBytesKept the length of those written out, in
	// memory or in Config.SpillDir.
	StatesKept     int   `json:"states_kept"`
	StateBytesKept int64 `json:"state_bytes_kept"`
	// StateWrites counts what was written to Config.StateDir.
	StateWrites uint64 `json:"state_writes"`
	// EventsDropped counts events that the EventListener was too slow for.
	EventsDropped uint64 `json:"events_dropped"`
	// LoopRounds counts the turns of the node's loop: what an idle node does.
	LoopRounds uint64 `json:"loop_rounds"`
}

// counts are what the root itself counts, by any goroutine.
type counts struct {
	rounds, rings, malformed, invariants  atomic.Uint64
	sent, delivered, deliveredBytes, lost atomic.Uint64
	saves, loads, loadedBytes, givenBytes atomic.Uint64
	eventsDropped                         atomic.Uint64
}

// Stats takes a snapshot. It may wait a moment for the loop; after Close the fields that describe the ring are zero.
func (n *Node) Stats() Stats {
	st, err := ask(context.Background(), n, func(l *loop) core.Status { return l.core.Status() })
	if err != nil {
		st = core.Status{}
	}
	return n.stats(&st)
}

func (n *Node) stats(st *core.Status) Stats {
	e := n.end.Stats()
	c := &n.counts
	s := Stats{
		Uptime:      time.Since(n.started),
		DatagramsIn: e.Transport.In, DatagramsOut: e.Transport.Out, BytesIn: e.Transport.BytesIn, BytesOut: e.Transport.BytesOut,
		SendCalls: e.Transport.SendCalls, ReceiveCalls: e.Transport.ReceiveCalls,
		SegmentsOut: e.Transport.SegmentsOut, SegmentsIn: e.Transport.SegmentsIn,
		OffloadSend: e.Transport.Segmenting.String(), OffloadReceive: e.Transport.Coalescing.String(), OffloadWhy: e.Transport.OffloadWhy,
		PaddingBytes: e.Padding, SendErrors: e.Transport.SendErrors, KernelDrops: e.Transport.KernelDrops,
		DatagramsDropped: e.Dropped, DatagramsMalformed: c.malformed.Load(), PacketsRefused: st.Dropped,
		PacketsNumbered: st.Counters.Sent, PacketsReceived: st.Counters.Received, PacketsDuplicate: st.Counters.Duplicates,
		PacketsRequested: st.Counters.Requested, PacketsRepaired: st.Counters.Repaired, PacketsRepeated: st.Counters.Retransmitted,
		RingsInstalled: c.rings.Load(), RingMembers: len(st.Members), Rotation: st.Rotation, Window: st.Window,
		TokensLost: uint64(st.Coverage.TokensLost), TokensRepeated: uint64(st.Coverage.TokenRetransmitted),
		Groups: len(st.Groups), HeldBytes: st.Bytes,
		MessagesSent: c.sent.Load(), MessagesDelivered: c.delivered.Load(), BytesDelivered: c.deliveredBytes.Load(), MessagesLost: c.lost.Load(),
		StatesSaved: c.saves.Load(), StatesLoaded: c.loads.Load(), StateBytesLoaded: c.loadedBytes.Load(),
		StateBytesGiven: c.givenBytes.Load(),
		StateWrites:     n.keeper.writes.Load(), EventsDropped: c.eventsDropped.Load(), LoopRounds: c.rounds.Load(),
	}
	s.StatesKept, s.StateBytesKept = n.spools.kept()
	for _, g := range n.allGroups() {
		g.mu.Lock()
		if t := g.cur; t != nil {
			s.SendQueue += t.budget.messages
			s.SendQueueBytes += t.budget.bytes
			s.HandleQueue += t.queue.len()
			s.HandleQueueBytes += t.queue.bytes
			if t.spill != nil {
				s.SpilledMessages += t.spill.messages
				s.SpilledBytes += t.spill.bytes
			}
		}
		g.mu.Unlock()
	}
	return s
}
