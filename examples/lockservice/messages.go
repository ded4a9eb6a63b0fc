package main

// What members say to each other. The Go types choose the handlers.

// Acquire asks for a lock on behalf of one client of the sender. It is sent by Apply, in safe order. The same request sent
// twice counts once, so a client that does not know what became of it may simply send it again.
type Acquire struct {
	Lock    string
	Client  uint32
	Request uint64 // unique at its sender, and growing
}

// Release gives a lock back, or gives up waiting for it. For a request that neither holds nor waits it does nothing. It
// is sent in safe order too: the next holder is told of its luck on the strength of this message, so everyone must have it.
type Release struct {
	Lock    string
	Client  uint32
	Request uint64
}

// Reset gives back all that the sender's requests below Before hold or wait for. A member that was out and has come back sends it
// first, for its clients have been told that nothing is theirs.
type Reset struct {
	Before uint64
}

// List asks for all locks that are held. It is a query: each member answers with its own table.
type List struct{}

// Row is one lock in the answer to List.
type Row struct {
	Lock    string
	Holder  string
	Fence   uint64
	Waiters []string
}

// Digest asks for a hash of the whole table, at the query's place among the messages.
type Digest struct{}

// Sum is the answer to Digest.
type Sum struct {
	Hash  string // of the table, and of everything that was ever done to it
	Ops   uint64 // how many requests and releases the table has gone through
	Locks int    // held now
}
