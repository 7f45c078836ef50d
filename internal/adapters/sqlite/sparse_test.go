package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// putSparse makes the database id, which declares bm25, with n chunks that have it.
func putSparse(t *testing.T, s *sqlite.Store, id string, n int) []domain.Chunk {
	t.Helper()
	names, err := domain.NewSparseNames(map[string]domain.SparseModifier{"bm25": domain.SparseIDF})
	if err != nil {
		t.Fatal(err)
	}
	chunks := plain(n, 2)
	for i := range chunks {
		chunks[i].Sparse = domain.SparseVectors{"bm25": {Indices: []uint32{uint32(i), 1 << 31}, Values: []float32{1, float32(i)}}}
	}
	if _, err := s.Write(ctx, domain.Batch{Database: id, Create: &domain.Settings{Sparse: names}, Put: chunks}, nil); err != nil {
		t.Fatal(err)
	}
	return chunks
}

// sparseOf reads the sparse vectors of a database.
func sparseOf(t *testing.T, s *sqlite.Store, id string) (out []domain.SparseVectors) {
	t.Helper()
	db, err := s.Find(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := s.Chunks(ctx, db, domain.Selection{Limit: 1 << 20}, domain.FieldSparse)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chunks {
		out = append(out, c.Sparse)
	}
	return out
}

func TestOlderFilesTakeSparseVectors(t *testing.T) {
	for _, driver := range []string{"mattn", "modernc"} {
		path := filepath.Join(t.TempDir(), "memista.db")
		unpack(t, filepath.Join("testdata", "v1-"+driver+".db.gz"), path)
		s := open(t, path, nil)
		want := putSparse(t, s, "db", 20)
		closeStore(t, s)
		s = open(t, path, nil)
		got := sparseOf(t, s, "db")
		for i := range got {
			if diff := cmp.Diff(want[i].Sparse, got[i]); diff != "" {
				t.Errorf("%s: chunk %d (-want +got):\n%s", driver, i+1, diff)
			}
		}
		if lines, _ := verify(t, s, false); len(got) != 20 || len(lines) > 0 {
			t.Errorf("%s: %d chunks, Verify = %v; want 20 and nothing found", driver, len(got), lines)
		}
	}
}

// The space of a database that is dropped is freed in one step up to 64 chunks, and else in
// many.
func TestDropFreesSparseVectors(t *testing.T) {
	for _, n := range []int{10, 1000} {
		s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
		putSparse(t, s, "kept", 3)
		putSparse(t, s, "db", n)
		if err := s.Drop(ctx, "db", nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, "all sparse vectors are freed", func() bool {
			left, err := s.Text("SELECT count(*) FROM sparse_vectors")
			return err == nil && left == "3"
		})
		if lines, _ := verify(t, s, false); len(lines) > 0 || len(sparseOf(t, s, "kept")) != 3 {
			t.Errorf("Verify = %v; want nothing found", lines)
		}
	}
}

func TestQuarantineKeepsSparseVectors(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	putSparse(t, s, "db", 3)
	if err := s.OnWriter("UPDATE chunks_db SET text = 'spoilt' WHERE chunk_id = 2"); err != nil {
		t.Fatal(err)
	}
	if _, report := verify(t, s, true); report.Left() != 0 {
		t.Errorf("%d findings are left; want none", report.Left())
	}
	wantText(t, s, "SELECT chunk_id || '-' || length(vectors) FROM quarantine_sparse", "2-20")
	wantText(t, s, "SELECT count(*) FROM sparse_vectors", "2")
}

func TestBackupsHaveSparseVectors(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "memista.db"), nil)
	want := putSparse(t, s, "db", 5)
	if _, err := s.BackupTo(ctx, filepath.Join(dir, "copy.db")); err != nil {
		t.Fatal(err)
	}
	got := sparseOf(t, open(t, filepath.Join(dir, "copy.db"), nil), "db")
	for i := range want {
		if diff := cmp.Diff(want[i].Sparse, got[i]); diff != "" {
			t.Errorf("chunk %d (-want +got):\n%s", i+1, diff)
		}
	}
}

func TestDamagedSparseVectorsAreErrCorrupt(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	putSparse(t, s, "db", 3)
	if err := s.OnWriter("UPDATE sparse_vectors SET vectors = x'01' WHERE id = (1 << 36) + 2"); err != nil {
		t.Fatal(err)
	}
	db, err := s.Find(ctx, "db")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Chunks(ctx, db, domain.Selection{Limit: 9}, domain.FieldSparse)
	wantKind(t, "Chunks(sparse) of a damaged row", err, domain.ErrCorrupt)
	if got, err := s.Chunks(ctx, db, domain.Selection{Limit: 9}, domain.DefaultFields); err != nil || len(got) != 3 {
		t.Errorf("Chunks = %d, %v; want 3", len(got), err)
	}
}

func TestExpiredSparseVectorsGo(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, "", nil)
	putSparse(t, s, "db", 1)
	c := plain(1, 2)[0]
	c.ExpiresAt, c.Sparse = now, domain.SparseVectors{"bm25": {Indices: []uint32{1}, Values: []float32{1}}}
	if _, err := s.Write(ctx, domain.Batch{Database: "db", Put: []domain.Chunk{c}}, nil); err != nil {
		t.Fatal(err)
	}
	wantText(t, s, "SELECT count(*) FROM sparse_vectors", "2")
	if _, err := s.Write(ctx, domain.Batch{Database: "db", Delete: []int64{1, 2}, ExpiredOnly: true, At: now}, nil); err != nil {
		t.Fatal(err)
	}
	wantText(t, s, "SELECT count(*) FROM sparse_vectors", "1")
}

// crashSparse is the sparse vectors of crashChunk(w, n).
func crashSparse(w, n int) domain.SparseVectors {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(w)))
	all := domain.SparseVectors{}
	for _, name := range []string{"a", "b"} {
		v := domain.SparseVector{Indices: []uint32{}, Values: []float32{}}
		for i := range uint32(rng.IntN(30)) {
			v.Indices, v.Values = append(v.Indices, i*1000+rng.Uint32N(1000)), append(v.Values, rng.Float32())
		}
		all[name] = v
	}
	return all
}

func TestSparseVectorsSurviveKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	want, deleted := killAndRemember(t, "insert sparse", path)
	s := open(t, path, nil)
	checkSurvivors(t, all(t, s, "crash"), want, deleted)
	db, err := s.Find(ctx, "crash")
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := s.Chunks(ctx, db, domain.Selection{Limit: 1 << 20}, domain.FieldSparse)
	if err != nil || len(chunks) == 0 {
		t.Fatalf("%d chunks, %v", len(chunks), err)
	}
	for _, c := range chunks {
		var w, n int
		if _, err := fmt.Sscanf(c.Key, "%d/%d", &w, &n); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(crashSparse(w, n), c.Sparse); diff != "" {
			t.Errorf("chunk %s (-want +got):\n%s", c.Key, diff)
		}
	}
	wantText(t, s, "SELECT count(*) FROM sparse_vectors", fmt.Sprint(len(chunks)))
	if lines, _ := verify(t, s, false); len(lines) > 0 {
		t.Errorf("Verify = %v; want nothing found", lines)
	}
}
