package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Memista is a running memista with nothing set but where it is.
type Memista struct {
	*Process
	Addr string // host:port
}

// readyLimit is how long a start may take.
const readyLimit = time.Minute

// StartMemista runs the binary with env besides, on a new directory if that does not name a
// data file.
func StartMemista(ctx context.Context, binary string, env ...string) (*Memista, error) {
	port, err := FreePorts(1)
	if err != nil {
		return nil, err
	}
	m := &Memista{Addr: "127.0.0.1:" + port[0]}
	m.Process, err = Start(ctx, Spec{
		Binary: binary, Args: []string{"serve"}, Env: append([]string{"SERVER_PORT=" + port[0]}, env...),
		Ready: "http://" + m.Addr + "/readyz", Within: readyLimit,
	})
	return m, err
}

// WithMemista runs fn with a memista that StartMemista has started, and ends it.
func WithMemista(ctx context.Context, binary string, fn func(*Memista) error, env ...string) error {
	m, err := StartMemista(ctx, binary, env...)
	if err != nil {
		return err
	}
	err = fn(m)
	_, stopErr := m.Stop()
	return errors.Join(err, stopErr)
}

// Get returns the answer to a request for path.
func (m *Memista) Get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+m.Addr+path, nil)
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

// Parts is what a database tells of its two parts.
type Parts struct {
	Tail, Graph *struct {
		Vectors int
		Bytes   int64
	}
}

// Indexed reports whether the graph has n vectors and the tail none.
func (p Parts) Indexed(n int) bool {
	return p.Graph != nil && p.Graph.Vectors == n && p.Tail.Vectors == 0
}

// Parts describes a database, which has to be open.
func (m *Memista) Parts(ctx context.Context, database string) (p Parts, err error) {
	raw, err := m.Get(ctx, "/v1/databases/"+database)
	if err == nil {
		err = json.Unmarshal(raw, &p)
	}
	if err == nil && p.Tail == nil {
		err = fmt.Errorf("database %s is not open: %s", database, raw)
	}
	return p, err
}
