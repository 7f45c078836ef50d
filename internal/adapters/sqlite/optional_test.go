package sqlite_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/domain"
)

// TestALostEmbeddingIsFoundWhereTheyAreOptional takes embeddings away behind the store's back:
// chunks that had one are not taken for such that never did.
func TestALostEmbeddingIsFoundWhereTheyAreOptional(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	set := domain.Settings{OptionalEmbeddings: true}
	_, err := s.Write(ctx, domain.Batch{Database: "db", Create: &set, Put: []domain.Chunk{
		{Text: "with", Embedding: []float32{1, 2}}, {Text: "without"}, {Embedding: []float32{0, 0}}, {Text: "lost", Embedding: []float32{3, 4}},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, s, "SELECT group_concat(id & 0xfffffffff) FROM (SELECT id FROM embeddings ORDER BY id)", "1,3,4")
	exec := func(sql string) {
		t.Helper()
		if err := s.OnWriter(sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("DELETE FROM embeddings WHERE id = (1 << 36) + 4")
	d, err := s.Find(ctx, "db")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Chunks(ctx, d, domain.Selection{IDs: []int64{1, 2, 3}}, domain.FieldEmbedding); err != nil {
		t.Errorf("Chunks of what is not damaged = %v; want nil", err)
	}
	if _, err := s.Chunks(ctx, d, domain.Selection{Limit: 10}, domain.FieldEmbedding); !errors.Is(err, domain.ErrCorrupt) {
		t.Errorf("Chunks = %v; want ErrCorrupt", err)
	}
	lines, _ := verify(t, s, false)
	if diff := cmp.Diff([]string{"embedding db chunk 4: it has no embedding"}, lines); diff != "" {
		t.Errorf("Verify (-want +got):\n%s", diff)
	}
	exec("UPDATE chunks_db SET form = form | 4 WHERE chunk_id = 4") // a row that says so itself is not believed
	lines, _ = verify(t, s, true)
	if len(lines) != 1 {
		t.Errorf("Verify = %q; want the chunk whose checksum is of an embedding", lines)
	}
	if lines, _ = verify(t, s, false); len(lines) != 0 {
		t.Errorf("Verify after a repair = %q; want nothing", lines)
	}
}
