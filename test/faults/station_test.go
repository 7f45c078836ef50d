//go:build unix

package faults_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// smallGraph is from how many vectors on a database of these tests has a graph.
const smallGraph = 100

// station is a data directory with a service in this process, on real parts.
type station struct {
	t   *testing.T
	dir string
	svc *app.Service

	mu       sync.Mutex // guards reported
	reported []error
}

// open starts the service.
func (st *station) open() {
	st.t.Helper()
	store, err := sqlite.Open(st.t.Context(), filepath.Join(st.dir, "memista.db"), &sqlite.Options{Durability: "normal"})
	if err != nil {
		st.t.Fatal(err)
	}
	st.svc, err = app.New(app.Config{
		Repository: store, Flat: flat.Engine{}, Engines: []ports.Engine{hnsw.Engine{}},
		FlatMax: func(int) int { return smallGraph }, Files: indexdir.Dir(st.dir),
		Report: func(id string, err error) {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.reported = append(st.reported, fmt.Errorf("%s: %w", id, err))
		},
	})
	if err != nil {
		st.t.Fatal(errors.Join(err, store.Close()))
	}
}

func (st *station) close() {
	st.t.Helper()
	if err := st.svc.Close(); err != nil {
		st.t.Errorf("Close: %v", err)
	}
}

// verified has the service compare its rows with their checksums and its index files with
// the rows.
func (st *station) verified() {
	st.t.Helper()
	report, err := st.svc.Verify(st.t.Context(), false)
	if err != nil || len(report.Findings) > 0 {
		st.t.Errorf("Verify = %v, %v; want nothing to be wrong", report.Findings, err)
	}
}

// reports returns and forgets what the service reported.
func (st *station) reports() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	err := errors.Join(st.reported...)
	st.reported = nil
	return err
}

// insert stores chunks n from to to-1 of a database and returns their ids.
func (st *station) insert(database string, dims int, from, to int64) []int64 {
	st.t.Helper()
	chunks := make([]domain.Chunk, 0, to-from)
	for n := from; n < to; n++ {
		c := content(database, dims, n)
		chunks = append(chunks, domain.Chunk{Text: c.Text, Embedding: c.Embedding})
	}
	ids, err := st.svc.Insert(st.t.Context(), app.Insert{Database: database, Metric: domain.InnerProduct, Chunks: chunks})
	if err != nil {
		st.t.Fatal(err)
	}
	return ids
}

// indexed waits until all of a database is in its graph.
func (st *station) indexed(database string) {
	st.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		info, err := st.svc.Database(st.t.Context(), database)
		if err != nil {
			st.t.Fatal(err)
		}
		if info.Open && info.Plan == domain.PlanGraph && info.Tail.Len == 0 && int64(info.Graph.Len) == info.Chunks {
			return
		}
		if time.Now().After(deadline) {
			st.t.Fatalf("%s is not in its graph: %+v", database, info)
		}
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func writeFile(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
