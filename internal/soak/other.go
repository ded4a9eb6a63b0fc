//go:build !linux

package main

// Elsewhere there are no network namespaces.

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "soak: NOTHING WAS TESTED: it needs Linux, for network namespaces")
	os.Exit(3)
}
