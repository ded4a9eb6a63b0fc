//go:build linux

package main

// Figures from several measurements.

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// median is the middle one, or the mean of the two in the middle; zero of nothing.
func median[T ~int64 | ~float64](values []T) T {
	s := slices.Sorted(slices.Values(values))
	n := len(s)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return s[n/2]
	}
	return (s[n/2-1] + s[n/2]) / 2
}

// largest is zero of nothing.
func largest[T cmp.Ordered](values []T) T {
	if len(values) == 0 {
		var zero T
		return zero
	}
	return slices.Max(values)
}

// ms is a duration in milliseconds, which all times here are.
func ms(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond)) }

// spread is the line of a part that measured times.
func spread(values []time.Duration) string {
	return fmt.Sprintf("median %s, max %s", ms(median(values)), ms(largest(values)))
}
