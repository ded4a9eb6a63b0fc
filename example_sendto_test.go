package lockstep_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// SendTo reaches one member of the view, with the handler that the others would have used. It travels beside the group's order,
// but is never handled before what its sender had seen.
func ExampleGroup_SendTo() {
	type Note struct{ Text string }

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	heard := []chan string{make(chan string, 2), make(chan string, 2), make(chan string, 2)}
	groups := cluster.Join("notes", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, n Note) { heard[i] <- n.Text })
	})

	ctx := context.Background()
	if err := groups[0].SendTo(ctx, cluster.Node(1).Self(), Note{"for b alone"}); err != nil {
		fmt.Println(err)
	}
	if err := groups[0].OrderedSend(ctx, Note{"for everyone"}); err != nil {
		fmt.Println(err)
	}
	both := []string{<-heard[1], <-heard[1]}
	slices.Sort(both) // the two may come in either order
	fmt.Println("a:", <-heard[0])
	fmt.Println("b:", both)
	fmt.Println("c:", <-heard[2])
	// Output:
	// a: for everyone
	// b: [for b alone for everyone]
	// c: for everyone
}
