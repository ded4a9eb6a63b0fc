package lockstep_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/lockstep-go/lockstep"
	"github.com/lockstep-go/lockstep/locksteptest"
)

// Join returns when the member has the group's state. A price was sent while c was dead; c comes back, and knows it.
func ExampleGroup_Join() {
	type Price struct {
		Of     string
		Amount float64
	}
	// open prepares the group of one member and returns its replicated map with it.
	open := func(node *lockstep.Node) (*lockstep.Group, map[string]float64) {
		prices := map[string]float64{}
		g := node.Group("prices", lockstep.GroupConfig{Size: 3})
		lockstep.Handle(g, func(ctx context.Context, m lockstep.Message, p Price) { prices[p.Of] = p.Amount })
		g.OnState(lockstep.State{
			Save: func(v lockstep.View) (io.WriterTo, error) {
				b, err := json.Marshal(prices) // a copy: it is written out while messages go on here
				return bytes.NewReader(b), err
			},
			Load: func(ctx context.Context, r io.Reader) error {
				clear(prices)
				return json.NewDecoder(r).Decode(&prices)
			},
		})
		return g, prices
	}

	cluster := locksteptest.Open(3)
	defer cluster.Close()
	ctx := context.Background()
	joined := make(chan error)
	groups := make([]*lockstep.Group, 3)
	for i := range groups { // a group of three is founded by all three together
		groups[i], _ = open(cluster.Node(i))
		go func() { joined <- groups[i].Join(ctx) }()
	}
	for range groups {
		if err := <-joined; err != nil {
			fmt.Println(err)
		}
	}

	cluster.Kill(2)
	if err := groups[0].OrderedSend(ctx, Price{"tea", 3.5}); err != nil {
		fmt.Println(err)
	}
	if err := groups[0].Flush(ctx); err != nil {
		fmt.Println(err)
	}
	again, prices := open(cluster.Restart(2))
	if err := again.Join(ctx); err != nil {
		fmt.Println(err)
	}
	fmt.Println("c is back and knows", prices)
	// Output:
	// c is back and knows map[tea:3.5]
}
