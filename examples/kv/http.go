package main

// The front: HTTP in, changes and queries out.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/lockstep-go/lockstep"
)

const (
	maxValue = 1 << 20
	maxKey   = 1 << 10
	// answerTime is how long a request may take; a view change fits in it.
	answerTime = 10 * time.Second
)

// front is what a member answers. Every member answers everything.
func (s *store) front() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /kv/{key...}", s.serveGet)
	mux.HandleFunc("PUT /kv/{key...}", s.serveChange)
	mux.HandleFunc("DELETE /kv/{key...}", s.serveChange)
	// ready is for load balancers: this member can answer. live is for whoever restarts processes: a member without a quorum is in
	// order, and restarting it would only throw its copy away.
	mux.HandleFunc("GET /ready", func(w http.ResponseWriter, r *http.Request) {
		v := s.group.View()
		if !v.Primary {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintln(w, v)
	})
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-s.group.Done():
			http.Error(w, s.group.Err().Error(), http.StatusInternalServerError)
		default:
			fmt.Fprintln(w, "ok")
		}
	})
	return mux
}

// serveGet reads in the group's order; with ?stale, this member's own copy, and says in a header if that may be an old one.
func (s *store) serveGet(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	key := r.PathValue("key")
	var e Entry
	var err error
	if r.URL.Query().Has("stale") {
		var primary bool
		e, primary = s.look(key)
		w.Header().Set("Primary", fmt.Sprint(primary))
	} else {
		e, err = s.get(ctx, key)
	}
	switch {
	case err != nil:
		refuse(w, err)
	case e.Version == 0:
		http.Error(w, "no such key", http.StatusNotFound)
	default:
		w.Header().Set("ETag", tag(e.Version))
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(e.Value) // the client may have gone
	}
}

// serveChange is PUT and DELETE. A client that repeats a request under the same Idempotency-Key has it carried out once.
func (s *store) serveChange(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	ch := Change{Key: r.PathValue("key"), Request: r.Header.Get("Idempotency-Key"), Delete: r.Method == http.MethodDelete}
	if ch.Key == "" || len(ch.Key) > maxKey || len(ch.Request) > maxKey {
		http.Error(w, "keys have 1 to 1024 bytes", http.StatusBadRequest)
		return
	}
	if ch.Request == "" {
		ch.Request = rand.Text()
	}
	var ok bool
	if ch.If, ok = condition(r.Header.Get("If-Match"), r.Header.Get("If-None-Match")); !ok {
		http.Error(w, "If-Match takes * or one version in quotes, If-None-Match takes *, and not both", http.StatusBadRequest)
		return
	}
	var err error
	if ch.Value, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxValue)); err != nil {
		status := http.StatusBadRequest
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		http.Error(w, err.Error(), status)
		return
	}
	w.Header().Set("Idempotency-Key", ch.Request)
	o, err := s.change(ctx, ch)
	if err != nil {
		refuse(w, err)
		return
	}
	if o.Version != 0 {
		w.Header().Set("ETag", tag(o.Version))
	}
	if !o.Done {
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// condition makes a Change's condition of two headers, and reports whether it can.
func condition(match, noneMatch string) (c string, ok bool) {
	switch version := strings.Trim(match, `"`); {
	case match == "" && noneMatch == "":
		return "", true
	case match == "" && noneMatch == "*":
		return "-", true
	case noneMatch != "":
		return "", false
	case match == "*":
		return "*", true
	default:
		number, err := strconv.ParseUint(version, 10, 64)
		return version, err == nil && match == tag(lockstep.Position(number))
	}
}

// refuse tells apart what a client must: 503 is "not done, ask another member", 504 is "done or not: repeat it under the same
// Idempotency-Key".
func refuse(w http.ResponseWriter, err error) {
	status := http.StatusServiceUnavailable
	if errors.Is(err, lockstep.ErrUncertain) {
		status = http.StatusGatewayTimeout
	}
	http.Error(w, err.Error(), status)
}

func tag(v lockstep.Position) string { return `"` + v.String() + `"` }
