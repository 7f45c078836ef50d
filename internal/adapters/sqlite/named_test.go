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

// titleAndBody declares title, with 2 components, and body, with 3.
func titleAndBody() domain.NamedVectors {
	n, err := domain.NewNamedVectors(domain.NamedVector{Name: "title", Dims: 2, Metric: domain.L2}, domain.NamedVector{Name: "body", Dims: 3})
	if err != nil {
		panic(err)
	}
	return n
}

// putNamed makes the database id, which declares title and body, with n chunks that have title.
func putNamed(t *testing.T, s *sqlite.Store, id string, n int) []domain.Chunk {
	t.Helper()
	chunks := plain(n, 2)
	for i := range chunks {
		chunks[i].Vectors = domain.Vectors{"title": {float32(i), 1}}
	}
	if _, err := s.Write(ctx, domain.Batch{Database: id, Create: &domain.Settings{Vectors: titleAndBody()}, Put: chunks}, nil); err != nil {
		t.Fatal(err)
	}
	return chunks
}

// namedOf reads the chunks of a database with their named vectors only.
func namedOf(t *testing.T, s *sqlite.Store, id string) []domain.Chunk {
	t.Helper()
	db, err := s.Find(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	chunks, err := s.Chunks(ctx, db, domain.Selection{Limit: 1 << 20}, domain.FieldVectors)
	if err != nil {
		t.Fatal(err)
	}
	return chunks
}

func sameVectors(t *testing.T, want, got []domain.Chunk) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d chunks; want %d", len(got), len(want))
	}
	for i := range want {
		if diff := cmp.Diff(want[i].Vectors, got[i].Vectors); diff != "" {
			t.Errorf("chunk %d (-want +got):\n%s", i+1, diff)
		}
	}
}

func TestOlderFilesTakeNamedVectors(t *testing.T) {
	for _, driver := range []string{"mattn", "modernc"} {
		path := filepath.Join(t.TempDir(), "memista.db")
		unpack(t, filepath.Join("testdata", "v1-"+driver+".db.gz"), path)
		s := open(t, path, nil)
		want := putNamed(t, s, "db", 20)
		closeStore(t, s)
		s = open(t, path, nil)
		sameVectors(t, want, namedOf(t, s, "db"))
		if lines, _ := verify(t, s, false); len(lines) > 0 {
			t.Errorf("%s: Verify = %v; want nothing found", driver, lines)
		}
	}
}

func TestDropFreesNamedVectors(t *testing.T) {
	for _, n := range []int{10, 1000} {
		s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
		putNamed(t, s, "kept", 3)
		putNamed(t, s, "db", n)
		if err := s.Drop(ctx, "db", nil); err != nil {
			t.Fatal(err)
		}
		eventually(t, "all named vectors are freed", func() bool {
			left, err := s.Text("SELECT count(*) FROM named_vectors")
			return err == nil && left == "3"
		})
		if lines, _ := verify(t, s, false); len(lines) > 0 {
			t.Errorf("Verify = %v; want nothing found", lines)
		}
	}
}

func TestQuarantineKeepsNamedVectors(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	putNamed(t, s, "db", 3)
	if err := s.OnWriter("UPDATE chunks_db SET text = 'spoilt' WHERE chunk_id = 2"); err != nil {
		t.Fatal(err)
	}
	if _, report := verify(t, s, true); report.Left() != 0 {
		t.Errorf("%d findings are left; want none", report.Left())
	}
	wantText(t, s, "SELECT chunk_id || '-' || length(vectors) FROM quarantine_named", "2-15")
	wantText(t, s, "SELECT count(*) FROM named_vectors", "2")
}

func TestBackupsHaveNamedVectors(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "memista.db"), nil)
	want := putNamed(t, s, "db", 5)
	if _, err := s.BackupTo(ctx, filepath.Join(dir, "copy.db")); err != nil {
		t.Fatal(err)
	}
	sameVectors(t, want, namedOf(t, open(t, filepath.Join(dir, "copy.db"), nil), "db"))
}

func TestDamagedNamedVectorsAreErrCorrupt(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	putNamed(t, s, "db", 3)
	if err := s.OnWriter("UPDATE named_vectors SET vectors = x'01' WHERE id = (1 << 36) + 2"); err != nil {
		t.Fatal(err)
	}
	db, err := s.Find(ctx, "db")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Chunks(ctx, db, domain.Selection{Limit: 9}, domain.FieldVectors)
	wantKind(t, "Chunks(vectors) of a damaged row", err, domain.ErrCorrupt)
	if got, err := s.Chunks(ctx, db, domain.Selection{Limit: 9}, domain.DefaultFields); err != nil || len(got) != 3 {
		t.Errorf("Chunks = %d, %v; want 3", len(got), err)
	}
}

func TestExpiredNamedVectorsGo(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, "", nil)
	putNamed(t, s, "db", 1)
	c := plain(1, 2)[0]
	c.ExpiresAt, c.Vectors = now, domain.Vectors{"title": {1, 1}}
	if _, err := s.Write(ctx, domain.Batch{Database: "db", Put: []domain.Chunk{c}}, nil); err != nil {
		t.Fatal(err)
	}
	wantText(t, s, "SELECT count(*) FROM named_vectors", "2")
	if _, err := s.Write(ctx, domain.Batch{Database: "db", Delete: []int64{1, 2}, ExpiredOnly: true, At: now}, nil); err != nil {
		t.Fatal(err)
	}
	wantText(t, s, "SELECT count(*) FROM named_vectors", "1")
}

// crashVectors is the named vectors of crashChunk(w, n).
func crashVectors(w, n int) domain.Vectors {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(w)))
	all := domain.Vectors{"title": {rng.Float32(), 1}}
	if rng.IntN(2) == 0 {
		all["body"] = []float32{rng.Float32(), rng.Float32(), 1}
	}
	return all
}

func TestNamedVectorsSurviveKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	want, deleted := killAndRemember(t, "insert named", path)
	s := open(t, path, nil)
	checkSurvivors(t, all(t, s, "crash"), want, deleted)
	chunks := namedOf(t, s, "crash")
	for _, c := range chunks {
		var w, n int
		if _, err := fmt.Sscanf(c.Key, "%d/%d", &w, &n); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(crashVectors(w, n), c.Vectors); diff != "" {
			t.Errorf("chunk %s (-want +got):\n%s", c.Key, diff)
		}
	}
	wantText(t, s, "SELECT count(*) FROM named_vectors", fmt.Sprint(len(chunks)))
	if lines, _ := verify(t, s, false); len(lines) > 0 || len(chunks) == 0 {
		t.Errorf("%d chunks, Verify = %v; want some and nothing found", len(chunks), lines)
	}
}
