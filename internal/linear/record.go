package linear

// What is judged: one line for each call.

import "fmt"

// A Kind is one operation on one sort of object.
type Kind uint8

const (
	// Write sets the register Key to Value.
	Write Kind = iota + 1
	// Read returns the value of the register Key, empty before the first Write.
	Read
	// Acquire asks for the lock Key. A Fence of 0 says that another client holds it.
	Acquire
	// Release gives the lock Key back; Done says whether the client held it.
	Release
	// Break takes the lock Key from whoever holds it; Done says whether anyone did.
	Break
	// Holder returns who holds the lock Key as Value, empty for nobody.
	Holder
	// Append adds an entry to the log Key. Its Fence is the entry's place.
	Append
)

var kindNames = [...]string{"?", "write", "read", "acquire", "release", "break", "holder", "append"}

func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// An Op is what a client asked for.
type Op struct {
	Kind  Kind
	Key   string
	Value string // of Write
}

// A Result is what it was told. Fields that the operation does not name are zero.
type Result struct {
	Value string
	Done  bool
	Fence uint64
}

// A Record is one call. Call and Return are read off one clock that all records share; equal times count as concurrent.
type Record struct {
	Client string
	Call   int64
	Return int64 // of a call that returned
	Open   bool  // nobody knows whether or when it took effect
	Op     Op
	Result Result // of a call that returned
	// Place is where the call came in the order that the system claims to have kept, 0 where that is not known. It is a hint where to look
	// and proves nothing: with wrong places a verdict takes longer and is the same.
	Place uint64
}

func (r Record) String() string {
	s := fmt.Sprintf("%s: %s %s", r.Client, r.Op.Kind, r.Op.Key)
	if r.Op.Kind == Write {
		s += " " + r.Op.Value
	}
	if r.Open {
		return s + fmt.Sprintf(" [%d-", r.Call)
	}
	switch r.Op.Kind {
	case Read, Holder:
		s += fmt.Sprintf(" = %q", r.Result.Value)
	case Acquire, Append:
		s += fmt.Sprintf(" = %d", r.Result.Fence)
	case Release, Break:
		s += fmt.Sprintf(" = %v", r.Result.Done)
	}
	return s + fmt.Sprintf(" [%d-%d]", r.Call, r.Return)
}
