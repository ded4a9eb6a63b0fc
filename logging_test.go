package lockstep

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

func TestLoggerFromSlog(t *testing.T) {
	var out bytes.Buffer
	h := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	log := LoggerFromSlog(h).Named("ring").With(zap.String("node", "a"))
	for _, c := range []struct {
		log  func()
		want string
	}{
		{func() { log.Debug("quiet") }, ""},
		{func() { log.Info("view", zap.Int("members", 3), zap.Duration("after", 20*time.Millisecond)) },
			"level=INFO msg=view node=a logger=ring members=3 after=20ms\n"},
		{func() { log.Warn("w", zap.Bool("ok", true), zap.Float64("f", 1.5), zap.Uint64("u", 7)) },
			"level=WARN msg=w node=a logger=ring ok=true f=1.5 u=7\n"},
		{func() { log.Error("e", zap.Error(errors.New("broken")), zap.Skip(), zap.Stringer("m", Member{"b", 1})) },
			"level=ERROR msg=e node=a logger=ring error=broken m=b/1\n"},
		{func() { log.Info("n", zap.Namespace("ring"), zap.Int("seq", 1)) },
			"level=INFO msg=n node=a logger=ring ring.seq=1\n"},
		{func() {
			LoggerFromSlog(h).With(zap.Int("x", 1), zap.Namespace("g"), zap.Int("y", 2)).Info("w", zap.Int("z", 3))
		},
			"level=INFO msg=w x=1 g.y=2 g.z=3\n"},
	} {
		out.Reset()
		c.log()
		if got := out.String(); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
	out.Reset()
	log.WithOptions(zap.AddCaller(), zap.AddStacktrace(zap.InfoLevel)).Info("s")
	if !strings.Contains(out.String(), "stack=") || !strings.Contains(out.String(), "TestLoggerFromSlog") {
		t.Errorf("no stack in %q", out.String())
	}
	LoggerFromSlog(nil).Error("to nobody")
}
