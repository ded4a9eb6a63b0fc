package main

// A chart: lines between points over two axes.

import (
	"fmt"
	"strings"
)

// A point is one value over another.
type point struct{ x, y float64 }

// A series is a line through points, or, with dashes, a bound.
type series struct {
	name   string
	points []point
	dashed bool
}

// A chart is what a picture shows.
type chart struct {
	title, x, y string // the title, and what the axes are of
	logX, logY  bool
	marksX      []float64            // instead of those the scale would choose
	labelX      func(float64) string // nil: label
	series      []series
}

// The picture's measures, in pixels.
const (
	width, height        = 820, 420
	left, right          = 70, 250
	top, bottom          = 40, 56
	plotWidth            = width - left - right
	plotHeight           = height - top - bottom
	legendStep, dotRadii = 20, 3
)

// palette is the colours of the series, told apart by the colour-blind too; a chart with more series begins again.
func palette(i int) string {
	colours := []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555"}
	return colours[i%len(colours)]
}

// scales are the chart's axes.
func (c *chart) scales() (x, y scale) {
	var xs, ys []float64
	for _, s := range c.series {
		for _, p := range s.points {
			xs, ys = append(xs, p.x), append(ys, p.y)
		}
	}
	x, y = evenScale(xs), evenScale(ys)
	if c.logX {
		x = logScale(xs)
	}
	if c.logY {
		y = logScale(ys)
	}
	if len(c.marksX) > 1 {
		x.marks = c.marksX
		x.low, x.high = c.marksX[0], c.marksX[len(c.marksX)-1]
	}
	return x, y
}

// svg draws the chart.
func (c *chart) svg() string {
	var b strings.Builder
	d := drawing{&b}
	d.begin(c.title)
	sx, sy := c.scales()
	px := func(v float64) float64 { return left + plotWidth*sx.at(v) }
	py := func(v float64) float64 { return top + plotHeight*(1-sy.at(v)) }
	labelX := c.labelX
	if labelX == nil {
		labelX = label
	}
	for _, m := range sx.marks {
		d.line(px(m), top, px(m), top+plotHeight, "#dddddd", "")
		d.text(px(m), top+plotHeight+18, "middle", labelX(m))
	}
	for _, m := range sy.marks {
		d.line(left, py(m), left+plotWidth, py(m), "#dddddd", "")
		d.text(left-8, py(m)+4, "end", label(m))
	}
	d.text(left+plotWidth/2, height-12, "middle", c.x)
	d.turned(16, top+plotHeight/2, c.y)
	for i, s := range c.series {
		colour, dashes := palette(i), ""
		if s.dashed {
			dashes = "6 4"
		}
		var path strings.Builder
		for _, p := range s.points {
			if c.logX && p.x <= 0 || c.logY && p.y <= 0 {
				continue // has no place there
			}
			fmt.Fprintf(&path, "%.1f,%.1f ", px(p.x), py(p.y))
			if !s.dashed {
				d.dot(px(p.x), py(p.y), colour)
			}
		}
		d.polyline(strings.TrimSpace(path.String()), colour, dashes)
		y := float64(top + 8 + i*legendStep)
		d.line(left+plotWidth+14, y, left+plotWidth+36, y, colour, dashes)
		d.text(left+plotWidth+42, y+4, "start", s.name)
	}
	d.end()
	return b.String()
}
