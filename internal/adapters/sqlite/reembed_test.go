package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// toDims is a change to a model of so many dimensions.
func toDims(dims int) domain.Reembedding {
	ref := domain.EmbedderRef{Provider: "fake", Model: fmt.Sprint(dims)}
	return domain.Reembedding{Embedder: domain.Embedder{EmbedderRef: ref, Fingerprint: "of it"}, Dims: dims, Metric: domain.Cosine}
}

// reembed makes embeddings for all chunks of database id, or as many as most.
func reembed(t *testing.T, s *sqlite.Store, id string, r domain.Reembedding, most int) domain.Database {
	t.Helper()
	db, err := s.Find(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err = s.BeginReembedding(ctx, db, r); !errors.Is(err, domain.ErrBusy) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	for n := 0; err == nil && n < most; {
		var list []domain.Chunk
		if list, err = s.Unembedded(ctx, db, min(100, most-n)); err != nil || len(list) == 0 {
			break
		}
		for i := range list {
			list[i].Embedding = make([]float32, r.Dims)
			list[i].Embedding[0] = float32(list[i].ID)
		}
		n += len(list)
		err = s.PutEmbeddings(ctx, db, list, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// emptied waits until a query yields nothing.
func emptied(t *testing.T, s *sqlite.Store, count string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		got, err := s.Text(count)
		if err != nil {
			t.Fatal(err)
		}
		if got == "0" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s = %s; want 0 in the end", count, got)
		}
	}
}

func TestSpaceOfEmbeddingsThatAreNotInUseIsGivenBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "db", texted(1500)...)
	put(t, s, "other", texted(3)...)
	const next, first = "SELECT count(*) FROM embeddings WHERE id < 0", "SELECT count(*) FROM embeddings WHERE id BETWEEN 1 << 36 AND 2 << 36"

	db := reembed(t, s, "db", toDims(300), 1200)
	wantText(t, s, next, "1200")
	if lines, _ := verify(t, s, false); len(lines) > 0 {
		t.Errorf("Verify during a change of embedder = %v; want no findings", lines)
	}
	if err := s.ForgetReembedding(ctx, db); err != nil {
		t.Fatal(err)
	}
	emptied(t, s, next)
	emptied(t, s, "SELECT count(*) FROM reembeds")
	emptied(t, s, "PRAGMA freelist_count")

	reembed(t, s, "db", toDims(2), 5000)
	closeStore(t, s) // a start goes on with what a stop, or a kill, has cut off
	s = open(t, path, nil)
	if _, err := s.SwapEmbeddings(ctx, db, func(domain.Settings) error { return nil }, nil); err != nil {
		t.Fatal(err)
	}
	wantText(t, s, next, "1500")
	closeStore(t, s)
	s = open(t, path, nil)
	emptied(t, s, first)
	emptied(t, s, "SELECT count(*) FROM reembeds")
	if lines, report := verify(t, s, false); len(lines) > 0 || report.Chunks != 1503 {
		t.Errorf("Verify after a change of embedder = %v, %d chunks; want no findings, 1503", lines, report.Chunks)
	}

	reembed(t, s, "db", toDims(300), 700)
	if err := s.Drop(ctx, "db", nil); err != nil {
		t.Fatal(err)
	}
	emptied(t, s, "SELECT count(*) FROM drops")
	wantText(t, s, "SELECT count(*) FROM embeddings", "3")
	wantText(t, s, "SELECT count(*) FROM reembeds", "0")
}

// texted makes n chunks with 2 components and texts.
func texted(n int) []domain.Chunk {
	chunks := plain(n, 2)
	for i := range chunks {
		chunks[i].Text = fmt.Sprint("text ", i)
	}
	return chunks
}

func TestVerifyFindsDamageInEmbeddingsThatTookTheirPlace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "db", texted(20)...)
	db := reembed(t, s, "db", toDims(3), 100)
	if _, err := s.SwapEmbeddings(ctx, db, func(domain.Settings) error { return nil }, nil); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	script(t, path, `UPDATE embeddings SET embedding = CAST(x'01' || substr(embedding, 2) AS BLOB) WHERE id = (1 << 63 | (1 << 36)) + 6;
		UPDATE chunks_db SET text = 'another' WHERE chunk_id = 7`)
	s = open(t, path, nil)
	lines, _ := verify(t, s, true)
	if len(lines) != 2 {
		t.Errorf("Verify = %v; want chunks 6 and 7", lines)
	}
	if lines, report := verify(t, s, false); len(lines) > 0 || report.Chunks != 18 {
		t.Errorf("Verify after a repair = %v, %d chunks; want no findings, 18", lines, report.Chunks)
	}
	wantText(t, s, "SELECT length(embedding) FROM quarantine", "12\n12")
}

func TestABackupHasAChangeOfEmbedderThatIsUnderWay(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	put(t, s, "db", texted(300)...)
	reembed(t, s, "db", toDims(3), 100)
	copied := filepath.Join(t.TempDir(), "copy.db")
	if _, err := s.BackupTo(ctx, copied); err != nil {
		t.Fatal(err)
	}
	s2 := open(t, copied, nil)
	if lines, _ := verify(t, s2, false); len(lines) > 0 {
		t.Errorf("Verify of a backup = %v; want no findings", lines)
	}
	db := reembed(t, s2, "db", toDims(3), 1000)
	if _, err := s2.SwapEmbeddings(ctx, db, func(domain.Settings) error { return nil }, nil); err != nil {
		t.Fatal(err)
	}
	if got := len(all(t, s2, "db")[299].Embedding); got != 3 {
		t.Errorf("an embedding has %d components; want 3", got)
	}
}
