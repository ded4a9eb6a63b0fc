//go:build linux

package main

// What the machine itself allows: the bare program on the hosts.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/lockstep-go/lockstep/internal/record"
)

const (
	barePort = 7900
	// headers are what IP and UDP take of a packet, in bytes.
	headers = 28
	// datagramMost is the largest payload of a datagram, which the kernel may cut into segments.
	datagramMost = 65507
)

// A bareResult is what the bare program prints.
type bareResult struct {
	N         int     `json:"n"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
	PerSecond float64 `json:"per_s"`
	Megabytes float64 `json:"mb_per_s"`
}

func (s *study) barePath() string { return filepath.Join(s.Dir, "bare") }

func (s *study) bareJobs() []job {
	full := s.mtu - headers
	return []job{
		{"rotation", s.rotations},
		{"limit/64", func(ctx context.Context) error { return s.limit(ctx, "64", 64, 1) }},
		{"limit/1400", func(ctx context.Context) error { return s.limit(ctx, "1400", min(1400, full), 1) }},
		{"limit/segments", func(ctx context.Context) error { return s.limit(ctx, "segments", min(1400, full), 40) }},
		{"limit/sealed", func(ctx context.Context) error { return s.sealed(ctx, "sealed", min(sealedSize, full), 40) }},
		{"limit/sealed-single", func(ctx context.Context) error { return s.sealed(ctx, "sealed-single", min(sealedSize, full), 1) }},
		{"limit/full", func(ctx context.Context) error { return s.limit(ctx, "full", full, 1) }},
		{"limit/full-segments", func(ctx context.Context) error { return s.limit(ctx, "full-segments", full, datagramMost/full) }},
	}
}

// rotations passes a datagram round the hosts, back to back and after silence.
func (s *study) rotations(ctx context.Context) error {
	for _, how := range []struct {
		key   string
		pause string
		net   bool
	}{{"rotation", "0s", true}, {"rotation/5ms", "5ms", true}, {"rotation/calls", "0s", false}, {"rotation/calls/5ms", "5ms", false}} {
		out, err := together(ctx, hosts, func(ctx context.Context, i int) (bareResult, error) {
			args := []string{"pass", "-listen", s.address(i, barePort), "-next", s.address((i+1)%hosts, barePort), "-for", s.runFor.String(),
				"-net=" + strconv.FormatBool(how.net)}
			if i == 0 {
				args = append(args, "-first", "-pause", how.pause)
			}
			return s.bare(ctx, i, args...)
		})
		if err != nil {
			return err
		}
		if out[0].N == 0 {
			return errors.New("no datagram came round in time")
		}
		s.add(record.Bare, how.key+"/p50", "us", out[0].P50)
		s.add(record.Bare, how.key+"/p99", "us", out[0].P99)
	}
	return nil
}

// limit floods two hosts from the third, with single datagrams or with segments.
func (s *study) limit(ctx context.Context, name string, size, segments int) error {
	var to []string
	for i := 1; i < hosts; i++ {
		to = append(to, s.address(i, barePort))
	}
	out, err := together(ctx, hosts, func(ctx context.Context, i int) (bareResult, error) {
		if i == 0 {
			return s.bare(ctx, i, "flood", "-to", strings.Join(to, ","), "-size", strconv.Itoa(size), "-segments", strconv.Itoa(segments),
				"-for", s.runFor.String())
		}
		return s.bare(ctx, i, "drain", "-listen", to[i-1], "-size", strconv.Itoa(size), "-gro="+strconv.FormatBool(segments > 1),
			"-for", s.runFor.String())
	})
	if err != nil {
		return err
	}
	least := min(out[1].PerSecond, out[2].PerSecond)
	if least == 0 {
		return errors.New("a receiver got nothing")
	}
	s.add(record.Bare, "limit/"+name+"/rate", "/s", least)
	s.add(record.Bare, "limit/"+name+"/bytes", "MB/s", least*float64(size)/1e6)
	return nil
}

// sealedSize is the body of a packet that makes a datagram of 1400 bytes.
const sealedSize = 1344

// sealed floods two hosts from the third with packets of the transport, cut by the kernel or not.
func (s *study) sealed(ctx context.Context, name string, size, segments int) error {
	var to []string
	for i := 1; i < hosts; i++ {
		to = append(to, s.address(i, barePort))
	}
	out, err := together(ctx, hosts, func(ctx context.Context, i int) (bareResult, error) {
		common := []string{"-size", strconv.Itoa(size), "-segments", strconv.Itoa(segments), "-for", s.runFor.String(), "-listen", s.address(i, barePort)}
		if i == 0 {
			return s.bare(ctx, i, append([]string{"seal", "-to", strings.Join(to, ",")}, common...)...)
		}
		return s.bare(ctx, i, append([]string{"open"}, common...)...)
	})
	if err != nil {
		return err
	}
	least := min(out[1].PerSecond, out[2].PerSecond)
	if least == 0 {
		return errors.New("a receiver got nothing")
	}
	s.add(record.Bare, "limit/"+name+"/rate", "/s", least)
	s.add(record.Bare, "limit/"+name+"/bytes", "MB/s", least*float64(size)/1e6)
	return nil
}

// bare runs the bare program on a host.
func (s *study) bare(ctx context.Context, host int, args ...string) (r bareResult, err error) {
	out, err := s.Run(ctx, s.net.Hosts[host], s.barePath(), args...)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(out), &r)
}

// address is where a program on a host listens.
func (s *study) address(host, port int) string {
	return fmt.Sprintf("%v:%d", s.net.Hosts[host].Addr, port)
}
