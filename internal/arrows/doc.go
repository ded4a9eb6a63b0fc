// Package arrows keeps the shape of the house: who may import whom, and what the packages that decide must never touch.
//
// The design draws arrows between packages, and a rule that is only drawn is broken by the third person in a hurry. So the
// arrows are a table here ([Rules]), and a test reads every Go file of the module against it, whatever its build tags:
//
//	wire <- transport                        bytes; knows nothing of order
//	wire <- ordering <- membership <- core   rules; know nothing of sockets, clocks or goroutines
//	statexfer <- root, core <- root, sim     the root adds sockets, timers, upcalls, codec, disk
//	no package below the root imports it
//
// [Check] also holds the packages that decide to the first of the five rules: no goroutine, channel, lock, socket, clock, random
// source, logger or disk. And it holds every file to the house's size, and to finished sentences.
//
// A new package needs a row in the table. That is the point: somebody thinks about where it stands.
package arrows
