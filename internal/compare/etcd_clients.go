//go:build linux

package main

// The clients of etcd: this program again, on each host. They speak etcd's JSON, so that no client library is needed.

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/lockstep-go/lockstep/internal/lab"
)

const (
	// lockClients is the first argument that makes this program the clients of one host.
	lockClients = "etcd-clients"
	// clientsEach and lockNames are so many as in examples/lockservice.
	clientsEach = 256
	lockNames   = 4096
	// etcdPatience is how long the clients wait for a daemon that answers.
	etcdPatience = 20 * time.Second
	// answerMost is the largest answer that is read, in bytes.
	answerMost = 1 << 16
)

// runLockClients prints how many locks a second its clients took and gave back: args are the URL and how long.
func runLockClients(ctx context.Context, args []string, out, stderr io.Writer) int {
	if len(args) != 2 {
		fmt.Fprintln(stderr, "compare:", lockClients, "wants a URL and a time")
		return 2
	}
	runFor, err := time.ParseDuration(args[1])
	if err == nil {
		var rate float64
		if rate, err = measureLocks(ctx, args[0], runFor); err == nil {
			fmt.Fprintln(out, rate)
			return 0
		}
	}
	fmt.Fprintln(stderr, "compare:", err)
	return 1
}

// measureLocks begins to count when every client has its lease, and divides by the time until the last has given back what it held
// when runFor was over: a slow start is not in the figure, and each client takes one lock at least.
func measureLocks(ctx context.Context, url string, runFor time.Duration) (float64, error) {
	c := &etcdCaller{url: url, http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clientsEach}}}
	if _, err := c.lease(ctx); err != nil { // the daemon is there
		return 0, err
	}
	// A lease each: a lock is held by a lease.
	leases, err := together(ctx, clientsEach, func(ctx context.Context, _ int) (string, error) { return c.lease(ctx) })
	if err != nil {
		return 0, err
	}
	start := time.Now()
	taken, err := together(ctx, clientsEach, func(ctx context.Context, i int) (n int, err error) {
		for {
			if err := c.lock(ctx, leases[i]); err != nil {
				return n, err
			}
			if n++; time.Since(start) >= runFor {
				return n, nil
			}
		}
	})
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, n := range taken {
		sum += n
	}
	return float64(sum) / time.Since(start).Seconds(), nil
}

// An etcdCaller calls one daemon.
type etcdCaller struct {
	url  string
	http *http.Client
}

// lease is under which a client's locks are. It is asked for until the daemon is there.
func (c *etcdCaller) lease(ctx context.Context) (string, error) {
	var answer struct{ ID string }
	for deadline := time.Now().Add(etcdPatience); ; {
		err := c.call(ctx, "lease/grant", map[string]string{"TTL": "60"}, &answer)
		if err == nil || time.Now().After(deadline) {
			return answer.ID, err
		}
		if err := lab.Pause(ctx, 100*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// lock takes one lock of many and gives it back.
func (c *etcdCaller) lock(ctx context.Context, lease string) error {
	name := base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(rand.IntN(lockNames))))
	var held struct{ Key string }
	if err := c.call(ctx, "lock/lock", map[string]string{"name": name, "lease": lease}, &held); err != nil {
		return err
	}
	return c.call(ctx, "lock/unlock", map[string]string{"key": held.Key}, &struct{}{})
}

func (c *etcdCaller) call(ctx context.Context, method string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/v3/"+method, bytes.NewReader(body))
	if err != nil {
		return err
	}
	got, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, answerMost))
	if err != nil {
		return err
	}
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd: %s: %s: %.200s", method, got.Status, text)
	}
	return json.Unmarshal(text, answer)
}
