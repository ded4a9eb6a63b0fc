package main

// What a leader is for: something outside the group that only one may change, and that defends itself. It knows no group and no member,
// only that fences grow.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"

	"github.com/lockstep-go/lockstep"
)

var errStale = errors.New("a later leader was here")

// A vault takes entries under a fence. It is the one place where two leaders could do harm, and refuses the older.
type vault struct {
	mu      sync.Mutex
	highest uint64
	entries []string
	refused int
}

func (v *vault) put(fence uint64, entry string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if fence < v.highest {
		v.refused++
		return errStale
	}
	v.highest = fence
	v.entries = append(v.entries, entry)
	return nil
}

// ServeHTTP is POST /?fence=N for one entry, and GET for all.
func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		v.mu.Lock()
		defer v.mu.Unlock()
		for _, e := range v.entries {
			fmt.Fprintln(w, e)
		}
		return
	}
	fence, err := strconv.ParseUint(r.URL.Query().Get("fence"), 10, 64)
	if err != nil {
		http.Error(w, "?fence=N", http.StatusBadRequest)
		return
	}
	entry, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<10))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := v.put(fence, string(entry)); err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
	}
}

// post gives an entry to a vault behind HTTP.
func post(ctx context.Context, url string, fence lockstep.Position, entry string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s?fence=%d", url, fence.Uint64()), bytes.NewReader([]byte(entry)))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusConflict:
		return errStale
	}
	return errors.New(answer.Status)
}
