package lockstep

// Status: what an operator asks first, as one JSON document, for holders of the key.

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/lockstep-go/lockstep/internal/core"
	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/transport"
)

const (
	statusLimit = 5 * time.Second // for the whole document to be written
	statusMost  = 16 << 20        // bytes that FetchStatus reads at most
)

// Status describes one node at one moment. Lists are never null in JSON.
type Status struct {
	Member  string         `json:"member"` // NAME/INCARNATION
	Addr    netip.AddrPort `json:"addr"`   // what others dial
	State   string         `json:"state"`  // operational, gather, commit or recovery
	Ring    string         `json:"ring"`   // the id of the ring last installed
	Members []StatusMember `json:"members"`
	Groups  []StatusGroup  `json:"groups"`   // those this node is in, joins or leaves
	Known   []string       `json:"known"`    // the names of all groups on the ring
	Drops   []StatusDrop   `json:"drops"`    // datagrams that did not open, by source
	Paths   []StatusPath   `json:"paths"`    // to which packets go in parts, since larger datagrams do not pass
	Seeds   []string       `json:"seeds"`    // seeds that are not on the ring, and why
	KeptOut []string       `json:"kept_out"` // members that are heard and not let in, and what they wait for
	// Transfers are the states on their way from and to this node, the oldest first.
	Transfers []StatusTransfer `json:"transfers"`
	Stats     Stats            `json:"stats"`
}

// A StatusMember is one member of the ring.
type StatusMember struct {
	Member string `json:"member"`
	Addr   string `json:"addr"`
}

// A StatusGroup is this node's part in one group.
type StatusGroup struct {
	Name       string   `json:"name"`
	Membership string   `json:"membership"`
	View       string   `json:"view"`
	Members    []string `json:"members"`
	Loading    []string `json:"loading"`
	Primary    bool     `json:"primary"`
	Rank       int      `json:"rank"`
	Size       int      `json:"size"`      // how many names vote, as Resize has left it; 0: the last primary view decides
	Voters     []string `json:"voters"`    // their names, where there is a size
	Queued     int      `json:"queued"`    // messages of this node without a number
	InFlight   int      `json:"in_flight"` // messages of this node numbered and not yet delivered here
	Held       int      `json:"held"`      // messages held back for want of a quorum
	Waiting    string   `json:"waiting"`   // why a join has no outcome yet
}

// A StatusPath is an address to which datagrams of this node's MTU do not pass, and the largest that is sent there.
type StatusPath struct {
	To        string `json:"to"`
	MTU       int    `json:"mtu"`
	Searching bool   `json:"searching"` // a larger one is being looked for
}

// A StatusTransfer is one state on its way.
type StatusTransfer struct {
	Group  string        `json:"group"`
	Peer   string        `json:"peer"`   // who gives it, or who gets it
	Giving bool          `json:"giving"` // this node gives it
	Delta  bool          `json:"delta"`
	Bytes  uint64        `json:"bytes"`
	Total  uint64        `json:"total"` // zero if it is not known
	Lasted time.Duration `json:"lasted_ns"`
}

// A StatusDrop counts datagrams from one address that did not open.
type StatusDrop struct {
	From string `json:"from"`
	Text string `json:"text"`
}

// Status describes the node now. It returns within its context's time, whatever the loop does. Errors: ErrClosed, the context's.
func (n *Node) Status(ctx context.Context) (Status, error) {
	type found struct {
		st      core.Status
		known   []string
		waiting map[string]string
		addrs   map[wire.MemberID]string
		kept    []string
	}
	f, err := ask(ctx, n, func(l *loop) found {
		f := found{st: l.core.Status(), known: l.core.Groups(), waiting: map[string]string{}, addrs: map[wire.MemberID]string{}}
		for _, g := range f.st.Groups {
			if g.View.ID.IsZero() || g.View.Rank < 0 {
				f.waiting[g.Name] = l.core.Explain(wire.NewGroupID(g.Name))
			}
		}
		for _, k := range f.st.KeptOut {
			f.kept = append(f.kept, fmt.Sprintf("%v: %s", infoMember(l.core.Info(k.Member)), k.Why))
		}
		for _, m := range f.st.Members {
			if info := l.core.Info(m.ID); len(info.Addrs) > 0 {
				f.addrs[m.ID] = info.Addrs[0].Addr.String()
			}
		}
		return f
	})
	if err != nil {
		return Status{}, &Error{Op: "status", Err: err}
	}
	out := Status{
		Member: n.self.String(), Addr: n.addr, State: f.st.State.String(), Ring: f.st.Ring.String(),
		Members: []StatusMember{}, Groups: []StatusGroup{}, Known: append([]string{}, f.known...), Drops: []StatusDrop{}, Paths: []StatusPath{},
		Seeds: append([]string{}, n.seedTrouble()...), KeptOut: append([]string{}, f.kept...), Transfers: []StatusTransfer{}, Stats: n.stats(&f.st),
	}
	for _, m := range f.st.Members {
		out.Members = append(out.Members, StatusMember{memberOf(m).String(), f.addrs[m.ID]})
	}
	for i := range f.st.Groups {
		g := &f.st.Groups[i]
		out.Groups = append(out.Groups, StatusGroup{
			Name: g.Name, Membership: fmt.Sprint(g.Membership), View: g.View.ID.String(), Members: texts(membersOf(g.View.Members)),
			Loading: texts(membersOf(g.View.Loading)), Primary: g.View.Primary, Rank: g.View.Rank, Size: g.Size, Voters: append([]string{}, g.Voters...), Queued: g.Queued,
			InFlight: g.InFlight, Held: g.Held, Waiting: f.waiting[g.Name],
		})
	}
	for _, x := range n.transfers.now() {
		out.Transfers = append(out.Transfers, StatusTransfer{x.Group, x.Peer.String(), x.Giving, x.Delta, x.Bytes, x.Total, x.Lasted})
	}
	for _, p := range n.end.Paths() {
		out.Paths = append(out.Paths, StatusPath{p.Addr.String(), p.MTU, p.Searching})
	}
	for _, d := range n.end.Drops() {
		out.Drops = append(out.Drops, StatusDrop{d.From.String(), d.String()})
	}
	return out, nil
}

func texts(list []Member) []string {
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = m.String()
	}
	return out
}

// serveStatus answers one holder of the key.
func (n *Node) serveStatus(conn net.Conn) {
	conn.SetDeadline(time.Now().Add(statusLimit))
	ctx, cancel := context.WithTimeout(n.ctx, statusLimit)
	defer cancel()
	s, err := n.Status(ctx)
	if err != nil {
		return
	}
	b, err := json.Marshal(s)
	if err != nil {
		return
	}
	_, _ = conn.Write(b)
}

// A StatusRequest says with what to ask for a Status.
type StatusRequest struct {
	Key           Key    // of its cluster
	InsecureNoKey bool   // the cluster runs without a key
	Cluster       string // its label; empty: "lockstep"
}

// FetchStatus asks the node running at addr, "host:port", for its Status. It proves that it holds the key, and lets nobody else answer. It blocks until the
// answer is here or ctx ends. A node with Config.StatusDisabled answers nothing, which is an error here.
func FetchStatus(ctx context.Context, addr string, r StatusRequest) (Status, error) {
	fail := func(err error) (Status, error) {
		return Status{}, &Error{Op: "status of " + addr, Err: err}
	}
	if r.Cluster == "" {
		r.Cluster = defaultCluster
	}
	addrs, problems := transport.Resolve(ctx, []string{addr}, nil)
	if len(addrs) == 0 {
		return fail(problems[addr])
	}
	tr, err := transport.ListenUDP(ctx, transport.UDPConfig{Listen: ":0"})
	if err != nil {
		return fail(err)
	}
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		tr.Close()
		return fail(err)
	}
	end, err := transport.NewEndpoint(transport.EndpointConfig{
		Transport: tr, Key: r.Key.bytes(), Insecure: r.InsecureNoKey, Label: r.Cluster,
		Self: wire.NewMemberID("status", binary.BigEndian.Uint64(random[:])),
	})
	if err != nil {
		tr.Close()
		return fail(err)
	}
	defer end.Close()
	for _, a := range addrs {
		var s Status
		if s, err = fetchStatus(ctx, end, a); err == nil {
			return s, nil
		}
	}
	return fail(err)
}

func fetchStatus(ctx context.Context, end *transport.Endpoint, a netip.AddrPort) (s Status, err error) {
	conn, err := end.DialStream(ctx, a, streamStatus, wire.MemberID{})
	if err != nil {
		return s, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	conn.SetDeadline(time.Now().Add(statusLimit))
	b, err := io.ReadAll(io.LimitReader(conn, statusMost))
	switch {
	case ctx.Err() != nil:
		return s, ctx.Err()
	case err != nil:
		return s, err
	case len(b) == 0:
		return s, fmt.Errorf("%v answers nothing: its status is disabled, or it is ending", a)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("%v: %w", a, err)
	}
	return s, nil
}
