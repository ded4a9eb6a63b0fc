package main

// lockstep keygen: a fresh cluster key in a file that only its owner reads.

import (
	"fmt"

	"github.com/lockstep-go/lockstep"
)

func runKeygen(args []string, std stdio) error {
	fs := newFlags("keygen", "[-out FILE]", `Writes a fresh cluster key, mode 0600, and prints the key's id, which says nothing about it. It never
overwrites a file. Whoever has the key is a member: copy it to every member's host as you would a password.`, std)
	out := fs.String("out", "lockstep.key", "`FILE` to write")
	if err := parse(fs, args, 0, std); err != nil {
		return err
	}
	if *out == "" {
		return wrongUsage("-out is empty")
	}
	key, err := lockstep.GenerateKey()
	if err != nil {
		return err
	}
	if err := key.WriteFile(*out); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%s: key id %s\n", *out, key.ID())
	return nil
}
