package lockstep_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// OnView is told of every change of the membership, at the same place among the messages at every member: when c dies, a and b
// have handled exactly the same before they hear of it.
func ExampleGroup_OnView() {
	names := func(members []lockstep.Member) (list []string) {
		for _, m := range members {
			list = append(list, m.Name)
		}
		slices.Sort(list) // they come by age, and who is oldest is decided when the group is founded
		return list
	}

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	views := []chan lockstep.View{make(chan lockstep.View, 16), make(chan lockstep.View, 16), make(chan lockstep.View, 16)}
	cluster.Join("watch", lockstep.GroupConfig{Size: 3, Stateless: true}, func(i int, g *lockstep.Group) {
		g.OnView(func(ctx context.Context, v lockstep.View) { views[i] <- v })
	})

	cluster.Kill(2)
	for _, i := range []int{0, 1} {
		v := <-views[i]
		for len(v.Left) == 0 { // the views in which the group came together
			v = <-views[i]
		}
		fmt.Println(cluster.Name(i), "goes on with", names(v.Members), "without", v.Left[0].Member.Name, "primary:", v.Primary)
	}
	// Output:
	// a goes on with [a b] without c primary: true
	// b goes on with [a b] without c primary: true
}
