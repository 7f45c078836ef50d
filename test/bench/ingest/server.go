package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/test/bench/process"
	"github.com/memista/memista/test/bench/rest"
)

// server is a running memista with nothing set but where it is.
type server struct {
	*process.Process
	addr string
}

const startLimit = time.Minute

// start runs the binary on the data in dir, or on none if dir is "".
func start(ctx context.Context, binary, dir string) (*server, error) {
	port, err := process.FreePorts(1)
	if err != nil {
		return nil, err
	}
	s := &server{addr: "127.0.0.1:" + port[0]}
	env := []string{"SERVER_PORT=" + port[0]}
	if dir != "" {
		env = append(env, "DATABASE_PATH="+filepath.Join(dir, "memista.db"))
	}
	s.Process, err = process.Start(ctx, process.Spec{
		Binary: binary, Args: []string{"serve"}, Env: env, Ready: "http://" + s.addr + "/readyz", Within: startLimit,
	})
	return s, err
}

// with runs fn with a server on the data in dir.
func (b *bench) with(ctx context.Context, dir string, fn func(*server) error) error {
	s, err := start(ctx, b.binary, dir)
	if err != nil {
		return err
	}
	err = fn(s)
	_, stopErr := s.Stop()
	return errors.Join(err, stopErr)
}

// parts is what a database tells of its two parts.
type parts struct {
	Tail, Graph *struct {
		Vectors int
		Bytes   int64
	}
}

// parts describes a database.
func (s *server) parts(ctx context.Context, database string) (p parts, err error) {
	raw, err := s.get(ctx, "/v1/databases/"+database)
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err == nil && p.Tail == nil {
		err = fmt.Errorf("database %s is not open: %s", database, raw)
	}
	return p, err
}

// drained waits until the graph has n vectors and the tail none. A database that is too
// small for a graph is all tail.
func (s *server) drained(ctx context.Context, database string, n int) error {
	const pause, limit, least = 10 * time.Millisecond, 10 * time.Minute, 5000
	if n < least {
		return nil
	}
	for began := time.Now(); ; time.Sleep(pause) {
		p, err := s.parts(ctx, database)
		if err != nil {
			return err
		}
		if p.Tail.Vectors == 0 && p.Graph != nil && p.Graph.Vectors == n {
			return nil
		}
		if time.Since(began) > limit {
			return fmt.Errorf("the graph does not have %d vectors after %v", n, limit)
		}
	}
}

// metric returns a metric that has no labels.
func (s *server) metric(ctx context.Context, name string) (float64, error) {
	raw, err := s.get(ctx, "/metrics")
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

func (s *server) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.addr+path, nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	raw, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", path, res.Status, raw)
	}
	return raw, err
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
