package lockstep

// What this member sent to a group and has not seen delivered or lost: the core reports each tag exactly once.

import "github.com/lockstep-go/lockstep/internal/wire"

// submitted is one message on its way. The payload is shared with the core and not changed.
type submitted struct {
	kind     wire.Kind
	order    wire.Order
	call     uint64 // of an apply, a query or a flush
	payload  []byte
	numbered bool // its room in the send queue was given back
	done     bool
}

// pending holds messages by tag. Tags are consecutive, and reports come nearly in their order, so a slice from the oldest tag on
// serves. It is part of a membership and guarded by its group's mutex.
type pending struct {
	first uint64 // tag of list[head]
	head  int
	list  []submitted
}

// add keeps a message and returns its tag.
func (p *pending) add(s submitted) uint64 {
	if p.head > 0 && p.head == len(p.list) {
		p.list, p.head = p.list[:0], 0
	}
	p.list = append(p.list, s)
	return p.first + uint64(len(p.list)-1-p.head)
}

// get returns the message with this tag, nil if there is none or it was reported already.
func (p *pending) get(tag uint64) *submitted {
	i := tag - p.first
	if tag < p.first || i >= uint64(len(p.list)-p.head) {
		return nil
	}
	s := &p.list[p.head+int(i)]
	if s.done {
		return nil
	}
	return s
}

// remove forgets the message with this tag and returns what it was.
func (p *pending) remove(tag uint64) (submitted, bool) {
	s := p.get(tag)
	if s == nil {
		return submitted{}, false
	}
	was := *s
	*s = submitted{done: true}
	for p.head < len(p.list) && p.list[p.head].done {
		p.head++
		p.first++
	}
	// The reported part is given up once it is the larger one, so that the slice does not grow for ever.
	if p.head > 1024 && p.head > len(p.list)/2 {
		n := copy(p.list, p.list[p.head:])
		clear(p.list[n:])
		p.list, p.head = p.list[:n], 0
	}
	return was, true
}

// len is how many messages are on their way, at most: reported ones between others count.
func (p *pending) len() int { return len(p.list) - p.head }
