package membership

// A sync that is met only in a transitional configuration: what others may have made of it.

import (
	"slices"

	"github.com/lockstep-go/lockstep/internal/wire"
)

// attemptSync remembers a Sync that is delivered only in the transitional configuration: others may have acted on it, and on the
// events after it. What they would make of the directory is computed beside it, and what that changes of who votes is kept.
func (d *Directory) attemptSync(p wire.Position) {
	d.tentative = d.ghost()
	d.tentative.attempted = map[attempt]wire.ViewID{}
	d.tentative.collected = slices.Clone(d.collected)
	d.tentative.sync(p)
	d.attempt(p)
}

// attempt keeps, of each group that others may have changed at p, who would have gone on and voted; and each that they may have
// founded. A view of theirs may have a higher number than the attempts that are kept count to, where one of them took another's place or
// another side's memory brought the number: none up to it is given again.
func (d *Directory) attempt(p wire.Position) {
	for _, o := range d.tentative.records {
		if o.Founding != d.foundingID(p) {
			continue
		}
		id := wire.NewGroupID(o.Name)
		if !slices.ContainsFunc(d.index[id], func(r *record) bool { return r.Founding == o.Founding }) {
			d.settle(o.Name, append(slices.Clip(d.index[id]), known(&o.GroupRecord)))
		}
	}
	for _, r := range d.records {
		if r.Founding == 0 || r.Config.Partition == wire.PolicyPartitionable {
			continue
		}
		for _, o := range d.tentative.index[wire.NewGroupID(r.Name)] {
			if o.Founding != r.Founding || !o.Primary {
				continue
			}
			if o.Epoch == p {
				r.note(wire.KindSync, p, o.Electorate)
				if l := listOf(&o.GroupRecord); o.Founded != 0 || !l.equal(listOf(&r.GroupRecord)) {
					r.noteVoters(p, l)
				}
			}
			if o.View.Num > attemptedNumber(&r.GroupRecord) {
				d.floor = max(d.floor, o.View.Num)
			}
		}
	}
}

// note keeps that others may have gone on at p, with a vote for each of the electorate.
func (r *record) note(kind wire.Kind, p wire.Position, electorate []wire.MemberID) {
	r.keep(kind, p, appendIDBytes(electorate))
}

// keep keeps something that others may have come to at p, in place of the same from before.
func (r *record) keep(kind wire.Kind, p wire.Position, payload []byte) {
	r.Attempts = slices.DeleteFunc(slices.Clone(r.Attempts), func(a wire.Attempt) bool {
		return a.Kind == kind && slices.Equal(a.Payload, payload)
	})
	if len(r.Attempts) < wire.MaxAttempts {
		r.Attempts = append(r.Attempts, wire.Attempt{Position: p, Kind: kind, Payload: payload})
	}
}
