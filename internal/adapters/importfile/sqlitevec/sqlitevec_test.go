package sqlitevec_test

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/importfile/sqlitefile"
	"github.com/memista/memista/internal/adapters/importfile/sqlitevec"
	"github.com/memista/memista/internal/domain"
)

// golden was made by sqlite-vec itself, see testdata/make.go.
var golden = filepath.Join("testdata", "v0.1.6.db")

func open(t *testing.T, path string) *sqlitevec.File {
	t.Helper()
	f, err := sqlitevec.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func table(t *testing.T, path, name string, c sqlitevec.Choice) (*sqlitevec.Rows, sqlitevec.Info) {
	t.Helper()
	rows, info, err := open(t, path).Table(t.Context(), name, c)
	if err != nil {
		t.Fatal(err)
	}
	return rows, info
}

// drain reads what is left.
func drain(ctx context.Context, rows *sqlitevec.Rows) (out []domain.Chunk, err error) {
	for {
		c, _, err := rows.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, c)
	}
}

func all(t *testing.T, rows *sqlitevec.Rows) []domain.Chunk {
	t.Helper()
	out, err := drain(t.Context(), rows)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func object(t *testing.T, text string) domain.Metadata {
	t.Helper()
	m, err := domain.MetadataObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPlainTable(t *testing.T) {
	if tables := open(t, golden).Tables(); !slices.Equal(tables, []string{"docs", "plain"}) {
		t.Fatalf("tables %q", tables)
	}
	rows, info := table(t, golden, "plain", sqlitevec.Choice{})
	if want := (sqlitevec.Info{Dims: 3, Metric: domain.L2, Distance: "l2", Count: 23, Vector: "embedding"}); info != want {
		t.Errorf("info %+v; want %+v", info, want)
	}
	var want []domain.Chunk
	for i := 2; i < 25; i++ {
		want = append(want, domain.Chunk{Key: fmt.Sprint(i*10 + 1), Embedding: []float32{float32(i), 1, -0.5}})
	}
	if diff := cmp.Diff(want, all(t, rows)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if rows.Read() != 23 || rows.Size() != 23 {
		t.Errorf("read %d of %d", rows.Read(), rows.Size())
	}
}

func TestTableWithEverything(t *testing.T) {
	rows, info := table(t, golden, "docs", sqlitevec.Choice{Vector: "Embedding"})
	if want := (sqlitevec.Info{Dims: 4, Metric: domain.Cosine, Distance: "cosine", Count: 23, Vector: "embedding"}); info != want {
		t.Errorf("info %+v; want %+v", info, want)
	}
	got := map[string]domain.Chunk{}
	for _, c := range all(t, rows) {
		got[c.Key] = c
	}
	want := map[string]domain.Chunk{}
	for i := range 25 {
		if i == 3 || i == 4 {
			continue
		}
		embedding, genre := []float32{float32(i), 1, 2, 3}, "short"
		if i%2 == 1 {
			genre = fmt.Sprint("a genre that is longer than twelve bytes ", i)
		}
		if i == 5 {
			embedding, genre = []float32{9, 9, 9, 9}, "x"
		}
		c := domain.Chunk{Key: fmt.Sprint("doc-", i), Text: fmt.Sprint("text ", i), Embedding: embedding}
		c.Metadata = object(t, fmt.Sprintf(`{"tenant":"t%d","published":%v,"pages":%d,"price":%d.25,"genre":%q,"contents":"text %d","raw":%q}`,
			i%3, i%2 == 1, i*100, i, genre, i, base64.StdEncoding.EncodeToString([]byte{1, 2, byte(i)})))
		want[c.Key] = c
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	rows, info = table(t, golden, "docs", sqlitevec.Choice{Vector: "small", TextField: "genre"})
	first := all(t, rows)[0]
	if info.Metric != domain.L2 || !slices.Equal(first.Embedding, []float32{0, -1, 0, 1}) || first.Text != "short" {
		t.Errorf("info %+v, first %+v; want the bytes as numbers, and the genre as text", info, first)
	}
}

func TestSkip(t *testing.T) {
	whole, _ := table(t, golden, "docs", sqlitevec.Choice{Vector: "embedding"})
	want := all(t, whole)
	for n := range len(want) + 1 {
		rows, _ := table(t, golden, "docs", sqlitevec.Choice{Vector: "embedding"})
		if err := rows.Skip(int64(n)); err != nil {
			t.Fatal(err)
		}
		if rows.Read() != int64(n) || rows.Fingerprint() != whole.Fingerprint() {
			t.Errorf("Skip(%d) read %d", n, rows.Read())
		}
		if diff := cmp.Diff(append([]domain.Chunk(nil), want[n:]...), all(t, rows)); diff != "" {
			t.Errorf("behind %d (-want +got):\n%s", n, diff)
		}
	}
	rows, _ := table(t, golden, "docs", sqlitevec.Choice{Vector: "embedding"})
	if err := rows.Skip(int64(len(want) + 1)); err == nil {
		t.Error("Skip behind the end is no error")
	}
}

// edited returns a copy of the golden file on which statements have been run.
func edited(t *testing.T, statements ...string) string {
	t.Helper()
	raw, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "edited.db")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open(sqlitefile.DriverName, path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDamage(t *testing.T) {
	for _, c := range []struct{ name, statement, want string }{
		{"vectors that are short", `UPDATE docs_vector_chunks00 SET vectors = zeroblob(7)`, "7 bytes in docs_vector_chunks00, and not 128"},
		{"vectors that are a number", `UPDATE docs_vector_chunks00 SET vectors = 7`, "bytes in docs_vector_chunks00"},
		{"vectors that are a text", `UPDATE docs_vector_chunks00 SET vectors = replace(hex(zeroblob(64)), '0', 'ü')`, "bytes in docs_vector_chunks00"},
		{"no vectors", `DELETE FROM docs_vector_chunks00`, "chunk 1 has no row in docs_vector_chunks00"},
		{"no table of vectors", `DROP TABLE docs_vector_chunks00`, "no such table"},
		{"slots that are odd", `UPDATE docs_chunks SET size = 7`, "chunk 1 of 7 slots"},
		{"very many slots", `UPDATE docs_chunks SET size = 1 << 40`, "slots has bits"},
		{"slots below zero", `UPDATE docs_chunks SET size = -8`, "slots has bits"},
		{"slots that are a word", `UPDATE docs_chunks SET size = 'many'`, "damaged"},
		{"bits that are short", `UPDATE docs_chunks SET validity = x''`, "slots has bits"},
		{"rowids that are short", `UPDATE docs_chunks SET rowids = x'00'`, "slots has bits"},
		{"rowids of others", `UPDATE docs_chunks SET rowids = zeroblob(64)`, "rowid 0 is in chunk 1, and not in docs_rowids"},
		{"another slot", `UPDATE docs_rowids SET chunk_offset = chunk_offset + 1`, "said to be in slot 1 of chunk 1"},
		{"no slot", `UPDATE docs_rowids SET chunk_offset = NULL, chunk_id = NULL`, "said to be in slot 0 of chunk 0"},
		{"a long text that is missing", `DELETE FROM docs_metadatatext03`, "no rows"},
		{"metadata that is short", `UPDATE docs_metadatachunks02 SET data = x''`, "0 bytes in docs_metadatachunks02, and not 64"},
		{"a text that is none", `UPDATE docs_auxiliary SET value00 = CAST(x'ff' AS TEXT)`, "not valid UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, _ := table(t, edited(t, c.statement), "docs", sqlitevec.Choice{Vector: "embedding"})
			_, err := drain(t.Context(), rows)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "row ") {
				t.Errorf("the error is %v; want %q", err, c.want)
			}
		})
	}
}

func TestValuesThatAreNotThere(t *testing.T) {
	path := edited(t, `DELETE FROM docs_auxiliary`, `UPDATE docs_chunks SET partition00 = NULL`, `UPDATE docs_metadatachunks02 SET data = zeroblob(64)`)
	rows, _ := table(t, path, "docs", sqlitevec.Choice{Vector: "embedding"})
	want := object(t, `{"tenant":null,"published":false,"pages":0,"price":0,"genre":"short","contents":null,"raw":null}`)
	if got := all(t, rows)[0]; got.Text != "" || got.Metadata != want {
		t.Errorf("got %+v; want %+v", got, want)
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	f := open(t, edited(t,
		`PRAGMA writable_schema = ON`,
		`INSERT INTO sqlite_schema(type, name, tbl_name, rootpage, sql) VALUES
			('table', 'bits', 'bits', 0, 'CREATE VIRTUAL TABLE bits USING vec0(v bit[8])'),
			('table', 'tree', 'tree', 0, 'CREATE VIRTUAL TABLE tree USING vec0(v float[8] indexed by diskann(neighbor_quantizer=binary))'),
			('table', 'wide', 'wide', 0, 'CREATE VIRTUAL TABLE wide USING vec0(v float[65537])'),
			('table', 'none', 'none', 0, 'CREATE VIRTUAL TABLE none USING vec0(a text)'),
			('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING vec0(v float[8], only)'),
			('table', 'words', 'words', 0, 'CREATE VIRTUAL TABLE words USING fts5(vec0)')`))
	if tables := f.Tables(); !slices.Equal(tables, []string{"bits", "docs", "none", "odd", "plain", "tree", "wide"}) {
		t.Errorf("tables %q", tables)
	}
	for _, c := range []struct {
		table string
		sqlitevec.Choice
		kind error
		want string
	}{
		{"bits", sqlitevec.Choice{}, domain.ErrUnsupported, "vectors of type bit"},
		{"tree", sqlitevec.Choice{}, domain.ErrUnsupported, "indexed by diskann"},
		{"wide", sqlitevec.Choice{}, domain.ErrInvalid, "65537 numbers"},
		{"none", sqlitevec.Choice{}, domain.ErrCorrupt, "no vector column"},
		{"odd", sqlitevec.Choice{}, domain.ErrCorrupt, `a column "only"`},
		{"docs", sqlitevec.Choice{}, domain.ErrInvalid, `choose one: "embedding", "small"`},
		{"docs", sqlitevec.Choice{Vector: "title"}, domain.ErrInvalid, `no vector column "title", but "embedding", "small"`},
		{"words", sqlitevec.Choice{}, domain.ErrNotFound, `no table "words" of sqlite-vec`},
	} {
		if _, _, err := f.Table(t.Context(), c.table, c.Choice); !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Table(%q, %+v): %v; want %q", c.table, c.Choice, err, c.want)
		}
	}
	text := filepath.Join(t.TempDir(), "letter.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("Dear reader, ", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlitevec.Open(t.Context(), text); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("a letter: %v; want ErrInvalid", err)
	}
	if _, err := sqlitevec.Open(t.Context(), t.TempDir()); err == nil {
		t.Error("a directory is no error")
	}
	if _, err := sqlitevec.Open(t.Context(), text+".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// FuzzFile has any bytes be a file, most of them near a good one.
func FuzzFile(f *testing.F) {
	raw, err := os.ReadFile(golden)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(0, []byte{})
	f.Add(100, []byte("SQLite"))
	f.Add(512*8, make([]byte, 512))
	f.Fuzz(func(t *testing.T, at int, patch []byte) {
		file := slices.Clone(raw)
		if at >= 0 && at < len(file) {
			copy(file[at:], patch)
		}
		path := filepath.Join(t.TempDir(), "f.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := sqlitevec.Open(t.Context(), path)
		if err != nil {
			return
		}
		defer f.Close()
		for _, name := range f.Tables() {
			rows, _, err := f.Table(t.Context(), name, sqlitevec.Choice{Vector: "embedding"})
			if err != nil {
				continue
			}
			if got, _ := drain(t.Context(), rows); len(got) > 1<<16 {
				t.Errorf("%d rows", len(got))
			}
		}
	})
}

// FuzzDeclaration has any text declare a table.
func FuzzDeclaration(f *testing.F) {
	for _, s := range []string{
		"CREATE VIRTUAL TABLE t USING vec0(v float[3])", "x using vec0(+ , [ ] ( , a b[c] )", "x USING vec0(v float[8] distance_metric=)",
		"using vec0(a float[99999999999999999999])", "using vec0(--\n)", "using vec0(/* */a text primary key)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) { _ = sqlitevec.ParseColumns(s) })
}
