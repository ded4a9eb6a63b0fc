// Package lab is where real processes are put to the test: programs that are built and run, members that are started, told what to
// do and listened to, and hosts with a network between them that does what it is told.
//
//	program.go  runs a program to its end
//	process.go  a running process, and the lines of JSON it prints
//	host.go     a host: a network namespace with one interface
//	network.go  the network between hosts: each direction of each pair is a link of its own
//	packet.go   what happens to a packet on its way
//	bridge.go   hosts on the kernel's own switch, to measure speed; netlink.go asks the kernel for it
//	main.go     the frame of a command that does all this
//	machine.go  what this machine is, and how busy it was meanwhile
//	lockservice.go, sample.go  the example's figure; figures of several runs
//
// # Hosts without leftovers
//
// A [Host] is a network namespace without a name, and its interface is a TUN device, whose other end is a file of this program. So
// the kernel takes everything away when this program ends, however it ends: the files are closed, the devices go, nothing holds the
// namespaces any more, and the processes, whose parent is a thread of this program, are killed. There is nothing to clean up after
// a crash, and no tool is needed: no iproute2, no netfilter, no traffic control.
//
// The packets between hosts pass through this program, which is their switch. Therefore a [Link] can do what a kernel may not be
// built for: lose in one direction only, delay, repeat, and treat streams and datagrams, or small and large packets, differently.
//
// A [Bridge] is the other network: virtual Ethernet cables to a bridge of the kernel, of any MTU, with the kernel's segmentation and
// nothing of this program between. It leaves as little behind.
//
// It needs Linux, root and /dev/net/tun. Where it cannot have that, [Lay] and [LayBridge] say so by ErrNoHosts and why.
package lab
