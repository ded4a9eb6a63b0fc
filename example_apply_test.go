package lockstep_test

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Apply changes the state at every member at the same place of the order, and returns what this member's own handler made of it,
// once the change cannot be lost. Three members draw a number at the same time, and no number is drawn twice.
func ExampleApply() {
	type Draw struct{ For string }

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	drawn := make([]int, 3) // the replicated state: one counter at each member
	groups := cluster.Join("numbers", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.HandleApply(g, func(ctx context.Context, m lockstep.Message, d Draw) (int, error) {
			drawn[i]++
			return drawn[i], nil
		})
	})

	numbers := make([]int, 3)
	var wait sync.WaitGroup
	for i, g := range groups {
		wait.Go(func() {
			n, err := lockstep.Apply[int](context.Background(), g, Draw{cluster.Name(i)})
			if err != nil {
				fmt.Println(err)
			}
			numbers[i] = n
		})
	}
	wait.Wait()
	slices.Sort(numbers)
	fmt.Println(numbers)
	// Output:
	// [1 2 3]
}
