package sqlite_test

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

// TestTextsOfTheOtherDriver runs the rules about texts where this build has no FTS5, too.
func TestTextsOfTheOtherDriver(t *testing.T) {
	if sqlite.HasFullText {
		t.Skip("the rules run on the driver of this build")
	}
	repotest.Run(t, repotest.Config{
		Only: "text:",
		Open: func(tb testing.TB) ports.ChunkRepository {
			return open(tb, filepath.Join(tb.TempDir(), "memista.db"), sqlite.Options{}.WithFullText())
		},
	})
}

// openWith opens the store at path in a build with full text, openWithout in one without.
func openWith(tb testing.TB, path string) *sqlite.Store {
	return open(tb, path, sqlite.Options{}.WithFullText())
}

func openWithout(tb testing.TB, path string) *sqlite.Store {
	return open(tb, path, sqlite.Options{}.WithoutFullText())
}

// texts makes n chunks with some words each.
func texts(r *rand.Rand, n int) []domain.Chunk {
	words := strings.Fields("the cat dog sat on mat ran far away from home Blue SKY rain river-stone bread salt wine café naïve Straße Ünïcödé 東京 42")
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		b := make([]string, r.IntN(12))
		for j := range b {
			b[j] = words[r.IntN(len(words))]
		}
		chunks[i] = domain.Chunk{Text: strings.Join(b, " "), Embedding: []float32{1}}
	}
	return chunks
}

func putTexts(tb testing.TB, s *sqlite.Store, id string, chunks ...domain.Chunk) domain.Commit {
	tb.Helper()
	c, err := s.Write(ctx, domain.Batch{Database: id, Create: &domain.Settings{FullText: domain.Words}, Put: chunks}, nil)
	if err != nil {
		tb.Fatalf("Write(%q, %d chunks) = %v; want nil", id, len(chunks), err)
	}
	return c
}

func search(tb testing.TB, s *sqlite.Store, id, text string) ([]domain.TextMatch, error) {
	tb.Helper()
	db, err := s.Find(ctx, id)
	if err != nil {
		tb.Fatalf("Find(%q) = %v; want nil", id, err)
	}
	terms, err := domain.ParseText(text, db.FullText)
	if err != nil {
		tb.Fatalf("ParseText(%q) = %v; want nil", text, err)
	}
	return s.SearchText(ctx, db, ports.TextQuery{Terms: terms, K: 1 << 20})
}

// wantIDs checks which chunks a text query finds.
func wantIDs(tb testing.TB, s *sqlite.Store, id, text string, want ...int64) {
	tb.Helper()
	matches, err := search(tb, s, id, text)
	if err != nil {
		tb.Fatalf("SearchText(%q) = %v; want nil", text, err)
	}
	got := []int64{}
	for _, m := range matches {
		got = append(got, m.ID)
	}
	if diff := cmp.Diff(append([]int64{}, want...), got); diff != "" {
		tb.Errorf("SearchText(%q) finds other chunks (-want +got):\n%s", text, diff)
	}
}

// indexed waits until the texts of a database are indexed, and checks them.
func indexed(tb testing.TB, s *sqlite.Store, id string) {
	tb.Helper()
	eventually(tb, "the text index of "+id, func() bool {
		_, err := search(tb, s, id, "cat")
		if err != nil && !errors.Is(err, domain.ErrUnavailable) {
			tb.Fatalf("SearchText = %v; want nil or %v", err, domain.ErrUnavailable)
		}
		return err == nil
	})
	if err := s.CheckText(id); err != nil {
		tb.Errorf("the text index of %s: %v", id, err)
	}
}

// churn changes the chunks of a database in many ways, and returns how many batches.
func churn(tb testing.TB, s *sqlite.Store, id string, r *rand.Rand, batches int) {
	tb.Helper()
	for range batches {
		there := all(tb, s, id)
		put := texts(r, 1+r.IntN(20))
		used := map[int64]bool{}
		for i := range put {
			if c := there[r.IntN(len(there))]; r.IntN(2) == 0 && !used[c.ID] {
				put[i].ID, used[c.ID] = c.ID, true
			}
		}
		putTexts(tb, s, id, put...)
		b := domain.Batch{Database: id}
		for range r.IntN(5) {
			b.Delete = append(b.Delete, there[r.IntN(len(there))].ID)
		}
		if _, err := s.Write(ctx, b, nil); err != nil {
			tb.Fatalf("Write(%d deletes) = %v; want nil", len(b.Delete), err)
		}
	}
}

func TestWordsAreFoundWithoutRegardToCaseAndDiacritics(t *testing.T) {
	s := openWith(t, filepath.Join(t.TempDir(), "memista.db"))
	for _, text := range []string{"Café au lait", "a cafe", "cafe\u0301", "ÜNÏCÖDÉ", "東京 tower", "東京タワー", "Ελλάδα", "x"} {
		putTexts(t, s, "db", domain.Chunk{Text: text, Embedding: []float32{1}})
	}
	wantIDs(t, s, "db", "CAFÉ", 3, 2, 1)
	wantIDs(t, s, "db", "unicode", 4)
	wantIDs(t, s, "db", "東京", 5) // no language is taken apart without spaces
	wantIDs(t, s, "db", "東京*", 6, 5)
	wantIDs(t, s, "db", "ΕΛΛΆΔΑ", 7)
}

func TestTextIndexIsThatOfTheRows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	s := openWith(t, filepath.Join(t.TempDir(), "memista.db"))
	putTexts(t, s, "db", texts(r, 200)...)
	churn(t, s, "db", r, 40)
	indexed(t, s, "db")
	wantText(t, s, "PRAGMA integrity_check", "ok")
}

// TestABuildWithoutFullText lets a build without FTS5 and one with it take turns on a file.
func TestABuildWithoutFullText(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	r := rand.New(rand.NewPCG(3, 4))
	s := openWith(t, path)
	putTexts(t, s, "db", texts(r, 500)...)
	putTexts(t, s, "untouched", texts(r, 50)...)
	putTexts(t, s, "small", texts(r, 3)...)
	putTexts(t, s, "large", texts(r, 20_001)...)
	closeStore(t, s)

	s = openWithout(t, path)
	_, err := search(t, s, "db", "cat")
	wantKind(t, "SearchText in a build without FTS5", err, domain.ErrUnsupported)
	churn(t, s, "db", r, 5)
	putTexts(t, s, "new", texts(r, 20)...)
	for _, id := range []string{"small", "large"} {
		if err := s.Drop(ctx, id, nil); err != nil {
			t.Fatalf("Drop(%q) = %v; want nil", id, err)
		}
	}
	eventually(t, "no stale index keeps words", func() bool {
		n, err := s.Text("SELECT count(*) FROM text_indexes WHERE indexed = -1")
		return err == nil && n == "0"
	})
	wantText(t, s, "SELECT count(*) FROM text_1_data", "2")
	wantText(t, s, "PRAGMA integrity_check", "ok")
	rows := all(t, s, "db")
	closeStore(t, s)

	s = openWith(t, path)
	for _, id := range []string{"db", "untouched", "new"} {
		indexed(t, s, id)
	}
	if diff := cmp.Diff(rows, all(t, s, "db")); diff != "" {
		t.Errorf("chunks differ (-want +got):\n%s", diff)
	}
	eventually(t, "dropped databases have no text index", func() bool {
		n, err := s.Text("SELECT count(*) FROM text_indexes")
		return err == nil && n == "3"
	})
	wantText(t, s, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'text\\_%' ESCAPE '\\' AND name <> 'text_indexes'", "15")
	churn(t, s, "db", r, 5)
	indexed(t, s, "db")
}

func TestTextsAreIndexedBesideWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	r := rand.New(rand.NewPCG(5, 6))
	s := openWithout(t, path)
	putTexts(t, s, "db", texts(r, 3000)...)
	closeStore(t, s)
	s = openWith(t, path)
	done := false
	for i := 0; !done; i++ { // writes go on until the index is whole
		churn(t, s, "db", r, 1)
		_, err := search(t, s, "db", "cat")
		done = err == nil
		if i > 5000 {
			t.Fatalf("after %d batches the texts are not indexed: %v", i, err)
		}
	}
	churn(t, s, "db", r, 3)
	indexed(t, s, "db")
}

func TestADamagedTextIndexIsMadeAnew(t *testing.T) {
	if !sqlite.HasFullText {
		t.Skip("the result codes of the other driver are not known here")
	}
	r := rand.New(rand.NewPCG(7, 8))
	path := filepath.Join(t.TempDir(), "memista.db")
	s := openWith(t, path)
	putTexts(t, s, "db", texts(r, 300)...)
	for name, damage := range map[string]string{
		"structure": "UPDATE text_1_data SET block = x'ffffffffffffffffffff' WHERE id = 10",
		"averages":  "UPDATE text_1_data SET block = x'ffffffffffffffffffff' WHERE id = 1",
		"leaves":    "UPDATE text_1_data SET block = x'ffffffffffffffffffff' WHERE id > 10",
		"gone":      "DELETE FROM text_1_data",
		"no sizes":  "DELETE FROM text_1_docsize",
	} {
		t.Run(name, func(t *testing.T) {
			closeStore(t, s)
			script(t, path, damage)
			s = openWith(t, path)
			for range 20 { // a write or a search meets the damage
				churn(t, s, "db", r, 1)
				if _, err := search(t, s, "db", "cat"); errors.Is(err, domain.ErrUnavailable) {
					break
				}
			}
			indexed(t, s, "db")
		})
	}
}

// hostile makes texts that mean something to FTS5, to SQL or to decoders of UTF-8.
func hostile(r *rand.Rand) string {
	parts := []string{`"`, `""`, "'", "*", "^", ":", "(", ")", "{", "}", "+", "-", "AND", "OR", "NOT", "NEAR", "NEAR(", ", 2)", "text", "text :", "rowid", "rank",
		"cat", "dog", "ca\u0301t", "\x00", "\xff", "\xc3", "\xed\xa0\x80", "\u200b", "\u202e", "\ufeff", "💥", "東京", "İ", "ß", "\\", ";", "--", "/*", "%", "_", "?1", "$x", " ", "\n", "\t",
		"');DROP TABLE databases;--", strings.Repeat("x", 300), "\U0010ffff", "ᏸ", "a*", "b**"}
	var b strings.Builder
	for range 1 + r.IntN(12) {
		b.WriteString(parts[r.IntN(len(parts))])
		if r.IntN(2) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// downgrade gives a file of one database with full text, db, the text index of schema
// version 4.
const downgrade = `DROP TABLE text_indexes; DROP TABLE text_1;
CREATE TABLE text_indexes (number INTEGER PRIMARY KEY, indexed INTEGER NOT NULL) STRICT;
INSERT INTO text_indexes VALUES (1, 9223372036854775807);
CREATE VIRTUAL TABLE text_1 USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO text_1 (rowid, text) SELECT chunk_id, text FROM chunks_db;
UPDATE databases SET settings = json_set(settings, '$.full_text', json('true'));
ALTER TABLE databases DROP COLUMN slot; ALTER TABLE databases DROP COLUMN reembedding;
ALTER TABLE databases DROP COLUMN held_until; ALTER TABLE databases DROP COLUMN moved_to; ALTER TABLE databases DROP COLUMN fed_until;
DROP TABLE sparse_vectors; DROP TABLE named_vectors; DROP TABLE reembedded; DROP TABLE reembeds; DROP TABLE reembed_again;
DROP TABLE collections; DROP TABLE names;
ALTER TABLE databases DROP COLUMN keyed;
PRAGMA user_version = 4;`

// TestTextIndexesOfOlderFilesAreMadeAnew opens a file of an older build in a build without
// FTS5 first, or not.
func TestTextIndexesOfOlderFilesAreMadeAnew(t *testing.T) {
	if !sqlite.HasFullText {
		t.Skip("the driver of this build makes no such file")
	}
	for _, without := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "memista.db")
		s := openWith(t, path)
		r := rand.New(rand.NewPCG(11, 12))
		putTexts(t, s, "db", append(texts(r, 600), domain.Chunk{Text: "Am Straßenrand, Straße", Embedding: []float32{1}})...)
		rows := all(t, s, "db")
		closeStore(t, s)
		script(t, path, downgrade)
		if without {
			s = openWithout(t, path)
			churn(t, s, "db", r, 2)
			rows = all(t, s, "db")
			closeStore(t, s)
		}
		s = openWith(t, path)
		indexed(t, s, "db")
		if matches, err := search(t, s, "db", "strasse*"); err != nil || len(matches) == 0 {
			t.Errorf("SearchText(strasse*) = %v, %v; want chunks", matches, err)
		}
		if db, err := s.Find(ctx, "db"); err != nil || db.FullText != domain.Words {
			t.Errorf("Find = %+v, %v; want full text by words", db, err)
		}
		if diff := cmp.Diff(rows, all(t, s, "db")); diff != "" {
			t.Errorf("chunks differ (-want +got):\n%s", diff)
		}
		churn(t, s, "db", r, 3)
		indexed(t, s, "db")
	}
}

func TestATextIndexOfAnotherVersionIsMadeAnew(t *testing.T) {
	for _, by := range domain.Tokenizers {
		path := filepath.Join(t.TempDir(), "memista.db")
		s := openWith(t, path)
		put := []domain.Chunk{{Text: "cat", Embedding: []float32{1}}, {Text: "dog", Embedding: []float32{1}}}
		if _, err := s.Write(ctx, domain.Batch{Database: "db", Create: &domain.Settings{FullText: by}, Put: put}, nil); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		script(t, path, "UPDATE text_indexes SET analyzer = 'words 1'; UPDATE text_1_docsize SET id = 7 WHERE id = 2")
		s = openWith(t, path)
		indexed(t, s, "db")
		wantIDs(t, s, "db", "dog", 2)
		closeStore(t, s)
		s = openWith(t, path) // nothing is done twice
		if _, err := search(t, s, "db", "dog"); err != nil {
			t.Errorf("SearchText in a file whose index is of this version = %v; want nil", err)
		}
	}
}

func TestHostileTexts(t *testing.T) {
	for _, by := range domain.Tokenizers {
		t.Run(string(by), func(t *testing.T) { hostileTexts(t, by) })
	}
}

func hostileTexts(t *testing.T, by domain.Tokenizer) {
	const queries = 4_000
	r := rand.New(rand.NewPCG(9, 10))
	s := openWith(t, filepath.Join(t.TempDir(), "memista.db"))
	if _, _, err := s.Create(ctx, "db", domain.Settings{FullText: by}, nil); err != nil {
		t.Fatal(err)
	}
	put := texts(r, 100)
	for range 100 {
		put = append(put, domain.Chunk{Text: hostile(r), Embedding: []float32{1}})
	}
	if _, err := s.Write(ctx, domain.Batch{Database: "db", Put: put}, nil); err != nil {
		t.Fatal(err)
	}
	schema, err := s.Text("SELECT sql FROM sqlite_schema ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	db, err := s.Find(ctx, "db")
	if err != nil {
		t.Fatal(err)
	}
	hits := 0
	for i := range queries {
		text := hostile(r)
		terms, err := domain.ParseText(text, db.FullText)
		if errors.Is(err, domain.ErrInvalid) && strings.TrimSpace(text) == "" {
			continue
		}
		if err != nil {
			t.Fatalf("query %d, ParseText(%q) = %v; want nil", i, text, err)
		}
		matches, err := s.SearchText(ctx, db, ports.TextQuery{Terms: terms, All: i%3 == 0, K: 5})
		if err != nil {
			t.Fatalf("query %d, SearchText(%q) = %v; want nil", i, text, err)
		}
		hits += len(matches)
	}
	if hits == 0 {
		t.Error("no query has found anything")
	}
	wantText(t, s, "SELECT sql FROM sqlite_schema ORDER BY name", schema)
	indexed(t, s, "db")
	t.Logf("%d queries, %d hits", queries, hits)
}
