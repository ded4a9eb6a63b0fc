package main

// The source: where the truth is. It stands for a database: slow, and knowing nothing of who asks, except that fences grow.

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/lockstep-go/lockstep"
)

var errOvertaken = errors.New("a later write of this key has begun")

type source struct {
	mu     sync.Mutex
	delay  time.Duration // each way
	rows   map[string]string
	fences map[string]lockstep.Position
	reads  int
}

func newSource(delay time.Duration) *source {
	return &source{delay: delay, rows: map[string]string{}, fences: map[string]lockstep.Position{}}
}

// travel is the way to the source or back.
func (s *source) travel(ctx context.Context) error {
	s.mu.Lock()
	delay := s.delay
	s.mu.Unlock()
	select {
	case <-time.After(delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *source) read(ctx context.Context, key string) (string, error) {
	if err := s.travel(ctx); err != nil {
		return "", err
	}
	s.mu.Lock()
	row := s.rows[key]
	s.reads++
	s.mu.Unlock()
	return row, s.travel(ctx)
}

// write sets a row, unless the fence is lower than one that was here before.
func (s *source) write(ctx context.Context, key, row string, fence lockstep.Position) error {
	if err := s.travel(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	overtaken := fence < s.fences[key]
	if !overtaken {
		s.rows[key], s.fences[key] = row, fence
	}
	s.mu.Unlock()
	if overtaken {
		return errOvertaken
	}
	return s.travel(ctx)
}

// raise has the source refuse all writes of the key below the fence, and changes nothing else.
func (s *source) raise(ctx context.Context, key string, fence lockstep.Position) error {
	if err := s.travel(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	s.fences[key] = max(s.fences[key], fence)
	s.mu.Unlock()
	return s.travel(ctx)
}
