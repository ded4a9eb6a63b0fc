// Package locksteptest runs a cluster of real nodes on a network in memory, so that an application can test what it does when a
// member dies, is cut off, or comes back: in milliseconds, without sockets, as often as it likes.
//
// # A test
//
// [Run] starts the nodes inside a testing/synctest bubble. [Cluster.Each] has the application make its member on every one of them, as
// it does on one node of a real cluster. Then come the verbs, and what is expected after each:
//
//	func TestMinorityRefuses(t *testing.T) {
//		locksteptest.Run(t, 3, func(t *testing.T, c *locksteptest.Cluster) {
//			stores := make([]*Store, c.Len())
//			c.Each(func(ctx context.Context, i int, node *lockstep.Node) error {
//				stores[i] = NewStore(node, 3)
//				return stores[i].Join(ctx)
//			})
//			c.Cut(2)                                                    // the third hears nobody any more
//			c.WantView(stores[0].Group(), 5*time.Second, "a", "b")      // the others go on without it
//			c.WantBlocked(stores[2].Group(), 5*time.Second)             // and it knows
//			if err := stores[2].Put("k", "v"); !errors.Is(err, lockstep.ErrNotPrimary) {
//				t.Errorf("the minority accepted: %v", err)
//			}
//			c.Heal()
//			c.WantView(stores[2].Group(), 10*time.Second, "a", "b", "c") // with the state of the others
//		})
//	}
//
// The nodes are called "a", "b", "c" and so on, and are named by their index. They share a fresh key, know each other as seeds, and run
// the whole protocol, encryption included; only the wires are imagined. All programs in this module's directory examples are tested
// so.
//
// # The verbs
//
//   - [Cluster.Cut] and [Cluster.Split] divide the network into two sides and into more; [Cluster.CutLink] and [Cluster.CutOneWay] break
//     the way between two nodes; [Cluster.Heal] mends everything.
//   - [Cluster.Kill] is kill -9, [Cluster.Restart] a new process under the old name and address. To stop a node as an
//     operator does, close it: c.Node(i).Close().
//   - [Cluster.Add] is one more node, [Cluster.JoinNode] its way into a group that exists.
//   - [Cluster.WantView], [Cluster.WantViews], [Cluster.WantMembers], [Cluster.WantBlocked] and [Cluster.WantDone] wait for what the
//     membership becomes; [Cluster.Want] waits for anything else. All have a limit, and say what was there instead.
//   - Loss, duplicates, reordering and delay are of the network: [WithNetwork] from the beginning, [Cluster.Network] in the middle.
//   - A test that fails and should say more: [WithLog].
//
// # What to test
//
// Three questions find most mistakes in programs built on groups. What does a member that is cut off answer, before it knows and
// after? Who does the work of the member that was just killed, and does anybody do it twice? Is a member that was killed and
// comes back, or was cut off and comes back, equal to the others? The last is best asked by a Query of all, which is answered by each
// from its state at one place in the order.
//
// # Virtual time
//
// Inside the bubble the clock jumps forward whenever all goroutines wait, so that a test that waits for a second of silence takes no
// second, and nothing depends on how busy the host is. Timers of the application run on the same clock. What waits on something
// outside the bubble, a socket or a child process, holds the clock still, and so does what waits for a mutex whose owner waits for time: leave it out, or make the cluster with [New] outside of a
// bubble, where everything works the same in real time. Goroutines that the test starts must end before it returns, and the t to
// use is the bubble's, which Run hands to its function. Give every wait of the test's own a context with a deadline: one without, for
// something that never comes, keeps the nodes running for as many virtual years as go test allows.
//
// The network delivers in the same order for the same seed, but the goroutines of the nodes are scheduled by Go, so two runs of one
// test may differ, as two runs of a real cluster do.
//
// # Without a test
//
// [Open] makes a cluster for an Example or a program, in real time. What would fail a test panics there.
package locksteptest
