package main

// The page: what stands in page.md.tmpl, with the figures.

import (
	_ "embed"
	"strings"
	"text/template"

	"github.com/lockstep-go/lockstep/internal/record"
)

//go:embed page.md.tmpl
var pageText string

// page fills the template.
func page(d data) (string, error) {
	t, err := template.New("page").Funcs(template.FuncMap{
		"table":    func(r record.Report, part string) string { return record.Markdown(r.Lines(record.Rows()), part) },
		"machine":  func(r record.Report) string { return record.Plain(r.Lines(record.Limits()), "machine") },
		"met":      met,
		"has":      func(r record.Report, who, key string) bool { _, ok := r.Value(who, key); return ok },
		"number":   record.Number,
		"last":     func(r record.MembersReport) record.MembersPoint { return r.Points[len(r.Points)-1] },
		"picture":  func(file string) string { return picked(pictures(d), file) },
		"peers":    func(r record.Report) string { return strings.Join(r.Peers(), ", ") },
		"deref":    func(r *record.Report) record.Report { return *r },
		"failures": func(r record.Report) []string { return r.Failures },
	}).Parse(pageText)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, d)
	return b.String(), err
}

// picked is the Markdown of one picture.
func picked(all []picture, file string) string {
	for _, p := range all {
		if p.file == file {
			return "![" + p.alt + "](benchmarks/" + p.file + ")"
		}
	}
	return ""
}

// A tally is how many rows there are with a promise, and how many keep it.
type tally struct{ Rows, Met, Moon int }

func met(r record.Report) (t tally) {
	for _, l := range r.Lines(record.Rows()) {
		if (l.Must == record.Goal{}) {
			continue
		}
		t.Rows++
		if l.Met {
			t.Met++
		}
		if l.Moon {
			t.Moon++
		}
	}
	return t
}
