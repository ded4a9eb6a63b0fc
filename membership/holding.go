package membership

// What a group without a quorum holds back ends at the first gap: what lies behind it may depend on what is missing.
//
// But those who were thought to move along may have gone another way, and with a quorum: they acted on what lies behind the gap. Of an
// event this side keeps what that tells of who votes, so that it does not go on without them.

import "github.com/lockstep-go/lockstep/internal/wire"

// hold lets a record hold back what it is given until the next ring.
func (r *record) hold() {
	if !r.holding {
		r.holding, r.stopped, r.shadow = true, false, cloneRecord(&r.GroupRecord)
	}
}

// Holding reports whether the group holds back what it is given in the transitional configuration: those who move along are no
// quorum of it.
func (d *Directory) Holding(group wire.GroupID) bool {
	for _, r := range d.index[group] {
		if r.holding {
			return true
		}
	}
	return false
}

// Behind takes an event that lies behind a gap, where the group holds back. It is not made good later, and whoever asked for it asks
// again; but others may have gone on at it, and each of their electorates must be heard.
func (d *Directory) Behind(group wire.GroupID, position wire.Position, kind wire.Kind, payload []byte) {
	c, ok := parseChange(kind, payload)
	if !ok || !d.present(c.member) || !d.synced {
		return
	}
	for _, r := range d.index[group] {
		if !live(&r.GroupRecord) || !r.holding {
			continue
		}
		d.trial().apply(r.shadow, position, c)
		if e := loaded(r.shadow); len(e) > 0 {
			r.note(wire.KindBehind, position, e)
		}
		if top := r.shadow.View.Num; top > attemptedNumber(&r.GroupRecord) {
			d.floor = max(d.floor, top)
		}
		return
	}
}
