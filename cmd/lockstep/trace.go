package main

// "lockstep node -trace": the lines that only a judge of histories needs, and where they come from.

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// movedEvent is a state that was saved for a joiner or loaded by one.
type movedEvent struct {
	Ev    string `json:"ev"`
	Count uint64 `json:"count"`
	Chain string `json:"chain"`
}

// sendingEvent is an operation that is about to be carried out, with all its fields.
type sendingEvent struct {
	Ev string `json:"ev"`
	operation
}

// traceEntry is the message of the library's log entries that are printed.
const traceEntry = "upcall"

// traced gives a logger that also prints the library's entries about upcalls as lines, in their place among the others: they are
// logged on the goroutine that then calls the application.
func traced(log *zap.Logger, out *lines) *zap.Logger {
	core := zapcore.Core(traceCore{out})
	if log != nil {
		core = zapcore.NewTee(log.Core(), core)
	}
	return zap.New(core)
}

// A traceCore is a zapcore.Core that prints lines.
type traceCore struct{ out *lines }

// Enabled is true: Check chooses.
func (traceCore) Enabled(zapcore.Level) bool { return true }

// With gives the core itself: the library adds no fields of its own to the entries that are printed.
func (c traceCore) With([]zapcore.Field) zapcore.Core { return c }

// Check takes the entries about upcalls.
func (c traceCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if e.Message == traceEntry {
		return ce.AddCore(e, c)
	}
	return ce
}

// Write prints one line.
func (c traceCore) Write(_ zapcore.Entry, fields []zapcore.Field) error {
	m := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(m)
	}
	m.Fields["ev"] = traceEntry
	c.out.print(m.Fields)
	return nil
}

// Sync has nothing to do: a line is written when print returns.
func (traceCore) Sync() error { return nil }
