package lockstep

// What a group does when the network splits, or when one of its last two members dies.

// A PartitionPolicy says what the sides of a split group may do. All members of a group must choose the same.
type PartitionPolicy uint8

const (
	// Primary is the zero value: only a side with a quorum goes on. The others say that they are blocked, deliver nothing more,
	// and come back by state transfer.
	Primary PartitionPolicy = 0
	// Partitionable: every side goes on; State.Merge brings their states together. Nothing stops two sides from
	// deciding differently.
	Partitionable PartitionPolicy = 1
	// ReadOnly: as Primary, but on a side without a quorum each member goes on answering its own queries, from the state it had when the
	// primary was lost: Replies.Stale says so. That state may be read without a Query too; it stays as it is until the primary is back,
	// and View().Primary is false. All other calls are refused.
	ReadOnly PartitionPolicy = 2
)

// String is "primary", "partitionable" or "readonly", and "unknown" for any other value.
func (p PartitionPolicy) String() string {
	switch p {
	case Primary:
		return "primary"
	case Partitionable:
		return "partitionable"
	case ReadOnly:
		return "readonly"
	}
	return "unknown"
}

// ParsePartitionPolicy reads what PartitionPolicy.String writes and reports whether it was one of the three.
func ParsePartitionPolicy(s string) (p PartitionPolicy, ok bool) {
	for _, p := range []PartitionPolicy{Primary, Partitionable, ReadOnly} {
		if p.String() == s {
			return p, true
		}
	}
	return 0, false
}

// A LastMemberPolicy says what the younger of two members does when the older falls silent, in a group without a size. All
// members of a group must choose the same.
type LastMemberPolicy uint8

const (
	// Blocked is the zero value: it blocks until the other is back, or until an operator decides. Never two primaries.
	Blocked LastMemberPolicy = 0
	// GoOn: it goes on alone. If the older was only cut off, both go on, and the group is split: choose it only where
	// that is harmless.
	GoOn LastMemberPolicy = 1
)

// String is "blocked" or "go on", and "unknown" for any other value.
func (p LastMemberPolicy) String() string {
	switch p {
	case Blocked:
		return "blocked"
	case GoOn:
		return "go on"
	}
	return "unknown"
}
