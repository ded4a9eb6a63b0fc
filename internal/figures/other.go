//go:build !linux

package main

// Elsewhere there is nothing to measure with: /proc, namespaces and the signals are Linux.

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "figures: needs Linux: it reads /proc and makes network namespaces")
	os.Exit(1)
}
