package hnsw_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

var (
	golden = filepath.Join("..", "..", "..", "..", "test", "golden", "hnsw-v2.hnsw")
	older  = filepath.Join("..", "..", "..", "..", "test", "golden", "hnsw-v1.hnsw")
)

var goldenSettings = ports.IndexSettings{Metric: domain.Cosine, Dims: 5, M: 3}

var goldenSnapshot = ports.Snapshot{Incarnation: domain.Incarnation{7}, Sequence: 300, Hash: domain.Hash{8}}

// goldenVectors are what the golden file holds under ids from 1 on, but for id 7. The
// last ones are copies.
func goldenVectors() [][]float32 {
	vs := indextest.Gaussian(11, 80, goldenSettings.Dims)
	indextest.Shift(vs, 3) // so that rows leave something out
	return append(vs, vs[10], vs[10], nudged(vs[10]), vs[20])
}

// nudged returns a vector that is nearly v.
func nudged(v []float32) []float32 {
	v = slices.Clone(v)
	v[0] += 1e-5
	return v
}

func TestGoldenFile(t *testing.T) {
	vs := goldenVectors()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		ix := open(t, goldenSettings)
		if err := ix.Add(ids(len(vs)), vs); err != nil {
			t.Fatal(err)
		}
		if _, err := ix.Remove([]int64{7}); err != nil {
			t.Fatal(err)
		}
		if err := ix.Save(ctx, golden, goldenSnapshot); err != nil {
			t.Fatal(err)
		}
	}
	ix, snap, err := hnsw.Engine{}.Open(golden, goldenSettings, goldenSnapshot.Incarnation)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	if !cmp.Equal(snap, goldenSnapshot) {
		t.Errorf("snapshot = %+v; want %+v", snap, goldenSnapshot)
	}
	for i, v := range vs {
		hits, _, err := ix.Search(ctx, ports.Query{Vector: v, K: 4})
		found := slices.ContainsFunc(hits, func(h domain.Neighbor) bool { return h.ID == int64(i+1) })
		if err != nil || len(hits) != 4 || found == (i+1 == 7) {
			t.Errorf("Search for the vector of id %d = %v, %v", i+1, hits, err)
		}
	}
	if lost, err := ix.(ports.Auditor).Audit(ctx); err != nil || len(lost) > 0 {
		t.Errorf("Audit = %v, %v", lost, err)
	}
}

func TestOtherMIsStale(t *testing.T) {
	s := goldenSettings
	s.M = 4
	if _, _, err := (hnsw.Engine{}).Open(golden, s, goldenSnapshot.Incarnation); !errors.Is(err, domain.ErrStaleSnapshot) {
		t.Errorf("Open with another m = %v; want ErrStaleSnapshot", err)
	}
}

// TestOlderFileIsStale: files of before equal vectors were copies, and rows left out what
// all have in common, are built again.
func TestOlderFileIsStale(t *testing.T) {
	if _, _, err := (hnsw.Engine{}).Open(older, goldenSettings, goldenSnapshot.Incarnation); !errors.Is(err, domain.ErrStaleSnapshot) {
		t.Errorf("Open of an older file = %v; want ErrStaleSnapshot", err)
	}
}

// sections are those of the golden file, in their order.
var sections = []string{"graph", "common", "rows", "links", "ids", "removed", "levels", "parents", "hosts", "upper links", "originals"}

// FuzzOpen puts wrong bytes under right checksums, as only a fault of ours could, and
// then works with what opens: nothing may crash, hang or read beyond the sections.
func FuzzOpen(f *testing.F) {
	file, err := indexfile.Open(golden, indexfile.Want{
		Engine: "hnsw", Metric: goldenSettings.Metric, Dims: goldenSettings.Dims, Incarnation: goldenSnapshot.Incarnation,
	})
	if err != nil {
		f.Fatal(err)
	}
	defer file.Close()
	for i := range sections {
		f.Add(uint8(i), uint16(4), []byte{1, 0, 0, 0}, uint8(0))
		f.Add(uint8(i), uint16(0), []byte{255, 255, 255, 255}, uint8(1))
	}
	vs := goldenVectors()
	f.Fuzz(func(t *testing.T, which uint8, at uint16, change []byte, cut uint8) {
		path := filepath.Join(t.TempDir(), "f.hnsw")
		w, err := indexfile.Create(path, file.Header())
		if err != nil {
			t.Fatal(err)
		}
		defer w.Abort()
		for i, name := range sections {
			s, ok := file.Section(name)
			if !ok {
				t.Fatalf("the golden file has no section %q", name)
			}
			s = append([]byte(nil), s...)
			if i == int(which)%len(sections) {
				copy(s[min(int(at), len(s)):], change)
				s = s[:len(s)-min(int(cut), len(s))]
			}
			if err := w.Add(name, s); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		exercise(t, path, vs)
	})
}

func exercise(t *testing.T, path string, vs [][]float32) {
	ix, _, err := hnsw.Engine{}.Open(path, goldenSettings, goldenSnapshot.Incarnation)
	if err != nil {
		if !errors.Is(err, domain.ErrCorrupt) && !errors.Is(err, domain.ErrStaleSnapshot) {
			t.Errorf("Open = %v; want ErrCorrupt", err)
		}
		return
	}
	defer ix.Close()
	for _, q := range []ports.Query{{K: 3, Ef: 1}, {K: 3, Ef: 1, Allow: indextest.NewSet(1, 2, 3)}, {K: 100, Exact: true}} {
		q.Vector = vs[0]
		if _, _, err := ix.Search(ctx, q); err != nil {
			t.Errorf("Search = %v", err)
		}
	}
	if err := ix.Add([]int64{3, 100, 101}, vs[:3]); err != nil {
		t.Errorf("Add = %v", err)
	}
	if _, err := ix.Remove(ids(30)); err != nil {
		t.Errorf("Remove = %v", err)
	}
	if err := ix.(*hnsw.Index).Vacuum(ctx); err != nil {
		t.Errorf("Vacuum = %v", err)
	}
}
