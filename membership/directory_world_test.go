package membership

// A fake world for directories: processes, rings that deliver extended virtual synchrony by hand, and the least of an
// application, which keeps the list of what it was given. The tests and the property drive it.

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// failer is what the world needs of *testing.T and *rapid.T.
type failer interface {
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

type world struct {
	t          failer
	procs      []*proc // every run, the dead ones too
	ringSeq    uint64
	nextInc    uint64
	position   wire.Position
	overridden bool                              // somebody overrode a quorum
	answered   map[string][]wire.Position        // by founding: messages somebody may have been answered for
	lastView   map[string]map[wire.ViewID]string // by founding: the state with which those who went along entered a view
	primary    int                               // primary views installed after the first
	replays    int                               // held messages delivered
	attempts   int                               // records with attempts met at a sync
	loads      int
	spared     int // of them from another than the first donor
	merges     int
}

// A fakeRing delivers in one order what is sent on it, as far as its members have received it.
type fakeRing struct {
	id      wire.RingID
	members []*proc
	log     []fakeMessage
	recv    map[*proc]map[int]bool
	digest  map[int]string // of the directory after each delivery in the regular configuration
	synced  map[*proc]bool
}

type fakeMessage struct {
	position wire.Position
	kind     wire.Kind
	group    wire.GroupID
	sender   *proc
	payload  []byte
}

func (m fakeMessage) safe() bool { return m.kind >= wire.KindGroupJoin && m.kind != wire.KindDirectory }

type proc struct {
	w      *world
	name   string
	info   wire.Info
	dir    *Directory
	alive  bool
	ring   *fakeRing
	done   int                    // delivered on the ring
	moving []wire.MemberID        // in a transitional configuration
	obl    map[wire.MemberID]bool // whose messages it promised to deliver
	high   wire.Position
	sync   bool // Sync sent on this ring
	frozen bool // in a recovery it was cut off from: it delivers and sends nothing
	apps   map[wire.GroupID]*app
}

// An app is one group at one process: what the core and the application would keep.
type app struct {
	p         *proc
	name      string
	config    wire.GroupConfig
	mode      wire.JoinMode
	seeds     []netip.AddrPort
	table     []wire.HandlerEntry
	join      bool
	leave     bool
	failed    bool // its state is lost
	asked     string
	state     []wire.Position
	has       bool // a state, not only a load under way
	load      *Event
	loadedCut wire.Position
	giver     wire.MemberID // of that
	unsure    bool          // nothing has said that the load counts: an application would not have been shown its views yet
	before    View          // the last view before that load
	giving    string        // of all who saved, the one to load from; empty: another each time
	waiting   []func()
	held      []wire.Position
	saved     map[wire.Position][]wire.Position
	sides     []MergeSide // to be merged
	blocked   bool
	in        bool
	view      View
	trace     []string // what it was told, in words
	refused   Event
	ended     RefusalKind
}

func newWorld(t failer) *world {
	return &world{t: t, position: 1 << 40, answered: map[string][]wire.Position{}, lastView: map[string]map[wire.ViewID]string{}}
}

func address(name string) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, name[0]}), 7946)
}

// start begins a run of the named process, alone on a ring.
func (w *world) start(name string) *proc {
	w.nextInc++
	id := wire.NewMemberID(name, w.nextInc)
	// Readable order: ids sort like names.
	copy(id[:8], name+"\x00\x00\x00\x00\x00\x00\x00\x00")
	p := &proc{w: w, name: name, alive: true, apps: map[wire.GroupID]*app{}, obl: map[wire.MemberID]bool{}, high: w.position}
	for _, q := range w.procs {
		p.high = max(p.high, q.high+1<<11) // its clock says so
	}
	p.info = wire.Info{ID: id, Name: name, Addrs: []wire.Addr{{Addr: address(name)}}}
	p.dir = NewDirectory(Member{ID: id, Name: name})
	w.procs = append(w.procs, p)
	w.form([]*proc{p}, []*proc{p})
	w.settle()
	return p
}

func (w *world) proc(name string) *proc {
	for _, p := range slices.Backward(w.procs) {
		if p.name == name && p.alive {
			return p
		}
	}
	return nil
}

// form makes a ring of members. Those in installing get through its installation, the others are cut off in its recovery: they
// have exchanged what their old rings held, and promised what that takes.
func (w *world) form(members, installing []*proc) {
	w.ringSeq++
	members = slices.Clone(members)
	slices.SortFunc(members, func(a, b *proc) int { return a.info.ID.Compare(b.info.ID) })
	r := &fakeRing{id: wire.RingID{Seq: w.ringSeq, Rep: members[0].info.ID}, members: members, recv: map[*proc]map[int]bool{},
		digest: map[int]string{}, synced: map[*proc]bool{}}
	for _, p := range members {
		r.recv[p] = map[int]bool{}
	}
	moves := map[*proc][]*proc{}
	limit := map[*proc]int{}
	for _, p := range members {
		for _, q := range members {
			if q.ring == p.ring && (p.ring != nil || p == q) {
				moves[p] = append(moves[p], q)
				limit[p] = max(limit[p], q.done)
			}
		}
	}
	obl := map[*proc]map[wire.MemberID]bool{}
	for _, p := range members {
		obl[p] = map[wire.MemberID]bool{}
		for _, q := range moves[p] {
			obl[p][q.info.ID] = true
			for id := range q.obl {
				obl[p][id] = true
			}
			if p.ring != nil {
				for k := range p.ring.recv[q] {
					p.ring.recv[p][k] = true
				}
			}
			p.high = max(p.high, q.high)
		}
	}
	high := w.high(members)
	for _, p := range members {
		p.obl, p.high = obl[p], high
	}
	for _, p := range members {
		p.frozen = p.ring != nil
	}
	for _, p := range installing {
		p.move(r, moves[p], limit[p])
	}
	// Those who installed together hold the same.
	for _, p := range installing {
		for _, q := range moves[p] {
			if slices.Contains(installing, q) && slices.Contains(p.dir.side, q.info.ID) && digest(p.dir) != digest(q.dir) {
				w.t.Fatalf("%s and %s moved together to %v and differ:\n%s\n%s", p.name, q.name, r.id, digest(p.dir), digest(q.dir))
			}
		}
	}
	for _, p := range installing {
		if dir, mine := p.dir.Describe(p.joins()); mine {
			p.send(wire.KindDirectory, 0, dir.Append(nil))
		}
	}
}

func (w *world) high(procs []*proc) wire.Position {
	high := wire.Position(0)
	for _, p := range procs {
		high = max(high, p.high)
	}
	return high
}

// move ends the old ring at p as recovery does: the rest of the regular configuration, then the transitional one.
func (p *proc) move(r *fakeRing, with []*proc, limit int) {
	if old := p.ring; old != nil {
		p.sync = true // nothing is numbered in recovery
		for p.done < limit {
			p.deliver(p.done)
			p.done++
		}
		var ids []wire.MemberID
		for _, q := range with {
			ids = append(ids, q.info.ID)
		}
		p.moving = ids
		p.dir.Transitional(ids)
		p.drain()
		hole := false
		for k := p.done; k < len(old.log); k++ {
			switch {
			case !old.recv[p][k]:
				hole = true
			case !hole:
				p.deliver(k)
			case p.obl[old.log[k].sender.info.ID]:
				p.behind(k)
			}
		}
	}
	var infos []wire.Info
	for _, q := range r.members {
		infos = append(infos, q.info)
	}
	ids := []wire.MemberID{p.info.ID}
	for _, q := range with {
		ids = append(ids, q.info.ID)
	}
	old := p.ring
	p.ring, p.done, p.moving, p.sync, p.frozen, p.obl = r, 0, nil, false, false, map[wire.MemberID]bool{}
	p.dir.Install(r.id, infos, ids)
	if old != nil {
		var lost []wire.Failed
		for _, q := range old.members {
			if !slices.Contains(r.members, q) {
				f := wire.Failed{ID: q.info.ID, Reason: wire.ReasonPartition}
				if !q.alive {
					f.Reason = wire.ReasonCrash
				}
				lost = append(lost, f)
			}
		}
		p.dir.Lost(lost)
	}
	p.drain()
}

// behind takes a message behind a hole, as the core does.
func (p *proc) behind(k int) {
	m := p.ring.log[k]
	switch {
	case !p.dir.Holding(m.group):
		p.deliver(k)
	case m.kind >= wire.KindGroupJoin:
		p.dir.Behind(m.group, m.position, m.kind, m.payload)
		p.drain()
	}
}

// send gives a message its place on the sender's ring.
func (p *proc) send(kind wire.Kind, group wire.GroupID, payload []byte) {
	for _, q := range p.ring.members {
		if q.ring == p.ring {
			q.high = max(q.high, p.high)
		}
	}
	p.high++
	p.ring.log = append(p.ring.log, fakeMessage{p.high, kind, group, p, payload})
	p.ring.recv[p][len(p.ring.log)-1] = true
	for _, q := range p.ring.members {
		if q.ring == p.ring {
			q.high = p.high // the token takes the counter round
		}
	}
}

// receive lets p have message k of its ring.
func (p *proc) receive(k int) {
	if !p.frozen {
		p.ring.recv[p][k] = true
	}
}

// step delivers p's next message in the regular configuration, if the rules allow.
func (p *proc) step() bool {
	r, k := p.ring, p.done
	if p.frozen {
		return false
	}
	if k >= len(r.log) || !r.recv[p][k] {
		return false
	}
	if r.log[k].safe() && !r.everywhere(k) {
		return false
	}
	enough := r.log[k].kind == wire.KindApp && p.atQuorum(k)
	p.deliver(k)
	p.done++
	if enough {
		p.answerFor(k)
	}
	if !p.dir.Synced() {
		return true
	}
	d := digest(p.dir)
	if was, ok := r.digest[k]; ok && was != d {
		p.w.t.Fatalf("%s differs after %d of %v:\n%s\n%s", p.name, k, r.id, was, d)
	}
	r.digest[k] = d
	return true
}

// everywhere reports whether every member holds message k and all before it: that is what the token's aru says.
func (r *fakeRing) everywhere(k int) bool {
	for _, p := range r.members {
		for i := range k + 1 {
			if !r.recv[p][i] {
				return false
			}
		}
	}
	return true
}

func (p *proc) deliver(k int) {
	m := p.ring.log[k]
	p.high = max(p.high, m.position)
	switch {
	case m.kind == wire.KindDirectory:
		dir, err := wire.ParseDirectory(m.payload)
		if err != nil {
			p.w.t.Fatalf("directory: %v", err)
		}
		for i := range dir.Groups {
			if len(dir.Groups[i].Attempts) > 0 {
				p.w.attempts++
			}
		}
		p.dir.Collect(dir)
		if p.moving == nil && p.dir.Complete() && !p.sync && p.ring.members[0] == p {
			p.sync = true
			p.send(wire.KindSync, 0, wire.Sync{Ring: p.ring.id}.Append(nil))
		}
	case m.kind >= wire.KindGroupJoin:
		p.dir.Deliver(m.group, m.position, m.kind, m.payload)
		if m.kind == wire.KindSync && p.moving == nil {
			p.ring.synced[p] = true
		}
	default:
		verdict := p.dir.Messages(m.group, m.sender.info.ID, m.position, m.position)
		if a := p.apps[m.group]; a != nil && a.in && a.p.dir.Membership(m.group) >= MembershipLoading {
			switch verdict {
			case VerdictDeliver:
				a.run(func() { a.state = append(a.state, m.position) })
			case VerdictHold:
				a.held = append(a.held, m.position)
			}
		}
	}
	p.drain()
	if err := p.dir.Invariant(); err != nil {
		p.w.t.Fatalf("%s: %v", p.name, err)
	}
	if m.kind == wire.KindSync && p.ring.synced[p] {
		p.goneOn()
	}
}

// settle lets everything that is under way arrive, be delivered and be loaded, until nothing happens any more.
func (w *world) settle() {
	for more := true; more; {
		more = false
		for _, p := range w.procs {
			if !p.alive || !p.ring.whole() {
				continue
			}
			for k := range p.ring.log {
				p.receive(k)
			}
		}
		for _, p := range w.procs {
			if !p.alive {
				continue
			}
			for p.step() {
				more = true
			}
			p.reconcile()
			for _, a := range p.sorted() {
				if a.finishLoad() || a.finishMerge() {
					more = true
				}
			}
			if p.done < len(p.ring.log) && p.ring.whole() {
				more = true
			}
		}
	}
}

// whole reports whether every member of the ring is alive and on it.
func (r *fakeRing) whole() bool {
	return !slices.ContainsFunc(r.members, func(p *proc) bool { return !p.alive || p.ring != r || p.frozen })
}

func (p *proc) sorted() []*app {
	var list []*app
	for _, a := range p.apps {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *app) int { return cmpString(a.name, b.name) })
	return list
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// digest is the directory's replicated content.
func digest(d *Directory) string {
	dir, _ := d.Describe(nil)
	if !d.synced {
		dir.Seen = nil
	}
	return dir.String() + fmt.Sprintf("%x", dir.Append(nil))
}

// regroup forms one ring of each list of names and settles.
func (w *world) regroup(groups ...string) {
	for _, names := range groups {
		var members []*proc
		for _, n := range names {
			if p := w.proc(string(n)); p != nil {
				members = append(members, p)
			}
		}
		w.form(members, members)
	}
	w.settle()
}

func (w *world) crash(name string) { w.proc(name).alive = false }

// ask lets the process want to join; it asks until there is an outcome.
func (w *world) ask(p *proc, group string, config wire.GroupConfig, set ...func(*app)) *app {
	a := &app{p: p, name: group, config: config, join: true, saved: map[wire.Position][]wire.Position{}}
	for _, s := range set {
		s(a)
	}
	p.apps[wire.NewGroupID(group)] = a
	return a
}

func (p *proc) app(group string) *app { return p.apps[wire.NewGroupID(group)] }

var _ failer = (*testing.T)(nil)
