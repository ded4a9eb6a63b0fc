package main

// An axis: from values to places, and where its marks are.

import (
	"fmt"
	"math"
)

// A scale maps values to 0..1, evenly or by their logarithm. Its ends are marks.
type scale struct {
	low, high float64
	log       bool
	marks     []float64
}

// logScale begins and ends at 1, 2 or 5 times a power of ten. Values must be positive; those that are not do not count.
func logScale(values []float64) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if v > 0 {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if low > high {
		low, high = 1, 10
	}
	var marks []float64
	for decade := math.Floor(math.Log10(low)); decade <= math.Ceil(math.Log10(high)); decade++ {
		for _, step := range []float64{1, 2, 5} {
			marks = append(marks, step*math.Pow(10, decade))
		}
	}
	first, last := 0, len(marks)-1
	for first+1 < len(marks)-1 && marks[first+1] <= low {
		first++
	}
	for last-1 > first && marks[last-1] >= high {
		last--
	}
	s := scale{log: true, marks: marks[first : last+1]}
	s.low, s.high = s.marks[0], s.marks[len(s.marks)-1]
	return s
}

// evenScale begins at zero and has four to ten marks at even distances.
func evenScale(values []float64) scale {
	high := 0.0
	for _, v := range values {
		high = math.Max(high, v)
	}
	if high == 0 {
		high = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(high)))
	switch {
	case high/step < 2:
		step /= 5
	case high/step < 4:
		step /= 2
	}
	s := scale{}
	for i := 0; ; i++ {
		s.marks = append(s.marks, float64(i)*step)
		if float64(i)*step >= high {
			break
		}
	}
	s.high = s.marks[len(s.marks)-1]
	return s
}

// at is where a value stands, 0 at the low end and 1 at the high one.
func (s scale) at(v float64) float64 {
	if s.log {
		return math.Log(v/s.low) / math.Log(s.high/s.low)
	}
	return (v - s.low) / (s.high - s.low)
}

// label is a mark as it is written: 2k, 500, 0.2.
func label(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.3gM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.3gk", v/1e3)
	}
	return fmt.Sprintf("%.3g", v)
}

// byteLabel is a size as people write it.
func byteLabel(v float64) string {
	switch {
	case v >= 1<<20:
		return fmt.Sprintf("%.3gM", v/(1<<20))
	case v >= 1<<10:
		return fmt.Sprintf("%.3gK", v/(1<<10))
	}
	return fmt.Sprintf("%.3g", v)
}
