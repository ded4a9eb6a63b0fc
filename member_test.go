package lockstep

import (
	"errors"
	"slices"
	"testing"

	"context"

	"github.com/lockstep-go/lockstep/internal/wire"
)

func TestTexts(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{Member{"a", 0x1f3c}.String(), "a/1f3c"},
		{Member{"node-7", 0xABCDEF}.String(), "node-7/abcdef"},
		{Position(42).String(), "00000000000000000042"},
		{Position(1<<64 - 1).String(), "18446744073709551615"},
		{ViewID{17, 0xdeadbeef12345678}.String(), "17.deadbeef"},
		{FIFO.String() + Causal.String() + Ordered.String() + Safe.String(), "fifocausalorderedsafe"},
		{SafeQuorum.String() + " " + SafeAt(2).String(), "safe-quorum safe-2"},
		{Order(9).String() + SafeAt(0).String() + SafeAt(-1).String() + SafeAt(MaxSafeAt+1).String(), "unknownunknownunknownunknown"},
		{Left.String() + " " + Crashed.String() + " " + Partitioned.String() + " " + Ejected.String(), "leave crash partition ejected"},
		{Reason(0).String(), "unknown"},
		{Departure{Member{"b", 1}, Crashed}.String(), "b/1 (crash)"},
		{Primary.String() + " " + Partitionable.String() + " " + ReadOnly.String() + " " + PartitionPolicy(7).String(), "primary partitionable readonly unknown"},
		{Blocked.String() + ", " + GoOn.String() + ", " + LastMemberPolicy(7).String(), "blocked, go on, unknown"},
		{View{ID: ViewID{3, 1 << 32}, Members: []Member{{"a", 1}, {"b", 2}}, Primary: true}.String(), "view 3.00000001 [a/1 b/2] primary"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestNumbersAreThoseOfTheWire(t *testing.T) {
	if uint8(FIFO) != uint8(wire.OrderFIFO) || uint8(Causal) != uint8(wire.OrderCausal) ||
		uint8(Ordered) != uint8(wire.OrderAgreed) || uint8(Safe) != uint8(wire.OrderSafe) ||
		uint16(SafeQuorum) != uint16(wire.OrderSafeAt) || uint16(SafeAt(7)) != uint16(wire.SafeAt(7)) {
		t.Error("orders differ from wire's")
	}
	if uint8(Partitioned) != uint8(wire.ReasonPartition) || uint8(Crashed) != uint8(wire.ReasonCrash) || uint8(Left) != uint8(wire.ReasonLeave) {
		t.Error("reasons differ from wire's")
	}
	if uint8(Primary) != wire.PolicyPrimary || uint8(Partitionable) != wire.PolicyPartitionable || uint8(ReadOnly) != wire.PolicyReadOnly {
		t.Error("policies differ from wire's")
	}
	id := ViewID{5, 0x1234567890abcdef}
	if got, want := id.String(), (wire.ViewID{Num: id.Num, Ring: id.Ring}).String(); got != want {
		t.Errorf("view id is %q here and %q on the wire", got, want)
	}
}

func TestPositionsSortAsTexts(t *testing.T) {
	ps := []Position{0, 9, 10, 99, 1 << 20, 1 << 40, 1<<64 - 1}
	texts := make([]string, len(ps))
	for i, p := range ps {
		texts[i] = p.String()
		if i > 0 && (ps[i-1].Compare(p) != -1 || p.Compare(ps[i-1]) != 1 || p.Compare(p) != 0) {
			t.Errorf("Compare of %d and %d", ps[i-1], p)
		}
	}
	if !slices.IsSorted(texts) {
		t.Errorf("not sorted: %v", texts)
	}
}

func TestParseBack(t *testing.T) {
	for _, o := range []Order{FIFO, Causal, Ordered, Safe, SafeQuorum, SafeAt(1), SafeAt(MaxSafeAt)} {
		if got, ok := ParseOrder(o.String()); !ok || got != o {
			t.Errorf("ParseOrder(%v) = %v, %v", o, got, ok)
		}
	}
	for _, p := range []PartitionPolicy{Primary, Partitionable, ReadOnly} {
		if got, ok := ParsePartitionPolicy(p.String()); !ok || got != p {
			t.Errorf("ParsePartitionPolicy(%v) = %v, %v", p, got, ok)
		}
	}
	for _, s := range []string{"agreed", "safe-", "safe-0", "safe-02", "safe-256", "safe-x", "unknown"} {
		if o, ok := ParseOrder(s); ok {
			t.Errorf("ParseOrder takes %q for %v", s, o)
		}
	}
	if _, ok := ParsePartitionPolicy(""); ok {
		t.Error("ParsePartitionPolicy takes what it does not know")
	}
}

func TestViewContains(t *testing.T) {
	v := View{Members: []Member{{"a", 1}, {"b", 2}}}
	if !v.Contains(Member{"b", 2}) || v.Contains(Member{"b", 3}) {
		t.Error("a member is one run of a name")
	}
}

func TestErrorTexts(t *testing.T) {
	m := Member{"b", 0x2f}
	for _, c := range []struct {
		err  error
		want string
	}{
		{&Error{Op: "join", Group: "quotes", Err: context.DeadlineExceeded, Detail: "10.0.0.2:7946: 14 packets under unknown key id 5f3a (wrong key?); have 1 of 3 needed to found"},
			"join quotes: context deadline exceeded: 10.0.0.2:7946: 14 packets under unknown key id 5f3a (wrong key?); have 1 of 3 needed to found"},
		{&Error{Op: "start", Err: ErrNameTaken, Detail: "10.0.0.2:7946"}, "start: the name is taken by a living member: 10.0.0.2:7946"},
		{&Error{Op: "send", Group: "g", Member: m, View: ViewID{4, 0}, Err: ErrGone}, "send g: the member is not there (member b/2f, view 4.00000000)"},
		{&Error{Group: "g", View: ViewID{4, 0}, Err: ErrLoad}, "g: loading the state failed (view 4.00000000)"},
		{&RemoteError{m, "no such lock"}, "b/2f: no such lock"},
		{uncertain(context.Canceled), "outcome uncertain: context canceled"},
		{uncertain(nil), "outcome uncertain"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func TestErrorsMatch(t *testing.T) {
	err := error(&Error{Op: "apply", Group: "g", Err: uncertain(context.DeadlineExceeded)})
	if !errors.Is(err, ErrUncertain) || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("%v matches the wrong errors", err)
	}
	var e *Error
	if !errors.As(err, &e) || e.Op != "apply" {
		t.Errorf("%v is no *Error", err)
	}
	var r *RemoteError
	if !errors.As(error(&Error{Op: "query", Err: &RemoteError{Text: "x"}}), &r) || r.Text != "x" {
		t.Error("a RemoteError inside is not found")
	}
}
