// Command bare measures what the machine itself allows: it does nothing but system calls, or nothing but
// those and the sealing. lockstep's figures stand beside its own,
// taken in the same run (internal/compare), because a machine is not always equally fast.
//
//	bare pass -listen A -next B [-first] [-for 2s] [-pause 5ms]    a datagram of 100 bytes goes round; the first prints how long that takes
//	bare pass -net ...                                             the same by package net, through the runtime's poller
//	bare flood -to A,B -size 64 [-segments 40] [-for 2s]           sends to all, as fast as the kernel takes it
//	bare drain -listen A [-size 64] [-gro] [-for 2s]               takes what comes and prints how much a second
//	bare seal -listen A -to B,C -size 1344 [-segments 1|40]        the same with packets that lockstep's transport seals, by offload or not
//	bare open -listen B -size 1344 [-segments 1|40]                and opens
//
// Every process prints one JSON object, a result, last. Whoever reads the files: main.go (the command line), pass.go, pass_net.go,
// flood.go, drain.go, sealed.go, batch.go (sendmmsg and recvmmsg). It needs Linux.
package main
