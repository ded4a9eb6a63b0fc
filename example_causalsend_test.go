package lockstep_test

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// CausalSend also keeps what belongs together: b answers because it has handled the question, so nobody handles the answer first,
// although the two have different senders.
func ExampleGroup_CausalSend() {
	type Line struct{ Text string }

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	heard := []chan string{make(chan string, 2), make(chan string, 2), make(chan string, 2)}
	groups := cluster.Join("talk", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, l Line) {
			heard[i] <- l.Text
			if cluster.Name(i) == "b" && l.Text == "who is there?" {
				// With the handler's own context a Send never waits.
				if err := g.CausalSend(ctx, Line{"it is me"}); err != nil {
					fmt.Println(err)
				}
			}
		})
	})

	if err := groups[0].CausalSend(context.Background(), Line{"who is there?"}); err != nil {
		fmt.Println(err)
	}
	for i, h := range heard {
		fmt.Println(cluster.Name(i), "heard:", <-h, <-h)
	}
	// Output:
	// a heard: who is there? it is me
	// b heard: who is there? it is me
	// c heard: who is there? it is me
}
