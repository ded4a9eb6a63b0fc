package main

// lockstep status: what a running member says of itself.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/lockstep-go/lockstep"
)

const statusAbout = `Asks the member that listens at ADDRESS (HOST:PORT) how it is: the ring, the groups and which side is primary, the token's
rotation time, retransmissions, queues, and what did not come through. Only a holder of the key is answered, and a program that
embeds lockstep can turn the answer off.`

func runStatus(args []string, std stdio) error {
	var keys keyFlags
	fs := newFlags("status", "-key-file FILE [-json] ADDRESS", statusAbout, std)
	keys.register(fs)
	asJSON := fs.Bool("json", false, "print the whole answer as one JSON object")
	wait := fs.Duration("timeout", 5*time.Second, "how long to wait for the answer")
	if err := parse(fs, args, 1, std); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return wrongUsage("ADDRESS is missing")
	}
	key, err := keys.key()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), *wait)
	defer cancel()
	s, err := lockstep.FetchStatus(ctx, fs.Arg(0), lockstep.StatusRequest{
		Key: key, InsecureNoKey: keys.insecure, Cluster: keys.cluster,
	})
	if err != nil {
		return err
	}
	if *asJSON {
		e := json.NewEncoder(std.out)
		e.SetEscapeHTML(false)
		return e.Encode(s)
	}
	return printStatus(std.out, s)
}

// printStatus writes a status for a person.
func printStatus(w io.Writer, s lockstep.Status) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	st := &s.Stats
	row := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("member", "%s at %v, up %v", s.Member, s.Addr, st.Uptime.Round(time.Second))
	row("ring", "%s, %s, %d members", s.Ring, s.State, len(s.Members))
	for _, m := range s.Members {
		row("", "%s at %s", m.Member, m.Addr)
	}
	row("token", "a busy round takes %v; %d lost, %d repeated", st.Rotation.Round(time.Microsecond), st.TokensLost, st.TokensRepeated)
	row("packets", "%d numbered here, %d received, %d asked for, %d repaired, %d repeated for others, %d twice",
		st.PacketsNumbered, st.PacketsReceived, st.PacketsRequested, st.PacketsRepaired, st.PacketsRepeated, st.PacketsDuplicate)
	row("messages", "%d sent, %d delivered, %d lost", st.MessagesSent, st.MessagesDelivered, st.MessagesLost)
	row("queues", "%d (%d B) to be sent, %d (%d B) to be handled, %d B held of the ring",
		st.SendQueue, st.SendQueueBytes, st.HandleQueue, st.HandleQueueBytes, st.HeldBytes)
	if st.SpilledMessages > 0 {
		row("", "%d (%d B) missed while a state loads wait on disk", st.SpilledMessages, st.SpilledBytes)
	}
	row("network", "%d datagrams (%d B) in, %d (%d B) out, %d did not open, %d malformed, %d refused",
		st.DatagramsIn, st.BytesIn, st.DatagramsOut, st.BytesOut, st.DatagramsDropped, st.DatagramsMalformed, st.PacketsRefused)
	row("kernel", "%d calls to send, %d to receive; offload %s and %s; %d dropped before they were read, %d not sent",
		st.SendCalls, st.ReceiveCalls, offloadText(st.OffloadSend, st.SegmentsOut), offloadText(st.OffloadReceive, st.SegmentsIn), st.KernelDrops, st.SendErrors)
	if st.OffloadWhy != "" {
		row("", "offload given up: %s", st.OffloadWhy)
	}
	for _, p := range s.Paths {
		row("", "to %s datagrams of at most %d B pass; packets go there in parts", p.To, p.MTU)
	}
	for _, d := range s.Drops {
		row("", "%s", d.Text)
	}
	for _, seed := range s.Seeds {
		row("seed", "%s", seed)
	}
	for _, k := range s.KeptOut {
		row("kept out", "%s", k)
	}
	for _, x := range s.Transfers {
		row("transfer", "%s", transferText(x))
	}
	for _, g := range s.Groups {
		printStatusGroup(row, g)
	}
	if len(s.Known) > 0 {
		row("all groups", "%s", strings.Join(s.Known, ", "))
	}
	return t.Flush()
}

// offloadText is the state of one direction's offload, and how much it carried.
func offloadText(state string, segments uint64) string {
	if segments == 0 {
		return state
	}
	return fmt.Sprintf("%s (%d datagrams)", state, segments)
}

// transferText is how far a state is.
func transferText(x lockstep.StatusTransfer) string {
	way, what, far := "from", "state", fmt.Sprintf("%d B", x.Bytes)
	if x.Giving {
		way = "to"
	}
	if x.Delta {
		what = "delta"
	}
	if x.Total > 0 {
		far += fmt.Sprintf(" of %d B, %.0f %%", x.Total, 100*float64(x.Bytes)/float64(x.Total))
	}
	return fmt.Sprintf("%s of group %s %s %s: %s, since %v", what, x.Group, way, x.Peer, far, x.Lasted.Round(time.Second))
}

func printStatusGroup(row func(name, format string, args ...any), g lockstep.StatusGroup) {
	side := "NOT PRIMARY"
	if g.Primary {
		side = "primary"
	}
	row("group "+g.Name, "%s, view %s, %s, rank %d", g.Membership, g.View, side, g.Rank)
	row("", "members: %s", strings.Join(g.Members, ", "))
	if len(g.Loading) > 0 {
		row("", "loading: %s", strings.Join(g.Loading, ", "))
	}
	if g.Queued+g.InFlight+g.Held > 0 {
		row("", "%d without a number, %d numbered and not delivered, %d held for want of a quorum", g.Queued, g.InFlight, g.Held)
	}
	if g.Waiting != "" {
		row("", "waiting: %s", g.Waiting)
	}
}
