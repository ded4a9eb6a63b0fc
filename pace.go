package lockstep

// GroupConfig.RateLimit: how much a member may send in a group in a second. The application sets it, its sends keep it: they wait for
// their turn as they wait for room in the send queue, in one line.

import (
	"fmt"
	"time"
)

// A RateLimit bounds what this member sends in a group: how many messages a second, how many bytes of encoded messages, or both. What was not
// used in a tenth of a second is used up, so that much may go at once; a message goes whole, and the next waits the longer. Over a
// long time neither bound is exceeded. All sends, Apply and Query count, a Flush and the answer to a Query do not.
type RateLimit struct {
	// Messages a second, at most 10 million. Zero: any number.
	Messages int
	// Bytes a second, at most 1 TiB. Zero: any number.
	Bytes int
}

const (
	rateMessagesMax = 10_000_000
	rateBytesMax    = 1 << 40

	paceBurst = 100 * time.Millisecond // what may be saved up
	paceLeast = time.Millisecond       // waits are not shorter: then there is room for a few messages at once
)

func (r RateLimit) validate() error {
	if r.Messages < 0 || r.Messages > rateMessagesMax {
		return fieldError("GroupConfig.RateLimit.Messages", fmt.Sprintf("must be between 0 and %d, is %d", rateMessagesMax, r.Messages))
	}
	if r.Bytes < 0 || int64(r.Bytes) > rateBytesMax {
		return fieldError("GroupConfig.RateLimit.Bytes", fmt.Sprintf("must be between 0 and %d, is %d", int64(rateBytesMax), r.Bytes))
	}
	return nil
}

// A pace keeps a RateLimit: two buckets of tokens, of which each is known by the time at which it will be full. It is part of a budget, and
// whatever guards that guards it.
type pace struct {
	limit    RateLimit
	messages time.Time
	bytes    time.Time
	timer    *time.Timer // nil: nobody has had to wait yet
	armed    bool
	serve    func() // called when there may be room, by a goroutine of its own
}

// newPace is nil where there is no limit: then sending costs nothing.
func newPace(limit RateLimit, serve func()) *pace {
	if limit == (RateLimit{}) {
		return nil
	}
	return &pace{limit: limit, serve: serve}
}

// cost is how long a second's share of what is sent lasts. Sizes are below 1 GiB, so the product fits.
func (r RateLimit) cost(size int) (messages, bytes time.Duration) {
	if r.Messages > 0 {
		messages = (time.Second + time.Duration(r.Messages) - 1) / time.Duration(r.Messages)
	}
	if r.Bytes > 0 {
		bytes = (time.Duration(size)*time.Second + time.Duration(r.Bytes) - 1) / time.Duration(r.Bytes)
	}
	return messages, bytes
}

// wait is how long it takes until a message may go, within the given number of bursts; zero or less: it may go now.
func (p *pace) wait(now time.Time, share int) time.Duration {
	until := p.messages
	if p.bytes.After(until) {
		until = p.bytes
	}
	if !until.After(now) {
		return 0
	}
	return until.Sub(now) - time.Duration(share)*paceBurst + 1
}

// take counts a message.
func (p *pace) take(now time.Time, size int) {
	messages, bytes := p.limit.cost(size)
	p.messages, p.bytes = later(p.messages, now).Add(messages), later(p.bytes, now).Add(bytes)
}

// refund takes back a message that was counted and then not sent.
func (p *pace) refund(size int) {
	messages, bytes := p.limit.cost(size)
	p.messages, p.bytes = p.messages.Add(-messages), p.bytes.Add(-bytes)
}

// wake has serve called in a while, unless it will be already.
func (p *pace) wake(in time.Duration) {
	if p.armed {
		return
	}
	p.armed = true
	in = max(in, paceLeast)
	if p.timer == nil {
		p.timer = time.AfterFunc(in, p.serve)
	} else {
		p.timer.Reset(in)
	}
}

// stop ends the waiting.
func (p *pace) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
	p.armed = false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
