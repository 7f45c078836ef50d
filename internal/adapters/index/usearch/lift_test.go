//go:build usearch && cgo

package usearch_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/adapters/index/usearch"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

func longer(v []float32, factor float32) []float32 {
	out := slices.Clone(v)
	for i := range out {
		out[i] *= factor
	}
	return out
}

// shareFound returns how many of the ten nearest a walk finds.
func shareFound(t *testing.T, ix ports.VectorIndex, queries [][]float32) float64 {
	t.Helper()
	found := 0
	for _, q := range queries {
		exact, _ := search(t, ix, ports.Query{Vector: q, K: 10, Exact: true})
		walked, _ := search(t, ix, ports.Query{Vector: q, K: 10})
		for _, h := range walked {
			if slices.ContainsFunc(exact, func(e domain.Neighbor) bool { return e.ID == h.ID }) {
				found++
			}
		}
	}
	return float64(found) / float64(10*len(queries))
}

// TestAGraphFollowsTheLengths fills an index with vectors a thousand times longer than
// those that stay: the graph, arranged for the long ones, is made anew.
func TestAGraphFollowsTheLengths(t *testing.T) {
	const dims, long, n = 32, 600, 5000
	vs := indextest.Gaussian(seed, n+100, dims)
	for i, v := range vs[:long] {
		vs[i] = longer(v, 1000)
	}
	for name, storage := range map[string]string{"bf16": "bf16", "f16, whose numbers end at 65504": "f16"} {
		t.Run(name, func(t *testing.T) {
			ix, err := usearch.Engine{Walk: true}.New(ports.IndexSettings{Metric: domain.InnerProduct, Dims: dims, Storage: storage})
			if err != nil {
				t.Fatal(err)
			}
			defer ix.Close()
			ended := watched(ix)
			if err := ix.Add(upTo(long), vs[:long]); err != nil {
				t.Fatal(err)
			}
			if err := ix.Add(upTo(n)[long:], vs[long:n]); err != nil {
				t.Fatal(err)
			}
			if removed, err := ix.Remove(upTo(long)); removed != long || err != nil {
				t.Fatalf("Remove = %d, %v; want %d", removed, err, long)
			}
			followed(t, ix, vs[n:], ended)
			if lost, err := ix.(ports.Auditor).Audit(context.Background()); err != nil || len(lost) != 0 {
				t.Errorf("Audit = %v, %v; want none lost", lost, err)
			}
		})
	}
}

// TestAGraphForgetsLongVectorsThatCameFirst adds a few far longer vectors one by one before
// all others, when nothing says that they are long.
func TestAGraphForgetsLongVectorsThatCameFirst(t *testing.T) {
	const dims, long, n = 32, 5, 6000
	vs := indextest.Gaussian(seed, n+100, dims)
	ix, err := usearch.Engine{Walk: true}.New(ports.IndexSettings{Metric: domain.InnerProduct, Dims: dims})
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	ended := watched(ix)
	for i := range long {
		vs[i] = longer(vs[i], 100)
		if err := ix.Add([]int64{int64(i + 1)}, vs[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	for i := long; i < n; i += 500 {
		end := min(i+500, n)
		if err := ix.Add(upTo(end)[i:], vs[i:end]); err != nil {
			t.Fatal(err)
		}
	}
	followed(t, ix, vs[n:], ended)
}

// watched returns a channel of how compactions of ix end.
func watched(ix ports.VectorIndex) <-chan error {
	ended := make(chan error, 100)
	ix.(ports.Maintainer).OnTask(func(ports.Task) func(error) { return func(err error) { ended <- err } })
	return ended
}

// followed waits until walks find what they should.
func followed(t *testing.T, ix ports.VectorIndex, queries [][]float32, ended <-chan error) {
	t.Helper()
	deadline := time.After(time.Minute)
	for share := 0.0; share < 0.95; share = shareFound(t, ix, queries) {
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("a compaction ended with %v", err)
			}
		case <-deadline:
			t.Fatalf("after a minute recall@10 = %.3f; want 0.95", share)
		}
	}
}

// TestTheLongestAcrossAFile saves and opens an index with some vectors that are kept out
// of the graph, and takes one of them away.
func TestTheLongestAcrossAFile(t *testing.T) {
	const dims, n = 16, 3000
	s := ports.IndexSettings{Metric: domain.InnerProduct, Dims: dims}
	e := usearch.Engine{Walk: true}
	vs := indextest.Gaussian(seed, n, dims)
	for i := 0; i < 100; i++ { // more than are kept out
		vs[30*i] = longer(vs[30*i], float32(100+i))
	}
	ix, err := e.New(s)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if err := ix.Add(upTo(n), vs); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x.usearch")
	if err := ix.(ports.Saver).Save(context.Background(), path, ports.Snapshot{}); err != nil {
		t.Fatal(err)
	}
	back, _, err := e.Open(path, s, domain.Incarnation{})
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	if a, b := ix.Stats(), back.Stats(); a.Len != b.Len || a.Dead != b.Dead {
		t.Errorf("Stats from the file = %+v; want those of %+v", b, a)
	}
	for i := range 100 {
		id := int64(30*i + 1)
		query := ports.Query{Vector: vs[id-1], K: 1}
		query.Exact = true
		exact, _ := search(t, back, query)
		query.Exact = false
		if found, _ := search(t, back, query); found[0].ID != exact[0].ID {
			t.Errorf("the nearest to the long vector %d is %+v; want %+v", id, found[0], exact[0])
		}
		if removed, err := back.Remove([]int64{id}); removed != 1 || err != nil {
			t.Fatalf("Remove(%d) = %d, %v", id, removed, err)
		}
		if found, _ := search(t, back, query); found[0].ID == id {
			t.Errorf("the removed vector %d is found", id)
		}
	}
	if lost, err := back.(ports.Auditor).Audit(context.Background()); err != nil || len(lost) != 0 {
		t.Errorf("Audit = %v, %v; want none lost", lost, err)
	}
}

// TestAFileOfAnotherArrangement opens a file as it was before the section "lift".
func TestAFileOfAnotherArrangement(t *testing.T) {
	s := ports.IndexSettings{Metric: domain.InnerProduct, Dims: 8, Storage: "bf16"}
	ix, _ := filled(t, usearch.Engine{}, s, 100)
	dir := t.TempDir()
	path, old := filepath.Join(dir, "x.usearch"), filepath.Join(dir, "old.usearch")
	if err := ix.(ports.Saver).Save(context.Background(), path, ports.Snapshot{}); err != nil {
		t.Fatal(err)
	}
	f, err := indexfile.Open(path, indexfile.Want{Engine: "usearch", Kind: s.Storage, Metric: s.Metric, Dims: s.Dims})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := indexfile.Create(old, f.Header())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, name := range []string{"ids", "rows", "graph", "state", "strays"} {
		content, _ := f.Section(name)
		if name == "state" {
			content = append(make([]byte, 16), content...)
		}
		if err := w.Add(name, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if ix, _, err := (usearch.Engine{}).Open(old, s, domain.Incarnation{}); !errors.Is(err, domain.ErrStaleSnapshot) {
		t.Errorf("Open = %v, %v; want %v", ix, err, domain.ErrStaleSnapshot)
	}
}
