package ordering

// Flow control: how many bytes of packets all members together may multicast in one rotation (the window), and what of it is whose.
//
// The window travels on the token and one member sets it, the ring's first, so that all go by the same. That member looks for the
// knee: a rotation takes some time however little is sent in it (the empty rotation: hops, wake-ups, distance), and then as long as its
// bytes take the slowest receiver. A window in which the bytes take many times as long as the hops uses nearly all there is, and a
// larger one only makes everybody wait. So both are measured, and the window follows.
//
// What a member gets of it is fair as water is: whoever wants less than an equal share gets what it wants, and those who want more
// (hungry, they say so on the token) share what is left.

import (
	"math"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
)

const (
	// windowFirst is the window of a new ring, in bytes, and the least that a slow rotation makes of it: members that wait for a busy
	// processor are slow whatever they send. Lost packets make less of it; windowLeast and packetsLeast, in full packets, are the end.
	windowFirst  = 512 << 10
	windowLeast  = 32 << 10
	packetsLeast = 4

	// A full window's bytes are to take so many empty rotations, but no longer than dataMost unless one empty rotation takes longer.
	dataTimes = 15
	dataMost  = 20 * time.Millisecond

	// lookEvery is after how many full rotations an empty one is looked for, lookFirst the same when none was seen on this ring. A look
	// takes lookTakes rotations with the least window, of which the last is measured: the first still ends what was sent before.
	lookEvery = 128
	lookFirst = 8
	lookTakes = 2

	// Packets were lost to too large a window, and not to chance, if a member asks for so many, and for such a part of a rotation's; and
	// the window was far too large if it was such a part.
	lossLeast = 8
	lossPart  = 32
	lossFlood = 4
	// lossHold is for how many rotations after a loss another says nothing new.
	lossHold = 3
)

// least is the smallest window for packets of these limits.
func (l *Limits) least() int { return min(max(windowLeast, packetsLeast*l.Body), l.Window) }

// window is what the token says, within this member's own bounds.
func (r *Ring) window(t *wire.Token) int {
	if t.Window == 0 {
		return max(min(windowFirst, r.limits.Window), r.limits.least())
	}
	return max(r.limits.least(), int(min(int64(t.Window), int64(r.limits.Window))))
}

// share is how many bytes this member may multicast at this visit: an equal part, for each hungry member and this one, of what the
// others leave of the window; never less than one packet, or than an equal part for all. Where many become hungry at once, they
// know of each other a rotation later; until then no more than twice the window goes out.
func (r *Ring) share(t *wire.Token) int {
	window := r.window(t)
	hungry, modest, others := 1, 0, 0 // the latter in parts of the window
	for i := range t.Members {
		l := t.Members[i].Load
		if i == r.Self {
			continue
		}
		others += l.Sent()
		if l&wire.LoadHungry != 0 {
			hungry++
		} else {
			modest += l.Sent()
		}
	}
	part := max((window-partsOf(window, modest))/hungry, window/len(t.Members))
	return max(min(part, 2*window-partsOf(window, others)), 1)
}

// partsOf is so many parts of the window in bytes.
func partsOf(window, parts int) int { return int(int64(window) * int64(parts) / wire.LoadWhole) }

// account writes down what this member multicast at this visit, in bytes, how many packets it asked for, and whether it would have
// sent more.
func (r *Ring) account(t *wire.Token, sent int, missed uint64, hungry bool) {
	window := r.window(t)
	r.lastWindow = window
	l := wire.Load(0).WithSent(int((int64(sent)*wire.LoadWhole + int64(window)/2) / int64(window)))
	if hungry {
		l |= wire.LoadHungry
	}
	if numbered := t.Seq - r.lastSeq; missed >= lossLeast && missed*lossPart >= numbered {
		if l |= wire.LoadMissed; missed*lossFlood >= numbered {
			l |= wire.LoadFlooded
		}
	}
	t.Members[r.Self].Load = l
}

// bytesOf is what packets take on the network, but for their seals.
func bytesOf(packets []*wire.Data) (n int) {
	for _, d := range packets {
		n += d.Size()
	}
	return n
}

// Took says how long the rotation took that ends with the next Visit; it is not said where the token rested on the way, or nobody knows.
func (r *Ring) Took(d time.Duration) { r.tuner.took = d }

// A tuner sets the window, at the ring's first member.
type tuner struct {
	took  time.Duration // the rotation that ends now; 0: unknown
	empty time.Duration // a rotation in which next to nothing is sent, smoothed; 0: none was seen
	full  time.Duration // one with a full window, smoothed; 0: none was seen

	window  int // bytes; 0: nothing was learned yet
	ceiling int // a window at which packets were lost; 0: none
	since   int // full rotations since an empty one was looked for
	look    int // rotations that the look under way still takes
	hold    int // rotations until loss counts again
}

// tune ends a rotation at the first member, and says on the token what the next may send.
func (r *Ring) tune(t *wire.Token) {
	w := &r.tuner
	took := w.took
	w.took = 0
	if w.window == 0 {
		w.window = r.window(t)
	}
	parts, met := 0, wire.Load(0)
	for i := range t.Members {
		parts += t.Members[i].Load.Sent()
		met |= t.Members[i].Load
	}
	w.lost(met)
	least, sent := r.limits.least(), partsOf(r.window(t), parts)
	switch {
	case w.look > 0:
		if w.look--; w.look == 0 {
			w.sawEmpty(took)
		}
	case sent <= least:
		w.sawEmpty(took)
	case met&wire.LoadHungry != 0 && took > 0 && sent >= w.window/4*3:
		w.sawFull(took, least)
	}
	w.window = max(least, min(w.window, r.limits.Window))
	t.Window = uint32(min(w.window, math.MaxUint32))
	if w.look > 0 {
		t.Window = uint32(least)
	}
}

// lost makes the window smaller if a member misses too many of a rotation's packets.
func (w *tuner) lost(met wire.Load) {
	if w.hold > 0 {
		w.hold--
		return
	}
	if met&wire.LoadMissed == 0 {
		return
	}
	w.hold = lossHold
	w.ceiling = w.window
	w.window -= w.window / 4
	if met&wire.LoadFlooded != 0 {
		w.window -= w.window / 3
	}
}

// sawEmpty takes a rotation in which next to nothing was sent. One that was held up somewhere counts little.
func (w *tuner) sawEmpty(took time.Duration) {
	switch {
	case took <= 0:
	case w.empty == 0:
		w.empty = took
	default:
		w.empty += (min(took, 4*w.empty) - w.empty) / 4
	}
}

// sawFull takes a rotation with a full window.
func (w *tuner) sawFull(took time.Duration, least int) {
	if w.full == 0 {
		w.full = took
	} else {
		w.full += (min(took, 4*w.full) - w.full) / 4
	}
	w.since++
	if w.since >= lookEvery || w.empty == 0 && w.since >= lookFirst {
		w.since, w.look = 0, lookTakes
		return
	}
	if w.empty == 0 {
		return
	}
	// An empty rotation had a least window in it at most: what bytes take is known from both.
	data := time.Duration(float64(w.full-w.empty) * float64(w.window) / float64(max(w.window-least, 1)))
	hops := max(w.full-data, w.empty/8)
	aim := min(dataTimes*hops, max(dataMost, hops))
	switch {
	case data < aim-aim/8:
		w.grow()
	case data > aim+aim/4 && w.window > windowFirst:
		w.window = max(windowFirst, w.window-w.window/16)
	}
}

// grow makes the window larger: fast where that is new or has been well, slowly where packets were lost.
func (w *tuner) grow() {
	step := w.window / 16
	if w.ceiling > 0 {
		w.ceiling += w.ceiling/1024 + 1 // what was too much once need not be for ever
		if w.window+step > w.ceiling-w.ceiling/8 {
			step = w.window / 512
		}
	}
	w.window += step + 1
}
