package lockstep

// From zap, which the library logs with, to a slog.Handler, where the application uses that.

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// LoggerFromSlog gives a logger for Config.Logger that hands every entry to h: level, message and fields as they are, the
// logger's name as the attribute "logger". A nil h gives a silent logger. The handler is called on the goroutine that logs.
func LoggerFromSlog(h slog.Handler) *zap.Logger {
	if h == nil {
		return zap.NewNop()
	}
	return zap.New(slogCore{h})
}

// slogCore is a zapcore.Core on a slog.Handler. It is a value and holds nothing else.
type slogCore struct{ h slog.Handler }

func slogLevel(l zapcore.Level) slog.Level {
	switch {
	case l <= zapcore.DebugLevel:
		return slog.LevelDebug
	case l == zapcore.InfoLevel:
		return slog.LevelInfo
	case l == zapcore.WarnLevel:
		return slog.LevelWarn
	}
	return slog.LevelError
}

func (c slogCore) Enabled(l zapcore.Level) bool {
	return c.h.Enabled(context.Background(), slogLevel(l))
}

func (c slogCore) With(fields []zapcore.Field) zapcore.Core {
	h := c.h
	for len(fields) > 0 {
		n := slices.IndexFunc(fields, func(f zapcore.Field) bool { return f.Type == zapcore.NamespaceType })
		if n < 0 {
			return slogCore{h.WithAttrs(slogAttrs(fields))}
		}
		if n > 0 {
			h = h.WithAttrs(slogAttrs(fields[:n]))
		}
		h = h.WithGroup(fields[n].Key)
		fields = fields[n+1:]
	}
	return slogCore{h}
}

func (c slogCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

func (c slogCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	r := slog.NewRecord(e.Time, slogLevel(e.Level), e.Message, 0)
	if e.Caller.Defined {
		r.PC = e.Caller.PC
	}
	if e.LoggerName != "" {
		r.AddAttrs(slog.String("logger", e.LoggerName))
	}
	r.AddAttrs(slogAttrs(fields)...)
	if e.Stack != "" {
		r.AddAttrs(slog.String("stack", e.Stack))
	}
	return c.h.Handle(context.Background(), r)
}

// Sync has nothing to do: a slog.Handler keeps nothing back that anyone could flush.
func (c slogCore) Sync() error { return nil }

// slogAttrs converts fields in their order; what follows a namespace becomes a group.
func slogAttrs(fields []zapcore.Field) []slog.Attr {
	attrs := make([]slog.Attr, 0, len(fields))
	for i, f := range fields {
		switch f.Type {
		case zapcore.SkipType:
		case zapcore.NamespaceType:
			return append(attrs, slog.Attr{Key: f.Key, Value: slog.GroupValue(slogAttrs(fields[i+1:])...)})
		case zapcore.StringType:
			attrs = append(attrs, slog.String(f.Key, f.String))
		case zapcore.Int64Type, zapcore.Int32Type, zapcore.Int16Type, zapcore.Int8Type:
			attrs = append(attrs, slog.Int64(f.Key, f.Integer))
		case zapcore.DurationType:
			attrs = append(attrs, slog.Duration(f.Key, time.Duration(f.Integer)))
		default:
			// The rest goes through zap's own encoder, so that errors, stringers and marshalers look as zap would show them.
			m := zapcore.NewMapObjectEncoder()
			f.AddTo(m)
			keys := make([]string, 0, len(m.Fields))
			for k := range m.Fields {
				keys = append(keys, k)
			}
			slices.Sort(keys)
			for _, k := range keys {
				attrs = append(attrs, slog.Any(k, m.Fields[k]))
			}
		}
	}
	return attrs
}
