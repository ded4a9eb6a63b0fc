package lockstep_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Query asks the members, and each answers for itself. With All, every member of the view is accounted for: it has answered, or
// it failed, or it has no answer to give.
func ExampleQuery() {
	type Temperature struct{ Room string }

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	measured := []float64{19.5, 21, 20.5}
	groups := cluster.Join("rooms", lockstep.GroupConfig{Stateless: true}, func(i int, g *lockstep.Group) {
		lockstep.HandleQuery(g, func(ctx context.Context, m lockstep.Message, t Temperature) (float64, error) {
			return measured[i], nil
		})
	})

	replies, err := lockstep.Query[float64](context.Background(), groups[1], lockstep.All, Temperature{"hall"})
	if err != nil {
		fmt.Println(err)
	}
	slices.SortFunc(replies.Answers, func(x, y lockstep.Reply[float64]) int {
		return strings.Compare(x.Member.Name, y.Member.Name)
	})
	for _, a := range replies.Answers {
		fmt.Println(a.Member.Name, a.Value)
	}
	fmt.Println("failed:", len(replies.Failed), "declined:", len(replies.Declined))
	// Output:
	// a 19.5
	// b 21
	// c 20.5
	// failed: 0 declined: 0
}
