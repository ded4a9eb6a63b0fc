//go:build linux

package lab

// Figures from several measurements.

import (
	"cmp"
	"slices"
)

// Median is the middle one, or the mean of the two in the middle; zero of nothing.
func Median[T ~int64 | ~float64](values []T) T {
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

// Largest is the largest, and zero of nothing.
func Largest[T cmp.Ordered](values []T) T {
	if len(values) == 0 {
		var zero T
		return zero
	}
	return slices.Max(values)
}
