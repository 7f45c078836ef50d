package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// verify checks a store and returns its findings line by line, sorted.
func verify(t *testing.T, s *sqlite.Store, repair bool) (lines []string, report domain.Report) {
	t.Helper()
	report, err := s.Verify(ctx, repair, nil)
	if err != nil {
		t.Fatalf("Verify = %v; want nil", err)
	}
	for _, f := range report.Findings {
		lines = append(lines, f.String())
	}
	slices.Sort(lines)
	return lines, report
}

// harm are changes behind a store's back, with what Verify says about each, and what it
// says that was done.
var harm = []struct {
	name, sql string
	want      []string // without what was done
	did       string   // "" for all of them: they cannot be repaired
}{
	{"a text", `UPDATE chunks_db SET text = text || '!' WHERE chunk_id = 5`,
		[]string{`chunk db chunk 5: its checksum differs (its key is "k5")`}, "taken out and kept in the table quarantine"},
	{"one bit of an embedding", `UPDATE embeddings SET embedding = CAST(x'01' || substr(embedding, 2) AS BLOB) WHERE id = (1 << 36) + 6`,
		[]string{`chunk db chunk 6: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"a form of metadata", `UPDATE chunks_db SET form = 2 WHERE chunk_id = 7`,
		[]string{`chunk db chunk 7: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"an embedding too few", `DELETE FROM embeddings WHERE id = (1 << 36) + 8`,
		[]string{`embedding db chunk 8: it has no embedding`}, "taken out and kept in the table quarantine"},
	{"an embedding cut off", `UPDATE embeddings SET embedding = x'0000' WHERE id = (1 << 36) + 9`,
		[]string{`embedding db chunk 9: its embedding has 2 bytes, not 32`}, "taken out and kept in the table quarantine"},
	{"an embedding too many", `INSERT INTO embeddings (id, embedding) VALUES ((1 << 36) + 999, x'00')`,
		[]string{`embedding db chunk 999: there is an embedding and no chunk`}, "removed"},
	{"one bit of sparse vectors", `UPDATE sparse_vectors SET vectors = CAST(substr(vectors, 1, length(vectors) - 1) || x'41' AS BLOB) WHERE id = (1 << 36) + 11`,
		[]string{`chunk db chunk 11: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"sparse vectors too few", `DELETE FROM sparse_vectors WHERE id = (1 << 36) + 11`,
		[]string{`chunk db chunk 11: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"sparse vectors of a chunk without", `INSERT INTO sparse_vectors SELECT (1 << 36) + 12, vectors FROM sparse_vectors`,
		[]string{`chunk db chunk 12: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"sparse vectors too many", `INSERT INTO sparse_vectors VALUES ((1 << 36) + 999, x'00')`,
		[]string{`embedding db chunk 999: there are sparse vectors and no chunk`}, "removed"},
	{"sparse vectors of nobody", `INSERT INTO sparse_vectors VALUES ((77 << 36) + 1, x'00')`,
		[]string{`orphan: there are sparse vectors of database number 77, which is not there`}, "to be freed"},
	{"one bit of named vectors", `UPDATE named_vectors SET vectors = CAST(substr(vectors, 1, length(vectors) - 1) || x'41' AS BLOB) WHERE id = (1 << 36) + 13`,
		[]string{`chunk db chunk 13: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"named vectors too few", `DELETE FROM named_vectors WHERE id = (1 << 36) + 13`,
		[]string{`chunk db chunk 13: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"named vectors of a chunk without", `INSERT INTO named_vectors SELECT (1 << 36) + 12, vectors FROM named_vectors`,
		[]string{`chunk db chunk 12: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"named vectors in the place of sparse ones", `INSERT INTO sparse_vectors SELECT id, vectors FROM named_vectors; DELETE FROM named_vectors`,
		[]string{`chunk db chunk 13: its checksum differs`}, "taken out and kept in the table quarantine"},
	{"named vectors too many", `INSERT INTO named_vectors VALUES ((1 << 36) + 999, x'00')`,
		[]string{`embedding db chunk 999: there are named vectors and no chunk`}, "removed"},
	{"named vectors of nobody", `INSERT INTO named_vectors VALUES ((77 << 36) + 1, x'00')`,
		[]string{`orphan: there are named vectors of database number 77, which is not there`}, "to be freed"},
	{"a key too few", `DELETE FROM keys WHERE key = 'k5'`,
		[]string{`key db chunk 5: its key "k5" is not in the table of keys`}, "entered"},
	{"a key too many", `INSERT INTO keys VALUES (1, 'stray', 3)`,
		[]string{`key db chunk 3: the key "stray" leads to it, and it has not that key`}, "removed"},
	{"a time too few", `DELETE FROM expiries`,
		[]string{`expiry db chunk 4: its time is not in the table of expiries`}, "entered"},
	{"another time", `UPDATE expiries SET expires_at = 1`,
		[]string{`expiry db chunk 4: its time is not in the table of expiries`}, "entered"},
	{"a time too many", `INSERT INTO expiries VALUES (1, 3, 1)`,
		[]string{`expiry db chunk 3: the table of expiries has a time for it, and it has none`}, "removed"},
	{"times of nobody", `INSERT INTO expiries VALUES (79, 3, 1)`,
		[]string{`orphan: there are expiries of database number 79, which is not there`}, "to be freed"},
	{"the count of chunks", `UPDATE databases SET chunks = 7 WHERE id = 'db'`,
		[]string{`counter db: it has 20 chunks and counts 7`}, "counted again"},
	{"the count of keys", `UPDATE databases SET keyed = 20 WHERE id = 'db'`,
		[]string{`counter db: 1 of its chunks have a key and it counts 20`}, "counted again"},
	{"a collection of nobody", `INSERT INTO collections VALUES (82, 't', 'd', 'docs', zeroblob(16), 'qdrant', 'raw', '{}')`,
		[]string{`orphan: the collection 'docs' is of database number 82, which is not there`}, "removed"},
	{"names of nobody", `INSERT INTO names VALUES (1, 't', 'd', 'docs', 82), (2, '', '', 'now', 82), (3, '', '', '1-2', 82), (1, 't', 'd', 'other', 2)`,
		[]string{
			`name: the UUID '1-2' leads to database number 82, which does not have it`,
			`name: the alias 'now' leads to database number 82, which does not have it`,
			`name: the name 'docs' leads to database number 82, which does not have it`,
			`name: the name 'other' leads to database number 2, which does not have it`,
		}, "removed"},
	{"names too few", `INSERT INTO collections VALUES (1, 't', 'd', 'docs', x'000102030405060708090A0B0C0D0E0F', 'qdrant', 'raw', '{}')`,
		[]string{
			`name db: the UUID of its collection 'docs' does not lead to it`,
			`name db: the name of its collection 'docs' does not lead to it`,
		}, "entered"},
	{"the next id", `UPDATE databases SET next_id = 4 WHERE id = 'db'`,
		[]string{`counter db: its next chunk id is 4 and the last chunk has 20`}, "counted again"},
	{"the sequence", `UPDATE databases SET sequence = 4 WHERE id = 'db'`,
		[]string{
			`counter db: its last change is 4 and a chunk was written by 20`,
			`counter db: the changes that are remembered end at 20 with another hash than its own at 4`,
		}, ""},
	{"the hash", `UPDATE databases SET hash = zeroblob(16) WHERE id = 'db'`,
		[]string{`counter db: the changes that are remembered end at 20 with another hash than its own at 20`}, "forgotten, its index will be made anew"},
	{"embeddings of nobody", `INSERT INTO embeddings (id, embedding) VALUES ((77 << 36) + 1, x'00')`,
		[]string{`orphan: there are embeddings of database number 77, which is not there`}, "to be freed"},
	{"embeddings of nobody in the other slot", `INSERT INTO embeddings (id, embedding) VALUES (1 << 63 | (77 << 36) + 1, x'00')`,
		[]string{`orphan: there are embeddings of database number 77, which is not there`}, "to be freed"},
	{"embeddings in the slot that is not in use", `INSERT INTO embeddings (id, embedding) VALUES (1 << 63 | (1 << 36) + 1, x'00')`,
		[]string{`orphan db: it has embeddings that are not in use`}, "to be freed"},
	{"a change of embedder of nobody", `INSERT INTO reembeds VALUES (80, '', 0); INSERT INTO reembed_again VALUES (81, 1)`,
		[]string{
			`orphan: there are embeddings to be made of database number 80, which is not there`,
			`orphan: there are embeddings to be made of database number 81, which is not there`,
		}, "to be freed"},
	{"keys of nobody", `INSERT INTO keys VALUES (78, 'x', 1)`,
		[]string{`orphan: there are keys of database number 78, which is not there`}, "to be freed"},
	{"a table of nobody", `CREATE TABLE chunks_nobody (chunk_id)`,
		[]string{`orphan: the table "chunks_nobody" is of no database`}, "-"},
	{"a table too few", `DROP TABLE chunks_other`,
		[]string{`page other: its table is not there`}, "-"},
}

// whole makes a store of two databases and remembers its changes.
func whole(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	s := open(t, path, nil)
	chunks := plain(20, 8)
	chunks[4].Key = "k5"
	chunks[3].ExpiresAt = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	chunks[10].Sparse = domain.SparseVectors{"bm25": {Indices: []uint32{3, 8}, Values: []float32{1, 2}}}
	chunks[12].Vectors = domain.Vectors{"title": {1, 2}}
	vectors, err := domain.NewNamedVectors(domain.NamedVector{Name: "title", Dims: 2})
	if err != nil {
		t.Fatal(err)
	}
	names, err := domain.NewSparseNames(map[string]domain.SparseModifier{"bm25": domain.SparseIDF})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Create(ctx, "db", domain.Settings{Sparse: names, Vectors: vectors}, nil); err != nil {
		t.Fatal(err)
	}
	db := put(t, s, "db", chunks[:10]...).Database
	if _, err = s.KeepChanges(ctx, db, 0); err != nil {
		t.Fatal(err)
	}
	put(t, s, "db", chunks[10:]...)
	put(t, s, "other", plain(3, 2)...)
	return s
}

func TestVerifyFindsAndMends(t *testing.T) {
	for _, h := range harm {
		t.Run(h.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "memista.db")
			s := whole(t, path)
			if lines, report := verify(t, s, true); len(lines) > 0 || report.Chunks != 23 || report.Databases != 2 {
				t.Fatalf("Verify of a whole file = %v, %+v; want no findings, 2 databases, 23 chunks", lines, report)
			}
			closeStore(t, s)
			script(t, path, h.sql)
			s = open(t, path, nil)
			lines, _ := verify(t, s, false)
			if diff := cmp.Diff(h.want, lines); diff != "" {
				t.Fatalf("findings (-want +got):\n%s", diff)
			}
			if again, _ := verify(t, s, false); !slices.Equal(again, lines) {
				t.Errorf("a second Verify found %v; the first one has changed something", again)
			}
			_, report := verify(t, s, true)
			for _, f := range report.Findings {
				if f.Repaired != h.did && h.did != "" && h.did != "-" {
					t.Errorf("finding %v; want it %s", f, h.did)
				}
			}
			left := 0
			if h.did == "-" {
				left = len(h.want)
			}
			if got := report.Left(); got != left {
				t.Errorf("%d findings are left; want %d", got, left)
			}
			if after, _ := verify(t, s, false); len(after) != left {
				t.Errorf("findings after the repair: %v; want %d", after, left)
			}
			usable(t, s, "db")
		})
	}
}

// usable checks that a database takes chunks and gives all back.
func usable(t *testing.T, s *sqlite.Store, id string) {
	t.Helper()
	put(t, s, id, plain(1, 8)...)
	db, err := s.Find(ctx, id)
	if got := len(all(t, s, id)); err != nil || int64(got) != db.Chunks {
		t.Errorf("%d chunks can be read, %d are counted, %v", got, db.Chunks, err)
	}
}

func TestQuarantineLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := whole(t, path)
	before, err := s.Find(ctx, "db")
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	script(t, path, `UPDATE chunks_db SET text = 'changed' WHERE chunk_id IN (5, 6); DELETE FROM embeddings WHERE id = (1 << 36) + 6`)
	s = open(t, path, nil)
	var told []int64
	report, err := s.Verify(ctx, true, func(c domain.Commit) { told = append(told, c.Deleted...) })
	if err != nil || report.Left() != 0 {
		t.Fatalf("Verify = %+v, %v; want all repaired", report, err)
	}
	if diff := cmp.Diff([]int64{5, 6}, told); diff != "" {
		t.Errorf("deletes that were told (-want +got):\n%s", diff)
	}
	wantText(t, s, "SELECT database || chunk_id || coalesce(key, '') || text || length(coalesce(embedding, x'')) FROM quarantine ORDER BY chunk_id", "db5k5changed32\ndb6changed0")
	after, err := s.Find(ctx, "db")
	if err != nil || after.Chunks != 18 || after.Sequence != before.Sequence+2 || after.Incarnation != before.Incarnation {
		t.Errorf("database after = %+v, %v; want 18 chunks and two changes more in the same life", after, err)
	}
	if got := ids(all(t, s, "db")); slices.Contains(got, 5) || len(got) != 18 {
		t.Errorf("chunks %v; want all but 5 and 6", got)
	}
	if got := put(t, s, "db", domain.Chunk{Key: "k5", Embedding: make([]float32, 8)}).IDs[0]; got != 21 {
		t.Errorf("a new chunk with the key has id %d; want 21", got)
	}
}

func ids(chunks []domain.Chunk) (out []int64) {
	for _, c := range chunks {
		out = append(out, c.ID)
	}
	return out
}

func TestVerifyOfDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "small", plain(1, 2)...)
	put(t, s, "db", plain(2000, 64)...)
	closeStore(t, s)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 22 * sqlite.PageSize; i < len(raw); i++ {
		raw[i] = 0xa5
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, nil)
	lines, report := verify(t, s, true)
	if report.Left() == 0 || !strings.Contains(fmt.Sprint(lines), "page db: the rows after chunk") || strings.Contains(fmt.Sprint(lines), "small") {
		t.Errorf("findings = %v; want damaged pages of db, which stay, and none of small", lines)
	}
}

// TestRepairLooksAgain has chunks written anew after they were found damaged and before
// they are repaired: they are as their writer wants them.
func TestRepairLooksAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	batch := domain.Batch{Database: "db", Create: &domain.Settings{}}
	for i := range 4 {
		batch.Put = append(batch.Put, domain.Chunk{Key: fmt.Sprint("k", i+1), Text: "old", Embedding: []float32{1, 2}, ExpiresAt: at})
	}
	if _, err := s.Write(t.Context(), batch, nil); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE chunks_db SET text = 'spoilt' WHERE chunk_id = 1",
		"DELETE FROM expiries WHERE chunk_id = 2",
		"UPDATE chunks_db SET expires_at = NULL WHERE chunk_id = 3",
		"DELETE FROM chunks_db WHERE chunk_id = 4", // its key and its embedding are left
	} {
		if err := s.OnWriter(sql); err != nil {
			t.Fatal(err)
		}
	}
	var want []domain.Chunk
	report, err := s.RepairAfter(t.Context(), func() {
		for i := range 4 {
			c := domain.Chunk{Key: fmt.Sprint("k", i+1), Text: "new", Embedding: []float32{3, 4}}
			if i == 2 {
				c.ExpiresAt = at
			}
			done, err := s.Write(t.Context(), domain.Batch{Database: "db", Put: []domain.Chunk{c}}, nil)
			if err != nil || done.IDs[0] != int64(i+1) {
				t.Fatalf("Write = %+v, %v; want chunk %d written anew", done, err, i+1)
			}
			c.ID, c.Sequence = done.IDs[0], done.Database.Sequence
			want = append(want, c)
		}
	})
	if err != nil || len(report.Findings) < 5 {
		t.Fatalf("RepairAfter = %+v, %v; want what was done to the file", report, err)
	}
	db, err := s.Find(t.Context(), "db")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Chunks(t.Context(), db, domain.Selection{Keys: []string{"k1", "k2", "k3", "k4"}}, domain.FieldText|domain.FieldEmbedding)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Chunks after the repair: %v, (-want +got):\n%s", err, diff)
	}
	due, err := s.Due(t.Context(), at, 10)
	if diff := cmp.Diff([]ports.Due{{Database: "db", IDs: []int64{3}}}, due); err != nil || diff != "" {
		t.Errorf("Due after the repair: %v, (-want +got):\n%s", err, diff)
	}
}

// A file of an older schema with a damaged page is brought to the newest one and opened:
// SQLite would check all of a strict table to which a column is added.
func TestMigrationOfDamagedPages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "small", plain(1, 2)...)
	put(t, s, "db", plain(2000, 64)...)
	closeStore(t, s)
	script(t, path, `ALTER TABLE databases DROP COLUMN held_until; ALTER TABLE databases DROP COLUMN moved_to; ALTER TABLE databases DROP COLUMN fed_until;
		DROP TABLE sparse_vectors; DROP TABLE named_vectors; DROP TABLE collections; DROP TABLE names;
		ALTER TABLE databases DROP COLUMN keyed; DROP TABLE reembedded; DROP TABLE reembeds; DROP TABLE reembed_again;
		ALTER TABLE databases DROP COLUMN slot; ALTER TABLE databases DROP COLUMN reembedding; PRAGMA user_version = 5`)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 24 * sqlite.PageSize; i < len(raw); i++ {
		raw[i] = 0xa5
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, nil)
	if got := all(t, s, "small"); len(got) != 1 {
		t.Errorf("the database without damage has %d chunks; want 1", len(got))
	}
}

// Keys that lead nowhere, in a file of before keys were counted, hide no chunk without one.
func TestMigrationWithMoreKeysThanChunks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "db", plain(1, 2)...)
	closeStore(t, s)
	script(t, path, `INSERT INTO keys VALUES (1, 'stray', 8), (1, 'another', 9); ALTER TABLE databases DROP COLUMN held_until; ALTER TABLE databases DROP COLUMN moved_to; ALTER TABLE databases DROP COLUMN fed_until;
		DROP TABLE sparse_vectors; DROP TABLE named_vectors; DROP TABLE collections;
		DROP TABLE names; ALTER TABLE databases DROP COLUMN keyed; PRAGMA user_version = 6`)
	s = open(t, path, nil)
	wantText(t, s, "SELECT keyed FROM databases", "0")
}
