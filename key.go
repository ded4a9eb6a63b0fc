package lockstep

// The cluster key: made, read, written, and never printed.

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strings"
)

// keySize is the length of a key in bytes.
const keySize = 32

// keyFileMax bounds what LoadKey reads: a key line with generous white space.
const keyFileMax = 1024

// A Key is the secret that all members of a cluster share: 32 random bytes, from which every other key is derived. Whoever has
// it is a member. A Key never prints itself, in no format and in no logger; what is shown is a short id that tells keys apart.
// The zero Key is no key. Compare keys with Equal.
type Key struct {
	// reveal gives the secret. It is a function because a printer that walks the unexported fields of an enclosing struct
	// shows a function's address; through a pointer fmt would look, for a verb that does not fit.
	reveal func() *[keySize]byte
}

// newSecret makes a Key of the bytes, which nobody changes afterwards.
func newSecret(s *[keySize]byte) Key { return Key{func() *[keySize]byte { return s }} }

// GenerateKey draws a fresh key from the system's random source.
func GenerateKey() (Key, error) {
	var s [keySize]byte
	if _, err := io.ReadFull(rand.Reader, s[:]); err != nil {
		return Key{}, fmt.Errorf("lockstep: generate key: %w", err)
	}
	return newSecret(&s), nil
}

// ParseKey reads the text form of a key: 32 bytes in base64 (44 characters) or in hex (64 characters). White space around it is
// ignored. The error never shows the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	var raw []byte
	var err error
	if len(text) == hex.EncodedLen(keySize) {
		raw, err = hex.DecodeString(text)
	} else {
		raw, err = base64.StdEncoding.DecodeString(text)
	}
	switch {
	case text == "":
		return Key{}, errors.New("lockstep: key: empty")
	case err != nil:
		return Key{}, fmt.Errorf("lockstep: key: %d characters that are neither base64 nor hex", len(text))
	case len(raw) != keySize:
		return Key{}, fmt.Errorf("lockstep: key: %d bytes, want %d", len(raw), keySize)
	case bytes.Equal(raw, make([]byte, keySize)):
		return Key{}, errors.New("lockstep: key: all zeros")
	}
	return newSecret((*[keySize]byte)(raw)), nil
}

// LoadKey reads a key file, which holds one line as ParseKey takes it. On systems with file modes it refuses a file that its
// group or others may read. It blocks on the file system. Errors name the file.
func LoadKey(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("lockstep: key file: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("lockstep: key file: %w", err)
	}
	if !st.Mode().IsRegular() {
		return Key{}, fmt.Errorf("lockstep: key file %s: not a regular file", path)
	}
	if mode := st.Mode().Perm(); runtime.GOOS != "windows" && mode&0o077 != 0 {
		return Key{}, fmt.Errorf("lockstep: key file %s: mode %04o lets others than its owner in; run chmod 600 %s", path, mode, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, keyFileMax+1))
	if err != nil {
		return Key{}, fmt.Errorf("lockstep: key file: %w", err)
	}
	if len(text) > keyFileMax {
		return Key{}, fmt.Errorf("lockstep: key file %s: more than %d bytes; this is no key file", path, keyFileMax)
	}
	k, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("lockstep: key file %s: %s", path, strings.TrimPrefix(err.Error(), "lockstep: key: "))
	}
	return k, nil
}

// WriteFile writes the key to a new file with mode 0600, in the form that LoadKey reads. It never overwrites: if the path
// exists, the error matches fs.ErrExist. It blocks on the file system.
func (k Key) WriteFile(path string) (err error) {
	if k.IsZero() {
		return fmt.Errorf("lockstep: key file %s: the key is empty", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("lockstep: key file %s exists and is left as it is: %w", path, fs.ErrExist)
	}
	if err != nil {
		return fmt.Errorf("lockstep: key file: %w", err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("lockstep: key file: %w", cerr)
		}
		if err != nil {
			_ = os.Remove(path) // half a key is worse than none; the file is ours, we made it
		}
	}()
	if _, err = io.WriteString(f, base64.StdEncoding.EncodeToString(k.bytes())+"\n"); err != nil {
		return fmt.Errorf("lockstep: key file: %w", err)
	}
	if err = f.Sync(); err != nil {
		return fmt.Errorf("lockstep: key file: %w", err)
	}
	return nil
}

// IsZero reports whether k is no key.
func (k Key) IsZero() bool { return k.reveal == nil }

// Equal reports, in constant time, whether both are the same key.
func (k Key) Equal(o Key) bool {
	return subtle.ConstantTimeCompare(k.bytes(), o.bytes()) == 1
}

// ID is four hex digits that tell keys apart and say nothing about them; empty for no key.
func (k Key) ID() string {
	if k.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04x", k.wireID()>>16)
}

// wireID names the key in packet headers, as package transport does; 0 is no key. Its upper half is what ID shows.
func (k Key) wireID() uint32 {
	if k.IsZero() {
		return 0
	}
	h := sha256.New()
	h.Write([]byte("lockstep key id"))
	h.Write(k.bytes())
	return max(1, binary.BigEndian.Uint32(h.Sum(nil)))
}

// bytes is the secret itself, for the key schedule. The caller does not change it.
func (k Key) bytes() []byte {
	if k.IsZero() {
		return nil
	}
	return k.reveal()[:]
}

// String shows the id only.
func (k Key) String() string {
	if k.IsZero() {
		return "lockstep.Key(none)"
	}
	return "lockstep.Key(id " + k.ID() + "…)"
}

// GoString shows the id only.
func (k Key) GoString() string { return k.String() }

// Format shows the id only, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.String()) }

// MarshalText shows the id only: a key in a configuration that is written out stays secret, and is lost.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// MarshalJSON shows the id only, as a string.
func (k Key) MarshalJSON() ([]byte, error) { return []byte(`"` + k.String() + `"`), nil }

// LogValue shows the id only.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
