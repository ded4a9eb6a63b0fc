// Command mutants breaks the protocol on purpose and sees whether the simulator notices.
//
//	go run ./internal/mutants                    the table: every mutant, 200 seeds at most each
//	go run ./internal/mutants -only NAME,NAME    some of them
//	go run ./internal/mutants -list              what each mutant breaks
//
// A mutant is one small, plausible mistake in the real code: a rule forgotten, a comparison off by one. It is a file in patches/:
// first in words which rule of which paper it breaks and what should notice, then the change as a unified diff. A simulator and a
// checker that miss one of them would miss the same mistake made by accident.
//
// First the tree as it is runs the seeds, and must pass them all. Then each mutant is built and runs the same seeds until one of
// them shows a violation; each seed plays for three times as long as in a sweep, so that what happens once in a hundred sweep seeds does
// not escape two hundred. A line tells what came of it:
//
//	obligation-dropped          caught  ring safe delivery   after 17 seeds
//
// The predicate is the first of package evs that the seed violated, or if it violated none what else was wrong with the run: an
// invariant of a machine, a cluster that is not whole again after the faults ended, a panic. The exit status is 1 when a mutant
// was MISSED, or does not build, or when the tree itself fails a seed.
//
// Nothing is copied and no file is changed: the go command is given the changed files in an overlay. The program that it builds from
// them is this one again, which as -hunt runs the simulator it was built with.
//
// Whoever reads the files: main.go (the command line and the order of things), patch.go (a diff and how it is applied), build.go
// (a program from a patched tree), hunt.go (seeds until a violation), table.go (what is printed).
package main
