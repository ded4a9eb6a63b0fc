//go:build !linux

package main

// Elsewhere there are no network namespaces to put hosts in.

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "compare: needs Linux: it makes network namespaces")
	os.Exit(1)
}
