package lockstep

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func newKey(t *testing.T) Key {
	t.Helper()
	k, err := GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeyNeverPrints(t *testing.T) {
	k := newKey(t)
	type holder struct {
		K      Key
		hidden Key
		P      *Key
	}
	h := holder{k, k, &k}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%t"} {
		fmt.Fprintf(&out, verb+"\n", k)
		fmt.Fprintf(&out, verb+"\n", &k)
		fmt.Fprintf(&out, verb+"\n", h)
		fmt.Fprintf(&out, verb+"\n", []Key{k})
	}
	j, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(j)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "k", k, "h", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "k", k, "h", h)
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(&out), zap.DebugLevel)
	zap.New(core).Info("m", zap.Any("k", k), zap.Any("h", h), zap.Reflect("r", k))

	text := out.String()
	for _, secret := range []string{
		hex.EncodeToString(k.bytes()), hex.EncodeToString(k.bytes()[:8]), strings.ToUpper(hex.EncodeToString(k.bytes()[:8])),
		base64.StdEncoding.EncodeToString(k.bytes()), base64.StdEncoding.EncodeToString(k.bytes()[:9]),
		strings.Trim(fmt.Sprint(k.bytes()[:6]), "[]"), fmt.Sprintf("%#v", k.bytes()[:6])[8:40],
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the secret shows as %q", secret)
		}
	}
	if want := "lockstep.Key(id " + k.ID() + "…)"; k.String() != want || fmt.Sprintf("%x", k) != want || !strings.Contains(string(j), want) {
		t.Errorf("the key shows as %q, want %q", k, want)
	}
	if len(k.ID()) != 4 || strings.Contains(hex.EncodeToString(k.bytes()), k.ID()+k.ID()) {
		t.Errorf("id %q", k.ID())
	}
	if got := fmt.Sprint(Key{}); got != "lockstep.Key(none)" {
		t.Errorf("the zero key shows as %q", got)
	}
}

func TestKeyFile(t *testing.T) {
	k, dir := newKey(t), t.TempDir()
	path := filepath.Join(dir, "k")
	if err := k.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	back, err := LoadKey(path)
	if err != nil || !back.Equal(k) || back.ID() != k.ID() {
		t.Errorf("read back %v, %v", back, err)
	}
	if newKey(t).Equal(k) || (Key{}).Equal(k) || !(Key{}).Equal(Key{}) {
		t.Error("Equal")
	}
	before, _ := os.ReadFile(path)
	err = newKey(t).WriteFile(path)
	if after, _ := os.ReadFile(path); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) || string(after) != string(before) {
		t.Errorf("overwriting: %v", err)
	}
	if err := (Key{}).WriteFile(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "the key is empty") {
		t.Errorf("writing no key: %v", err)
	}
}

func TestLoadKeyRefuses(t *testing.T) {
	good := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
		want       string
	}{
		{"open", good, 0o644, "mode 0644 lets others than its owner in; run chmod 600 "},
		{"group", good, 0o640, "mode 0640"},
		{"short", base64.StdEncoding.EncodeToString([]byte("short")), 0o600, ": 5 bytes, want 32"},
		{"text", "not a key!", 0o600, ": 10 characters that are neither base64 nor hex"},
		{"empty", "\n", 0o600, ": empty"},
		{"zeros", strings.Repeat("0", 64), 0o600, ": all zeros"},
		{"large", strings.Repeat("a", 5000), 0o600, ": more than 1024 bytes; this is no key file"},
	} {
		path := filepath.Join(t.TempDir(), c.name)
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS == "windows" && c.mode != 0o600 {
			continue
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadKey(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want path and %q", c.name, err, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "absent")
	if _, err := LoadKey(path); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("absent: %v", err)
	}
	if _, err := LoadKey(t.TempDir()); err == nil {
		t.Error("a directory is no key file")
	}
}

func TestParseKeyForms(t *testing.T) {
	raw := []byte("0123456789abcdefghijklmnopqrstuv")
	for _, text := range []string{hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), " " + base64.StdEncoding.EncodeToString(raw) + "\r\n"} {
		if k, err := ParseKey(text); err != nil || string(k.bytes()) != string(raw) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := ParseKey("secret-that-is-wrong"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error shows the text: %v", err)
	}
}
