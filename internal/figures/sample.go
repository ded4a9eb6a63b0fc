//go:build linux

package main

// How times are printed.

import (
	"fmt"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

// ms is a duration in milliseconds, which all times here are.
func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond)) }

// spread is the line of a part that measured times.
func spread(values []time.Duration) string {
	return fmt.Sprintf("median %s, max %s", ms(lab.Median(values)), ms(lab.Largest(values)))
}
