package record

// The figures, and the JSON in which they are kept.

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Lockstep and Bare are who measured: this library, and the bare program. Peers have names of their own.
const (
	Lockstep = "lockstep"
	Bare     = "bare"
)

// A Figure is one thing measured of one program, once a round.
type Figure struct {
	Who    string    `json:"who"`
	Key    string    `json:"key"`  // what: "send/ordered/64/1", "ping/p50"
	Unit   string    `json:"unit"` // of the values
	Values []float64 `json:"values"`
}

// A Report is one comparison: everything in it was measured in one go, in turn.
type Report struct {
	Machine  string   `json:"machine"`
	When     string   `json:"when"`
	MTU      int      `json:"mtu"`
	Rounds   int      `json:"rounds"`
	Seconds  float64  `json:"seconds"` // that each run measured
	Quick    bool     `json:"quick,omitempty"`
	Load     string   `json:"load"` // how busy the machine was besides
	Figures  []Figure `json:"figures"`
	Failures []string `json:"failures,omitempty"` // what could not be measured, and why
}

// Add adds one round's value.
func (r *Report) Add(who, key, unit string, value float64) {
	for i := range r.Figures {
		if f := &r.Figures[i]; f.Who == who && f.Key == key {
			f.Values = append(f.Values, value)
			return
		}
	}
	r.Figures = append(r.Figures, Figure{who, key, unit, []float64{value}})
}

// Value is the median of the rounds; false when it was not measured.
func (r *Report) Value(who, key string) (float64, bool) {
	for _, f := range r.Figures {
		if f.Who == who && f.Key == key && len(f.Values) > 0 {
			return median(f.Values), true
		}
	}
	return 0, false
}

// Peers are all who measured, in order of appearance, besides lockstep and the bare program.
func (r *Report) Peers() (names []string) {
	for _, f := range r.Figures {
		if f.Who != Lockstep && f.Who != Bare && !slices.Contains(names, f.Who) {
			names = append(names, f.Who)
		}
	}
	return names
}

// median is the middle one, or the mean of the two in the middle.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Save writes any of this package's reports as JSON, and makes the directory.
func Save(name string, report any) error {
	b, err := json.MarshalIndent(report, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, append(b, '\n'), 0o644)
}

// Load reads what Save wrote.
func Load(name string, report any) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, report); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
