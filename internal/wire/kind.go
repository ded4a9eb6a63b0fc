package wire

// What a message is for.

// A Kind says what a message is for. An unknown kind passes the parser: its place in the order counts, whoever understands it.
type Kind uint8

// The kinds. Their numbers are final.
const (
	KindApp   Kind = 1 // an application's message
	KindApply Kind = 2 // the same, with an answer from the sender's own handler
	KindQuery Kind = 3 // a question to the members
	KindFlush Kind = 4 // a safe mark

	// Membership events of groups; all are safe.

	KindGroupJoin  Kind = 16
	KindGroupLeave Kind = 17
	KindLoaded     Kind = 18
	KindRecut      Kind = 19
	KindTerminate  Kind = 20
	KindOverride   Kind = 21
	KindBundle     Kind = 22 // several joins, or several leaves
	KindResize     Kind = 23

	// The exchange after a ring's installation.

	KindDirectory Kind = 32
	KindSync      Kind = 33
	KindChain     Kind = 34
	KindBehind    Kind = 35 // only of attempts, never on a ring: who may have voted since an event behind a gap
	KindVoters    Kind = 36 // only of attempts, never on a ring: whose majority others may have asked for since an event

	// KindReport is an application's word that a member has failed; agreed.
	KindReport Kind = 40

	// KindRecovered carries an old ring's packet (see DataRecovered).
	KindRecovered Kind = 48
)

// String is the kind in one word.
func (k Kind) String() string {
	switch k {
	case KindApp:
		return "app"
	case KindApply:
		return "apply"
	case KindQuery:
		return "query"
	case KindFlush:
		return "flush"
	case KindGroupJoin:
		return "groupjoin"
	case KindGroupLeave:
		return "groupleave"
	case KindLoaded:
		return "loaded"
	case KindRecut:
		return "recut"
	case KindTerminate:
		return "terminate"
	case KindOverride:
		return "override"
	case KindBundle:
		return "bundle"
	case KindResize:
		return "resize"
	case KindDirectory:
		return "directory"
	case KindSync:
		return "sync"
	case KindChain:
		return "chain"
	case KindBehind:
		return "behind"
	case KindVoters:
		return "voters"
	case KindReport:
		return "report"
	case KindRecovered:
		return "recovered"
	}
	return numbered("kind", uint8(k))
}
