package lockstep_test

import (
	"context"
	"fmt"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// SafeAt(2) holds a message back until two members have it, this one perhaps among them. So what one member has handled outlives
// it, and no slow third member holds anybody up. SafeQuorum says the same of a quorum, and outlives a partition too.
func ExampleSafeAt() {
	type Transfer struct{ Amount int }

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	handled := []chan string{make(chan string, 1), make(chan string, 1), make(chan string, 1)}
	groups := cluster.Join("bank", lockstep.GroupConfig{Size: 3, Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.HandleApply(g, func(ctx context.Context, m lockstep.Message, t Transfer) (int, error) {
			handled[i] <- fmt.Sprint(t.Amount, " ", m.Order)
			return t.Amount, nil
		})
	})

	done, err := lockstep.Apply[int](context.Background(), groups[0], Transfer{100}, lockstep.WithOrder(lockstep.SafeAt(2)))
	fmt.Println("a is told:", done, err)
	cluster.Kill(0)
	fmt.Println("b handled", <-handled[1])
	fmt.Println("c handled", <-handled[2])
	// Output:
	// a is told: 100 <nil>
	// b handled 100 safe-2
	// c handled 100 safe-2
}
