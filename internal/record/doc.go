// Package record is what a comparison measured, as it is kept: figures by who and what, the targets they are held against, and the
// table that says how they stand.
//
//	report.go   the figures, and the JSON in which they are kept
//	targets.go  the rows: what was promised, in which unit
//	verdict.go  a row with its figures: ratio, met or missed
//	table.go    rows as text and as Markdown
//
// internal/compare measures and writes a Report; internal/plots reads it and draws. So no figure in the documentation is typed by
// hand, and a report from another machine draws the same page.
package record
