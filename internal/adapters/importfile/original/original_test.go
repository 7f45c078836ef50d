package original_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/importfile/original"
	"github.com/memista/memista/internal/domain"
)

// database writes a memista.db as the original does, each of ids with a table of rows
// chunks, and returns its directory and the open handle.
func database(t *testing.T, rows int, ids ...string) (string, *sql.DB) {
	t.Helper()
	dir := t.TempDir()
	db, err := sql.Open(original.DriverName, filepath.Join(dir, "memista.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	statements := []string{"PRAGMA journal_mode=WAL"}
	for _, id := range ids {
		statements = append(statements, `CREATE TABLE IF NOT EXISTS "chunks_`+id+`" (
                chunk_id INTEGER PRIMARY KEY AUTOINCREMENT,
                text TEXT,
                metadata TEXT
            )`)
		for i := range rows {
			n := strconv.Itoa(i + 1)
			statements = append(statements, `INSERT INTO "chunks_`+id+`" (text, metadata) VALUES ('text `+n+`', '{"n": `+n+`}')`)
		}
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return dir, db
}

// index puts an index file of the library beside the database.
func index(t *testing.T, dir, id, fixture string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", fixture))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, id+".usearch"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// files returns the names and contents of a directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(raw)
	}
	return out
}

func open(t *testing.T, dir string) *original.Source {
	t.Helper()
	s, err := original.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func chunks(t *testing.T, s *original.Source, id string) ([]domain.Chunk, original.Counts) {
	t.Helper()
	var out []domain.Chunk
	n, err := s.Chunks(context.Background(), id, func(batch []domain.Chunk) error {
		out = append(out, batch...)
		return nil
	})
	if err != nil {
		t.Fatalf("Chunks(%q): %v", id, err)
	}
	return out, n
}

// chunk is what the fixtures and tables say of one id.
func chunk(id, dims int) domain.Chunk {
	n := strconv.Itoa(id)
	c := domain.Chunk{ID: int64(id), Text: "text " + n, Metadata: domain.MetadataString(`{"n": ` + n + `}`)}
	for j := range dims {
		c.Embedding = append(c.Embedding, float32(id)*0.25-float32(j))
	}
	return c
}

func TestChunks(t *testing.T) {
	dir, db := database(t, 6, "notes", "a.b-c")
	index(t, dir, "notes", "five.usearch")
	index(t, dir, "a.b-c", "hundred.usearch")
	for _, state := range []string{"with a write-ahead log", "closed cleanly"} {
		t.Run(state, func(t *testing.T) {
			if state == "closed cleanly" {
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			before := files(t, dir)
			s := open(t, dir)
			if got, want := s.Databases(), []string{"a.b-c", "notes"}; !slices.Equal(got, want) {
				t.Errorf("Databases = %v; want %v", got, want)
			}
			got, n := chunks(t, s, "notes")
			want := []domain.Chunk{chunk(1, 2), chunk(2, 2), chunk(4, 2), chunk(5, 2)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Chunks(notes) differ (-want +got):\n%s", diff)
			}
			if want := (original.Counts{Chunks: 4, WithoutVector: 2}); n != want {
				t.Errorf("Chunks(notes) counts %+v; want %+v", n, want)
			}
			got, n = chunks(t, s, "a.b-c")
			want = append(want, chunk(6, 2))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Chunks(a.b-c) differ (-want +got):\n%s", diff)
			}
			if want := (original.Counts{Chunks: 5, WithoutVector: 1, WithoutRow: 94}); n != want {
				t.Errorf("Chunks(a.b-c) counts %+v; want %+v", n, want)
			}
			if diff := cmp.Diff(before, files(t, dir)); diff != "" {
				t.Errorf("reading changed the directory (-before +after):\n%s", diff)
			}
		})
	}
}

func TestManyBatches(t *testing.T) {
	dir, db := database(t, 2500, "big")
	if _, err := db.Exec(`DELETE FROM "chunks_big" WHERE chunk_id BETWEEN 50 AND 2400`); err != nil {
		t.Fatal(err)
	}
	index(t, dir, "big", "hundred.usearch")
	got, n := chunks(t, open(t, dir), "big")
	if want := (original.Counts{Chunks: 48, WithoutVector: 101, WithoutRow: 51}); n != want || len(got) != 48 {
		t.Errorf("Chunks counts %+v and hands over %d; want %+v", n, len(got), want)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Run("a directory without a database is ErrNotFound", func(t *testing.T) {
		if _, err := original.Open(t.TempDir()); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("Open = %v; want %v", err, domain.ErrNotFound)
		}
	})
	t.Run("a file that is no database is ErrInvalid", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "memista.db"), []byte("not a database, but long enough to look at"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := original.Open(dir); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Open = %v; want %v", err, domain.ErrInvalid)
		}
	})
	t.Run("a database with other tables is ErrInvalid", func(t *testing.T) {
		dir, db := database(t, 1, "notes")
		if _, err := db.Exec("CREATE TABLE other (x)"); err != nil {
			t.Fatal(err)
		}
		if _, err := original.Open(dir); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Open = %v; want %v", err, domain.ErrInvalid)
		}
	})
	t.Run("an index file that is missing is ErrNotFound", func(t *testing.T) {
		dir, _ := database(t, 1, "notes")
		if _, err := open(t, dir).Chunks(context.Background(), "notes", nil); !errors.Is(err, domain.ErrNotFound) {
			t.Errorf("Chunks = %v; want %v", err, domain.ErrNotFound)
		}
	})
}

func TestDamagedIndex(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "five.usearch"))
	if err != nil {
		t.Fatal(err)
	}
	dir, _ := database(t, 5, "notes")
	path := filepath.Join(dir, "notes.usearch")
	s := open(t, dir)
	read := func(content []byte) error {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := s.Chunks(context.Background(), "notes", func([]domain.Chunk) error { return nil })
		return err
	}
	for n := range whole {
		if err := read(whole[:n]); !errors.Is(err, domain.ErrCorrupt) {
			t.Errorf("the first %d of %d bytes: %v; want %v", n, len(whole), err, domain.ErrCorrupt)
		}
	}
	if err := read(append(slices.Clone(whole), 0)); !errors.Is(err, domain.ErrCorrupt) {
		t.Errorf("one byte more: %v; want %v", err, domain.ErrCorrupt)
	}
	for at := range whole { // no checksums: many flips go unseen, but none may do harm
		bad := slices.Clone(whole)
		bad[at] ^= 1 << (at % 8)
		if err := read(bad); err != nil && !errors.Is(err, domain.ErrCorrupt) && !errors.Is(err, domain.ErrUnsupported) {
			t.Errorf("a bit of byte %d flipped: %v", at, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"five.usearch", "hundred.usearch"} {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := original.Parse(raw)
		if err != nil && !errors.Is(err, domain.ErrCorrupt) && !errors.Is(err, domain.ErrUnsupported) {
			t.Errorf("Parse of %d bytes = %d, %v", len(raw), n, err)
		}
	})
}
