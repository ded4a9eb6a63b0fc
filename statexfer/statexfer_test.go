package statexfer

// Both sides over net.Pipe: whole states of awkward sizes, and every way in which a stream can go wrong.

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var request = Request{Group: 7, Founding: 8, Cut: 9, Have: []byte("some")}

// state returns n bytes that differ from place to place.
func state(n int) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func from(b []byte) Open {
	return func(context.Context, Request) (Source, error) {
		return Source{ReadCloser: io.NopCloser(bytes.NewReader(b)), Info: Info{Size: uint64(len(b))}}, nil
	}
}

func TestWholeStates(t *testing.T) {
	for _, n := range []int{0, 1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 3*ChunkSize + 17, 5 << 20} {
		want := state(n)
		joiner, donor := net.Pipe()
		served := make(chan error, 1)
		var asked Request
		go func() {
			served <- Serve(t.Context(), donor, func(ctx context.Context, r Request) (Source, error) {
				asked = r
				return from(want)(ctx, r)
			}, nil)
		}()
		r, err := Fetch(t.Context(), joiner, request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(checked{t, r})
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: got %d, error %v", n, len(got), err)
		}
		if err := r.Finish(); err != nil || r.Bytes() != uint64(n) {
			t.Fatalf("%d bytes: Finish says %v after %d", n, err, r.Bytes())
		}
		if err := <-served; err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(asked, request) {
			t.Fatalf("donor was asked for %v", asked)
		}
		r.Close()
	}
}

// TestFinishChecksTheRest: whoever stops reading early still learns whether all of it came.
func TestFinishChecksTheRest(t *testing.T) {
	joiner, donor := net.Pipe()
	go Serve(t.Context(), donor, from(state(3*ChunkSize)), nil)
	r, err := Fetch(t.Context(), joiner, request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	if r.Bytes() != 3*ChunkSize {
		t.Fatalf("checked %d bytes", r.Bytes())
	}
}

// recorded returns what a donor sends for b, frame after frame, with the request taken out.
func recorded(t *testing.T, b []byte) []byte {
	t.Helper()
	joiner, donor := net.Pipe()
	go Serve(t.Context(), donor, from(b), nil)
	if _, err := joiner.Write(request.append(nil)); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(joiner)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// replay lets a joiner read exactly these bytes.
func replay(t *testing.T, raw []byte) ([]byte, error) {
	t.Helper()
	joiner, donor := net.Pipe()
	go func() {
		readRequest(donor)
		donor.Write(raw)
		donor.Close()
	}()
	r, err := Fetch(t.Context(), joiner, request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return io.ReadAll(checked{t, r})
}

func TestTruncatedAnywhere(t *testing.T) {
	raw := recorded(t, state(300))
	for n := range raw {
		if _, err := replay(t, raw[:n]); !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut after %d of %d bytes: %v", n, len(raw), err)
		}
	}
}

func TestCorruptedAnywhere(t *testing.T) {
	want := state(300)
	raw := recorded(t, want)
	for i := range raw {
		bad := bytes.Clone(raw)
		bad[i] ^= 0x40
		if _, err := replay(t, bad); err == nil {
			t.Fatalf("byte %d of %d changed and nobody noticed", i, len(raw))
		}
	}
}

// TestDroppedChunk: each chunk's own checksum is right and the state is still wrong.
func TestDroppedChunk(t *testing.T) {
	raw := recorded(t, state(2*ChunkSize))
	if _, err := replay(t, raw[9+ChunkSize:]); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
	swapped := append(bytes.Clone(raw[9+ChunkSize:2*(9+ChunkSize)]), raw[:9+ChunkSize]...)
	swapped = append(swapped, raw[2*(9+ChunkSize):]...)
	if _, err := replay(t, swapped); !errors.Is(err, ErrCorrupt) {
		t.Fatal(err)
	}
}

func TestDonorSaysWhy(t *testing.T) {
	joiner, donor := net.Pipe()
	served := make(chan error, 1)
	long := errors.New("no such cut " + strings.Repeat("x", 2*maxText))
	go func() {
		served <- Serve(t.Context(), donor, func(context.Context, Request) (Source, error) { return Source{}, long }, nil)
	}()
	r, err := Fetch(t.Context(), joiner, request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = io.ReadAll(checked{t, r})
	var said *DonorError
	if !errors.As(err, &said) || !strings.HasPrefix(said.Text, "no such cut") || len(said.Text) > maxText {
		t.Fatal(err)
	}
	if err := <-served; !errors.Is(err, long) {
		t.Fatal(err)
	}
}

type failing struct{ after io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.after.Read(p)
	if err == io.EOF {
		err = errors.New("disk on fire")
	}
	return n, err
}

func TestSourceFailsMidway(t *testing.T) {
	joiner, donor := net.Pipe()
	go Serve(t.Context(), donor, func(context.Context, Request) (Source, error) {
		return Source{ReadCloser: io.NopCloser(failing{bytes.NewReader(state(2 * ChunkSize))})}, nil
	}, nil)
	r, err := Fetch(t.Context(), joiner, request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(checked{t, r}); err == nil || !strings.Contains(err.Error(), "disk on fire") {
		t.Fatal(err)
	}
}

// TestSlowDonor: a donor that needs longer than Patience to freeze its state keeps its joiner by saying that it is alive.
func TestSlowDonor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		joiner, donor := net.Pipe()
		go Serve(t.Context(), donor, func(ctx context.Context, r Request) (Source, error) {
			<-time.After(3 * Patience)
			return from(state(10))(ctx, r)
		}, nil)
		r, err := Fetch(t.Context(), joiner, request)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := io.ReadAll(checked{t, r}); err != nil || len(got) != 10 {
			t.Fatal(len(got), err)
		}
	})
}

func TestSilentDonor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		joiner, donor := net.Pipe()
		go readRequest(donor)
		r, err := Fetch(t.Context(), joiner, request)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		start := time.Now()
		if _, err := io.ReadAll(checked{t, r}); err == nil {
			t.Fatal("silence passed for a state")
		}
		if d := time.Since(start); d != Patience {
			t.Fatalf("gave up after %v", d)
		}
	})
}

// TestSilentJoiner: neither one that asks nothing nor one that reads nothing holds a donor for ever.
func TestSilentJoiner(t *testing.T) {
	for _, asks := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			joiner, donor := net.Pipe()
			defer joiner.Close()
			if asks {
				go joiner.Write(request.append(nil))
			}
			if err := Serve(t.Context(), donor, from(state(10)), nil); err == nil {
				t.Fatal("served nobody without an error")
			}
		})
	}
}

func TestContextEndsBothSides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		joiner, donor := net.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() {
			served <- Serve(ctx, donor, func(ctx context.Context, r Request) (Source, error) {
				<-ctx.Done()
				return Source{}, ctx.Err()
			}, nil)
		}()
		r, err := Fetch(ctx, joiner, request)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		start := time.Now()
		time.AfterFunc(100*time.Millisecond, cancel)
		if _, err := io.ReadAll(checked{t, r}); err == nil {
			t.Fatal("read a state that nobody sent")
		}
		if err := <-served; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if d := time.Since(start); d != 100*time.Millisecond {
			t.Fatalf("ended %v after the start", d)
		}
	})
}

func TestRequestIsChecked(t *testing.T) {
	good := request.append(nil)
	if r, err := readRequest(bytes.NewReader(good)); err != nil || !reflect.DeepEqual(r, request) {
		t.Fatal(r, err)
	}
	for n := range good {
		if _, err := readRequest(bytes.NewReader(good[:n])); err == nil {
			t.Fatalf("the first %d bytes of a request pass for one", n)
		}
	}
	large := bytes.Clone(good)
	large[requestSize-4] = 0xff
	for _, bad := range [][]byte{append([]byte("GET "), good[4:]...), large} {
		if _, err := readRequest(bytes.NewReader(bad)); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%q: %v", bad, err)
		}
	}
	joiner, _ := net.Pipe()
	if _, err := Fetch(t.Context(), joiner, Request{Have: make([]byte, MaxHave+1)}); err == nil {
		t.Error("a joiner may say more than a donor takes in")
	}
}

// TestInfoComesFirst: the joiner is told size and kind before the first byte, and what does not fit that is no state.
func TestInfoComesFirst(t *testing.T) {
	for _, info := range []Info{{}, {Size: 10}, {Delta: true}, {Delta: true, Size: 10}} {
		joiner, donor := net.Pipe()
		go Serve(t.Context(), donor, func(context.Context, Request) (Source, error) {
			return Source{ReadCloser: io.NopCloser(bytes.NewReader(state(10))), Info: info}, nil
		}, nil)
		r, err := Fetch(t.Context(), joiner, request)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Info(); err != nil || got != info || r.Bytes() != 0 {
			t.Errorf("told %+v, %v after %d bytes; want %+v", got, err, r.Bytes(), info)
		}
		if got, err := io.ReadAll(checked{t, r}); err != nil || len(got) != 10 {
			t.Errorf("%+v: %d bytes, %v", info, len(got), err)
		}
		r.Close()
	}
	for _, size := range []uint64{9, 11, 1 << 40} {
		raw := recorded(t, state(10))
		bad := Info{Size: size}.append(nil)
		if _, err := replay(t, append(bad, raw[len(bad):]...)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("10 bytes where %d were to come: %v", size, err)
		}
	}
	raw := recorded(t, state(10))
	first := len(Info{}.append(nil))
	for name, bad := range map[string][]byte{
		"no info": raw[first:], "info twice": append(bytes.Clone(raw[:first]), raw...), "an end alone": raw[len(raw)-41:],
	} {
		if _, err := replay(t, bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	joiner, donor := net.Pipe()
	go Serve(t.Context(), donor, func(context.Context, Request) (Source, error) { return Source{}, errors.New("nothing here") }, nil)
	r, err := Fetch(t.Context(), joiner, request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var said *DonorError
	if _, err := r.Info(); !errors.As(err, &said) {
		t.Errorf("a donor that has nothing: %v", err)
	}
}
