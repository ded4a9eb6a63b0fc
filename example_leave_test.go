package lockstep_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Leave gives up the membership without keeping anyone waiting: the others see at once that b left, and that it was not a crash.
func ExampleGroup_Leave() {
	cluster := locksteptest.Open(3)
	defer cluster.Close()
	gone := make(chan string, 8)
	groups := cluster.Join("crew", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		g.OnView(func(ctx context.Context, v lockstep.View) {
			for _, d := range v.Left {
				if cluster.Name(i) == "a" {
					gone <- fmt.Sprintf("%s (%v), %d are left", d.Member.Name, d.Reason, len(v.Members))
				}
			}
		})
	})

	if err := groups[1].Leave(context.Background()); err != nil {
		fmt.Println(err)
	}
	<-groups[1].Done()
	fmt.Println("b:", errors.Is(groups[1].Err(), lockstep.ErrLeft), groups[1].View().Rank)
	fmt.Println("a sees:", <-gone)
	// Output:
	// b: true -1
	// a sees: b (leave), 2 are left
}
