package linear

// The objects as they are when only one call happens at a time.

import "github.com/anishathalye/porcupine"

// A state is one object. Which fields count depends on the object.
type state struct {
	value  string // of a register
	holder string // of a lock; empty: free
	fence  uint64 // of the lock's last holder, or the place of the log's last entry
	untold bool   // the lock has a holder whose fence nobody was told: fence is that of the one before
}

// step says whether a call may come next, and what the object is after it. Of an open call nothing is known but what was asked.
func step(s state, r *Record) (bool, state) {
	told := !r.Open
	switch r.Op.Kind {
	case Write:
		s.value = r.Op.Value
	case Read:
		return !told || r.Result.Value == s.value, s
	case Acquire:
		return acquire(s, r)
	case Release:
		held := s.holder == r.Client
		if told && r.Result.Done != held {
			return false, s
		}
		if held {
			s.holder, s.untold = "", false
		}
	case Break:
		if told && r.Result.Done != (s.holder != "") {
			return false, s
		}
		s.holder, s.untold = "", false
	case Holder:
		return !told || r.Result.Value == s.holder, s
	case Append:
		if told {
			if r.Result.Fence <= s.fence {
				return false, s
			}
			s.fence = r.Result.Fence
		}
	default:
		return false, s
	}
	return true, s
}

func acquire(s state, r *Record) (bool, state) {
	f := r.Result.Fence
	switch s.holder {
	case "":
		if !r.Open && f <= s.fence {
			return false, s
		}
		s.holder, s.untold = r.Client, r.Open
		if !r.Open {
			s.fence = f
		}
	case r.Client:
		switch {
		case r.Open:
		case s.untold && f > s.fence: // its first call is open, and this one tells the fence
			s.fence, s.untold = f, false
		case s.untold || f != s.fence:
			return false, s
		}
	default:
		return r.Open || f == 0, s
	}
	return true, s
}

// model is step as porcupine wants it. An operation's input is its record.
func model() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return state{} },
		Step: func(s, input, _ any) (bool, any) {
			ok, next := step(s.(state), input.(*Record))
			return ok, next
		},
	}
}
