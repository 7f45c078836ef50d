package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/rest"
)

// server is a running memista with nothing set but where it is.
type server struct{ *process.Memista }

// with runs fn with a server on the data in dir, or on none if dir is "".
func (b *bench) with(ctx context.Context, dir string, fn func(*server) error) error {
	var env []string
	if dir != "" {
		env = append(env, "DATABASE_PATH="+filepath.Join(dir, "memista.db"))
	}
	return process.WithMemista(ctx, b.binary, func(m *process.Memista) error { return fn(&server{m}) }, env...)
}

// drained waits until the graph has n vectors and the tail none. A database that is too
// small for a graph is all tail.
func (s *server) drained(ctx context.Context, database string, n int) error {
	const pause, limit, least = 10 * time.Millisecond, 10 * time.Minute, 5000
	if n < least {
		return nil
	}
	for began := time.Now(); ; time.Sleep(pause) {
		p, err := s.Parts(ctx, database)
		if err != nil {
			return err
		}
		if p.Indexed(n) {
			return nil
		}
		if time.Since(began) > limit {
			return fmt.Errorf("the graph does not have %d vectors after %v", n, limit)
		}
	}
}

// metric returns a metric that has no labels.
func (s *server) metric(ctx context.Context, name string) (float64, error) {
	raw, err := s.Get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
	}
	return 0, fmt.Errorf("no metric %s", name)
}

// hit is what a search tells of a chunk it has found.
type hit struct {
	ID    int64 `json:"chunk_id"`
	Text  string
	Score float32
}

// find sends a search with one query.
func find(c *rest.Conn, body []byte) ([]hit, error) {
	answer, err := c.Do("/v1/search", body)
	if err != nil {
		return nil, err
	}
	var lists [][]hit
	if err := json.Unmarshal(answer, &lists); err != nil || len(lists) != 1 {
		return nil, fmt.Errorf("answer %.200s: %w", answer, err)
	}
	return lists[0], nil
}
