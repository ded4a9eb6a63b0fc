package main

// The few shapes of SVG that a chart needs.

import (
	"fmt"
	"html"
	"strings"
)

// A drawing is an SVG that is being written.
type drawing struct{ b *strings.Builder }

func (d drawing) begin(title string) {
	fmt.Fprintf(d.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12" fill="#222222">`+"\n",
		width, height, width, height)
	fmt.Fprintf(d.b, "<title>%s</title>\n", html.EscapeString(title))
	// A ground of its own, so that it can be read on a dark page.
	fmt.Fprintf(d.b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(d.b, `<text x="%d" y="22" font-size="14" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(title))
}

func (d drawing) end() { d.b.WriteString("</svg>\n") }

func (d drawing) line(x1, y1, x2, y2 float64, colour, dashes string) {
	fmt.Fprintf(d.b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="%s"%s/>`+"\n", x1, y1, x2, y2, colour, thickness(colour),
		dashing(dashes))
}

func (d drawing) polyline(points, colour, dashes string) {
	fmt.Fprintf(d.b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="%s"%s/>`+"\n", points, colour, thickness(colour), dashing(dashes))
}

func (d drawing) dot(x, y float64, colour string) {
	fmt.Fprintf(d.b, `<circle cx="%.1f" cy="%.1f" r="%d" fill="%s"/>`+"\n", x, y, dotRadii, colour)
}

func (d drawing) text(x, y float64, anchor, text string) {
	fmt.Fprintf(d.b, `<text x="%.1f" y="%.1f" text-anchor="%s">%s</text>`+"\n", x, y, anchor, html.EscapeString(text))
}

// turned is text from below to above.
func (d drawing) turned(x, y float64, text string) {
	fmt.Fprintf(d.b, `<text transform="translate(%.1f %.1f) rotate(-90)" text-anchor="middle">%s</text>`+"\n", x, y, html.EscapeString(text))
}

// thickness is less for the lines behind the others.
func thickness(colour string) string {
	if colour == "#dddddd" {
		return "1"
	}
	return "2"
}

func dashing(dashes string) string {
	if dashes == "" {
		return ""
	}
	return fmt.Sprintf(` stroke-dasharray="%s"`, dashes)
}
