// Package locksteptest runs a cluster of real nodes on a network in memory, so that an application can test what its groups do
// when a member dies, is cut off, or comes back: in milliseconds, without sockets, as often as it likes.
//
//	func TestQuotes(t *testing.T) {
//		c := locksteptest.New(t, 3)
//		groups := c.Join("quotes", lockstep.GroupConfig{Size: 3}, func(i int, g *lockstep.Group) {
//			lockstep.Handle(g, …)      // what the application registers
//		})
//		c.Cut(2)                                          // the third hears nobody any more
//		c.WantView(groups[0], 5*time.Second, "a", "b")    // the others go on without it
//		c.Heal()
//		c.WantView(groups[2], 5*time.Second, "a", "b", "c")
//	}
//
// The nodes are called "a", "b", "c" and so on. They share a fresh key, know each other as seeds, and run the whole protocol,
// encryption included; only the wires are imagined.
//
// # Virtual time
//
// Inside a testing/synctest bubble the clock jumps forward whenever all goroutines wait, so that a test that waits for a second
// of silence takes no second, and nothing depends on how busy the host is:
//
//	synctest.Test(t, func(t *testing.T) {
//		c := locksteptest.New(t, 3)
//		…
//	})
//
// Make the cluster inside the bubble; its nodes end with the bubble's test. Outside of a bubble everything works the same, in
// real time.
//
// # Without a test
//
// [Open] makes a cluster for an Example or a program. What would fail a test panics there.
package locksteptest
