package lockstep

// A group behind a scripted machine: what nil means, which error says what.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lockstep-go/lockstep/internal/wire"
	"github.com/lockstep-go/lockstep/membership"
)

func handleAll(got chan<- string) func(g *Group) {
	return func(g *Group) {
		Handle(g, func(_ context.Context, m Message, v note) { got <- v.Text })
		HandleApply(g, func(_ context.Context, m Message, v change) (int, error) {
			if v.N < 0 {
				return 0, io.ErrUnexpectedEOF
			}
			return v.N + 1, nil
		})
		HandleQuery(g, func(_ context.Context, m Message, v ask1) (string, error) { return fmt.Sprint("a", v.N), nil })
		g.OnState(State{
			Save: func(View) (io.WriterTo, error) { return strings.NewReader("state"), nil },
			Load: func(_ context.Context, r io.Reader) error { _, err := io.ReadAll(r); return err },
		})
	}
}

func TestAlone(t *testing.T) {
	n, _ := scripted(t, alone)
	got := make(chan string, 100)
	g := joinScripted(t, n, GroupConfig{}, handleAll(got))
	ctx := t.Context()
	if v := g.View(); v.Rank != 0 || !v.Primary || v.Members[0] != n.Self() {
		t.Fatal(v)
	}
	for i, send := range []func(context.Context, any) error{g.Send, g.CausalSend, g.OrderedSend, g.SafeSend} {
		text := fmt.Sprint(i)
		if err := send(ctx, note{text}); err != nil {
			t.Fatal(err)
		}
		if s := <-got; s != text {
			t.Fatal(s)
		}
	}
	if err := g.SendTo(ctx, n.Self(), &note{"me"}); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "me" {
		t.Fatal(s)
	}
	var at Position
	if r, err := Apply[int](ctx, g, change{41}, WithPosition(&at)); r != 42 || err != nil || at == 0 {
		t.Fatal(r, err, at)
	}
	if _, err := Apply[int](ctx, g, change{-1}); err != io.ErrUnexpectedEOF {
		t.Fatal("own handler's error:", err)
	}
	if _, err := Apply[string](ctx, g, change{1}); err == nil || !strings.Contains(err.Error(), "returns int, not string") {
		t.Fatal(err)
	}
	r, err := Query[string](ctx, g, All, ask1{7})
	if err != nil || len(r.Answers) != 1 || r.Answers[0].Value != "a7" || r.Answers[0].Member != n.Self() {
		t.Fatal(r, err)
	}
	if err := g.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if m, err := n.Members(ctx, "g"); err != nil || m[0] != n.Self() {
		t.Fatal(m, err)
	}
	if err := g.Join(ctx); !errors.Is(err, ErrAlreadyMember) {
		t.Fatal(err)
	}
	if err := g.Leave(ctx); err != nil {
		t.Fatal(err)
	}
	<-g.Done()
	if !errors.Is(g.Err(), ErrLeft) || g.View().Rank != -1 {
		t.Fatal(g.Err(), g.View())
	}
	if err := g.Send(ctx, note{}); !errors.Is(err, ErrNotMember) {
		t.Fatal(err)
	}
	if err := g.Join(ctx); err != nil {
		t.Fatal("again:", err)
	}
	if g.Err() != nil {
		t.Fatal(g.Err())
	}
	if err := g.Terminate(ctx); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(g.Err(), ErrTerminated) {
		t.Fatal(g.Err())
	}
	n.Close()
	if err := g.Join(ctx); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if n.Err() != ErrClosed || n.Close() != nil {
		t.Fatal(n.Err())
	}
}

func TestErrorsBeforeAnythingIsSent(t *testing.T) {
	n, s := scripted(t, alone, "b")
	n.cfg.MaxMessage = 1000
	g := n.Group("g", GroupConfig{})
	handleAll(make(chan string, 10))(g)
	ctx := t.Context()
	if err := g.Send(ctx, note{}); !errors.Is(err, ErrNotMember) {
		t.Fatal(err)
	}
	if err := g.Join(ctx); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		err  error
		want error
		text string
	}{
		{g.Send(ctx, note{strings.Repeat("x", 2000)}), ErrTooLarge, "bytes, at most 1000"},
		{g.Send(ctx, struct{ A int }{}), ErrNotHandled, "no name"},
		{g.Send(ctx, change{}), ErrNotHandled, "no member registered message change"},
		{g.Send(ctx, nil), ErrNotHandled, "nil"},
		{g.Send(ctx, (*note)(nil)), ErrNotHandled, "nil"},
		{g.SendTo(ctx, Member{Name: "z", Incarnation: 1}, note{}), ErrGone, "z/1"},
		{canceled(func(ctx context.Context) error { return g.Send(ctx, note{}) }), context.Canceled, "send g"},
		{canceled(func(ctx context.Context) error { return g.Flush(ctx) }), context.Canceled, "flush g"},
	} {
		if !errors.Is(c.err, c.want) || !strings.Contains(c.err.Error(), c.text) || errors.Is(c.err, ErrUncertain) {
			t.Errorf("got %v, want %v with %q", c.err, c.want, c.text)
		}
	}
	// A type that b does not handle is refused here, by b's name.
	s.on(t, n, func() {
		table := slices.Clone(s.tables[g.id])
		for i := range table {
			table[i].Missing = []wire.MemberID{s.others[0].ID}
		}
		s.tables[g.id] = table
		s.install(g.id, s.everyone(), membership.View{})
	})
	waitView(t, g, 2)
	if err := g.Send(ctx, note{}); !errors.Is(err, ErrNotHandled) || !strings.Contains(err.Error(), "message note is not handled by b/1") {
		t.Fatal(err)
	}
	r, err := Query[string](ctx, g, All, ask1{})
	if err != nil || len(r.Declined) != 1 || r.Declined[0].Name != "b" || len(r.Answers) != 1 {
		t.Fatal(r, err)
	}
}

func canceled(f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return f(ctx)
}

// waitView waits until the application was shown the view with this number.
func waitView(t *testing.T, g *Group, num uint64) {
	t.Helper()
	limit := time.After(5 * time.Second)
	for g.View().ID.Num != num {
		select {
		case <-time.After(time.Millisecond):
		case <-limit:
			t.Fatalf("view %d did not come; at %v", num, g.View())
		}
	}
}
