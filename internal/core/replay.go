package core

// Replay windows: each sender's counters are accepted once per context, whatever the packet is. "Totem's sequence numbers
// de-duplicate data but not tokens and Joins."

import "github.com/lockstep-go/lockstep/internal/wire"

type origin struct {
	context uint64
	sealer  wire.MemberID
}

// maxWindows bounds the senders remembered; the oldest is forgotten first.
const maxWindows = 8192

type replay struct {
	windows map[origin]*window
	order   []origin
}

// fresh reports whether the packet's counter is new, and marks it.
func (r *replay) fresh(h wire.Header) bool {
	o := origin{h.Context, h.Sealer}
	w := r.windows[o]
	if w == nil {
		if len(r.order) >= maxWindows {
			delete(r.windows, r.order[0])
			r.order = r.order[1:]
		}
		w = &window{}
		r.windows[o] = w
		r.order = append(r.order, o)
	}
	return w.accept(h.Counter)
}

// forget drops the windows of a ring that is gone: its key is gone too.
func (r *replay) forget(context uint64) {
	kept := r.order[:0]
	for _, o := range r.order {
		if o.context == context {
			delete(r.windows, o)
			continue
		}
		kept = append(kept, o)
	}
	r.order = kept
}

// A window is the sliding bitmap of RFC 6479: a ring of words, of which those passed by are cleared as the top moves.
type window struct {
	top  uint64
	bits [windowWords]uint64
}

const (
	windowWords = 64
	// windowSize is how far behind the highest counter a late packet may be; one word is always being cleared.
	windowSize = (windowWords - 1) * 64
)

// accept reports whether counter n was not seen before, and marks it. Counters start at 1.
func (w *window) accept(n uint64) bool {
	if n == 0 || n > wire.LastCounter || n+windowSize < w.top {
		return false
	}
	word := n / 64
	if n > w.top {
		for i := w.top/64 + 1; i <= word && i <= w.top/64+windowWords; i++ {
			w.bits[i%windowWords] = 0
		}
		w.top = n
	}
	bit := uint64(1) << (n % 64)
	if w.bits[word%windowWords]&bit != 0 {
		return false
	}
	w.bits[word%windowWords] |= bit
	return true
}
