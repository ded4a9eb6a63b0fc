package lockstep_test

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// A Send that returns nil has queued its message here, and nobody else need have it. Flush waits until all that was sent before
// is at every member of the view: after it the sender may die, and nothing is missing.
func ExampleGroup_Flush() {
	type Reading struct{ Value int }
	const readings = 100

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	heard := []chan int{make(chan int, readings), make(chan int, readings), make(chan int, readings)}
	groups := cluster.Join("readings", lockstep.GroupConfig{Size: 3, Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, r Reading) { heard[i] <- r.Value })
	})

	ctx := context.Background()
	for n := range readings {
		if err := groups[0].Send(ctx, Reading{n}); err != nil {
			fmt.Println(err)
		}
	}
	if err := groups[0].Flush(ctx); err != nil {
		fmt.Println(err)
	}
	cluster.Kill(0)
	for _, i := range []int{1, 2} {
		last := 0
		for range readings {
			last = <-heard[i]
		}
		fmt.Println(cluster.Name(i), "has all", readings, "readings, the last is", last)
	}
	// Output:
	// b has all 100 readings, the last is 99
	// c has all 100 readings, the last is 99
}
