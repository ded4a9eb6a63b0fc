package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPageIsWhatTheReportsSay draws everything again from the reports in docs.
func TestPageIsWhatTheReportsSay(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	d, err := load(filepath.Join(docs, "benchmarks"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := draw(d)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(docs, name)); err != nil || string(got) != want {
			t.Errorf("docs/%s is not what the reports say (%v): run \"make plots\"", name, err)
		}
	}
	for _, p := range pictures(d) {
		if !strings.Contains(files["benchmarks.md"], "benchmarks/"+p.file) {
			t.Errorf("the page does not show %s", p.file)
		}
	}
}

func TestScales(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   []float64
	}{
		{[]float64{3, 40}, []float64{2, 5, 10, 20, 50}},
		{[]float64{1, 10}, []float64{1, 2, 5, 10}},
		{[]float64{0.3, 0, -5}, []float64{0.2, 0.5}},
		{[]float64{700}, []float64{500, 1000}},
		{nil, []float64{1, 2, 5, 10}},
	} {
		s := logScale(c.values)
		if !slices.EqualFunc(s.marks, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-9*b }) {
			t.Errorf("%v: marks %v, want %v", c.values, s.marks, c.want)
		}
		if s.at(s.low) != 0 || math.Abs(s.at(s.high)-1) > 1e-9 {
			t.Errorf("%v: from %v to %v", c.values, s.at(s.low), s.at(s.high))
		}
	}
	for _, high := range []float64{0, 0.7, 1, 3, 32, 99, 315} {
		s := evenScale([]float64{high})
		if s.high < high || s.marks[0] != 0 || len(s.marks) < 4 || len(s.marks) > 11 || s.at(s.high) != 1 {
			t.Errorf("to %v: %v", high, s.marks)
		}
	}
}

func TestLabels(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.2: "0.2", 500: "500", 2000: "2k", 1e6: "1M"} {
		if got := label(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{64: "64", 1024: "1K", 65536: "64K", 1 << 20: "1M"} {
		if got := byteLabel(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

// TestChart reads a picture back: whole, every point in its place, nothing outside.
func TestChart(t *testing.T) {
	c := chart{title: "a < b", x: "x", y: "y", logX: true, logY: true, series: []series{
		{name: "one", points: []point{{1, 1}, {10, 100}, {0, 5}}}, {name: "bound", points: []point{{1, 10}, {10, 10}}, dashed: true},
	}}
	text := c.svg()
	circles, lines := 0, 0
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if e, ok := token.(xml.StartElement); ok {
			switch e.Name.Local {
			case "circle":
				circles++
			case "polyline":
				lines++
			}
		}
	}
	if circles != 2 || lines != 2 {
		t.Errorf("%d points and %d lines, want 2, for one has no place and a bound has no points, and 2", circles, lines)
	}
	if !strings.Contains(text, `points="70.0,364.0 570.0,40.0"`) || !strings.Contains(text, "a &lt; b") {
		t.Error(text)
	}
}

func TestSweep(t *testing.T) {
	r, err := sweepMembers([]int{2, 5}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Points {
		least := float64(p.Members) * r.Delay
		if p.Rotation < least || p.Rotation > 1.5*least || p.Packets < float64(p.Members-1) || p.Steps < p.Packets || p.Idle <= 0 {
			t.Errorf("%+v", p)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, bad := range []string{"more", "-docs " + t.TempDir(), "-dance"} {
		if err := run(strings.Fields(bad), io.Discard, io.Discard); err == nil {
			t.Errorf("%q was carried out", bad)
		}
	}
}
