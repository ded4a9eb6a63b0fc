package lockstep_test

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// SafeSend holds a message back until every member has it. So when one handler has run, all will, even if the sender
// dies at that very moment: what one member has acted on, no other ever lacks.
func ExampleGroup_SafeSend() {
	type Transfer struct{ Amount int }

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	handled := []chan int{make(chan int, 1), make(chan int, 1), make(chan int, 1)}
	groups := cluster.Join("bank", lockstep.GroupConfig{Size: 3, Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, t Transfer) { handled[i] <- t.Amount })
	})

	if err := groups[0].SafeSend(context.Background(), Transfer{100}); err != nil {
		fmt.Println(err)
	}
	fmt.Println("a handled the transfer of", <-handled[0])
	cluster.Kill(0)
	fmt.Println("b handled the transfer of", <-handled[1])
	fmt.Println("c handled the transfer of", <-handled[2])
	// Output:
	// a handled the transfer of 100
	// b handled the transfer of 100
	// c handled the transfer of 100
}
