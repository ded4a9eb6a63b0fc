package wire

// Why a member is believed gone.

// A Reason says why a member is believed gone. The greater of two beliefs wins.
type Reason uint8

// The reasons. Their numbers are final.
const (
	ReasonNone      Reason = 0
	ReasonPartition Reason = 1 // silent
	ReasonCrash     Reason = 2 // its socket is closed and it answers no probe
	ReasonLeave     Reason = 3 // it said so
	ReasonReported  Reason = 5 // an application said that it has failed; 4 is not given
)

// String is the reason as an operator reads it.
func (r Reason) String() string {
	switch r {
	case ReasonNone:
		return "none"
	case ReasonPartition:
		return "partition"
	case ReasonCrash:
		return "crash"
	case ReasonLeave:
		return "leave"
	case ReasonReported:
		return "reported"
	}
	return numbered("reason", uint8(r))
}

// A Failed member is one that the sender of a Join no longer waits for, or that a side of a Directory has lost.
type Failed struct {
	ID     MemberID
	Reason Reason
}

// failedSize is what a Failed takes.
const failedSize = 17

// String is the member and the reason.
func (f Failed) String() string { return f.ID.String() + ":" + f.Reason.String() }

func appendFailed(b []byte, f Failed) []byte { return append(b, f.String()...) }

func appendFaileds(b []byte, list []Failed) []byte {
	for _, f := range list {
		b = append(append(b, f.ID[:]...), uint8(f.Reason))
	}
	return b
}

// faileds reads n of them; nil for none.
func (r *reader) faileds(n int) []Failed {
	if n == 0 || r.fault != "" {
		return nil
	}
	list := make([]Failed, n)
	for i := range list {
		list[i].ID = r.id()
		list[i].Reason = Reason(r.u8())
	}
	return list
}
