package lockstep_test

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Send keeps the order of one sender, and nothing more: every member, the sender too, handles what a sent in the order in which a
// sent it. What b sends at the same time may come anywhere in between, and elsewhere at each member.
func ExampleGroup_Send() {
	type Tick struct{ N int }

	cluster := locksteptest.Open(3) // nodes a, b and c, on a network in memory
	defer cluster.Close()
	heard := []chan int{make(chan int, 3), make(chan int, 3), make(chan int, 3)}
	groups := cluster.Join("ticks", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, t Tick) { heard[i] <- t.N })
	})

	for n := range 3 {
		if err := groups[0].Send(context.Background(), Tick{n}); err != nil {
			fmt.Println(err)
		}
	}
	for i, h := range heard {
		fmt.Println(cluster.Name(i), "heard", <-h, <-h, <-h)
	}
	// Output:
	// a heard 0 1 2
	// b heard 0 1 2
	// c heard 0 1 2
}
