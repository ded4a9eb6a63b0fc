// Command plots turns what was measured into docs/benchmarks.md and its pictures.
//
//	make plots                           from docs/benchmarks/*.json, and with a new sweep of the simulator
//	go run ./internal/plots              the same without the sweep
//
// The reports come from "make compare" (package record says what is in them), so no figure of the page is typed by hand; a test keeps
// the page and the pictures what the reports say. The pictures are SVG, written here (chart.go, svg.go): two kinds of axes and lines
// between points need no library.
//
// Whoever reads the files: main.go, members.go (the simulator's sweep), pictures.go (which picture shows what), chart.go, scale.go
// and svg.go (how it is drawn), page.go with page.md.tmpl (the page).
package main
