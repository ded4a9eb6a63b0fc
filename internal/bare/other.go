//go:build !linux

package main

// Elsewhere the system calls have other names.

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bare: needs Linux")
	os.Exit(1)
}
