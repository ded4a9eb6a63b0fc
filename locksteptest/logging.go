package locksteptest

// What the nodes log, as lines of the test that runs them.

import (
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger writes each line to print, with the time since now.
func newLogger(print func(line ...any)) *zap.Logger {
	begun := time.Now()
	encoder := zapcore.NewConsoleEncoder(zapcore.EncoderConfig{
		TimeKey: "time", NameKey: "name", MessageKey: "message", LevelKey: "level", ConsoleSeparator: " ",
		EncodeLevel: zapcore.LowercaseLevelEncoder, EncodeDuration: zapcore.StringDurationEncoder,
		EncodeTime: func(at time.Time, out zapcore.PrimitiveArrayEncoder) {
			out.AppendString(at.Sub(begun).Round(time.Microsecond).String())
		},
	})
	return zap.New(zapcore.NewCore(encoder, lines{print}, zapcore.InfoLevel))
}

// lines hands on what it is given without the line's end.
type lines struct{ print func(line ...any) }

func (l lines) Write(b []byte) (int, error) {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		l.print(string(b[:n-1]))
	} else {
		l.print(string(b))
	}
	return len(b), nil
}

// Sync has nothing to do: each line was handed on at once.
func (l lines) Sync() error { return nil }
