package lockstep

// Who is on the ring and where, for goroutines that may not ask the core.

import (
	"net/netip"
	"sync/atomic"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// ringMap is written by the loop at each installation and read by any goroutine. What it points to is never changed.
type ringMap struct{ p atomic.Pointer[[]wire.Info] }

func (r *ringMap) store(m machine) {
	var list []wire.Info
	for _, member := range m.Status().Members {
		list = append(list, m.Info(member.ID))
	}
	r.p.Store(&list)
}

func (r *ringMap) infos() []wire.Info {
	if p := r.p.Load(); p != nil {
		return *p
	}
	return nil
}

// info is what is known of a member of the ring. It has at least one address.
func (r *ringMap) info(id wire.MemberID) (wire.Info, bool) {
	for _, i := range r.infos() {
		if i.ID == id && len(i.Addrs) > 0 {
			return i, true
		}
	}
	return wire.Info{}, false
}

// at is the member that is reached at an address.
func (r *ringMap) at(a netip.AddrPort) (wire.MemberID, bool) {
	for _, i := range r.infos() {
		for _, has := range i.Addrs {
			if has.Addr == a {
				return i.ID, true
			}
		}
	}
	return wire.MemberID{}, false
}

func (r *ringMap) members() []Member {
	list := r.infos()
	out := make([]Member, len(list))
	for i := range list {
		out[i] = infoMember(list[i])
	}
	return out
}
