package lockstep_test

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// OrderedSend puts the messages of all senders into one order, the same at every member. Which order that is depends on the
// moment, but two members never disagree about it: this is what replicated state needs.
func ExampleGroup_OrderedSend() {
	type Bid struct {
		By     string
		Amount int
	}
	const each = 20

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	heard := make([][]Bid, 3) // each written by its member's handler only, until that is done
	var handlers, senders sync.WaitGroup
	handlers.Add(3 * 3 * each)
	groups := cluster.Join("auction", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, b Bid) {
			heard[i] = append(heard[i], b)
			handlers.Done()
		})
	})

	for i, g := range groups { // all three bid at once
		senders.Go(func() {
			for n := range each {
				if err := g.OrderedSend(context.Background(), Bid{cluster.Name(i), n}); err != nil {
					fmt.Println(err)
				}
			}
		})
	}
	senders.Wait()
	handlers.Wait()
	fmt.Println("bids heard by a:", len(heard[0]))
	fmt.Println("b heard the same in the same order:", slices.Equal(heard[0], heard[1]))
	fmt.Println("c heard the same in the same order:", slices.Equal(heard[0], heard[2]))
	// Output:
	// bids heard by a: 60
	// b heard the same in the same order: true
	// c heard the same in the same order: true
}
