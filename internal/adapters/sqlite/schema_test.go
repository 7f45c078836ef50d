package sqlite_test

import (
	"bytes"
	"compress/gzip"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

func TestOneTablePerDatabaseThatPeopleCanRead(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	wantText(t, s, "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name", "changes\ncollections\ndatabases\ndrops\nembeddings\nexpiries\nexpiries_by_time\nkeys\nnamed_vectors\nnames\nreembed_again\nreembedded\nreembeds\nsparse_vectors\ntext_indexes")
	const count = "SELECT count(*) FROM sqlite_schema"
	before, err := s.Text(count)
	if err != nil || before != "17" { // and sqlite_sequence and the index of databases.id
		t.Fatalf("%s = %s, %v; want 17", count, before, err)
	}
	chunk := plain(1, 2)[0]
	chunk.Key, chunk.Text = "k", "read me"
	put(t, s, "my_app", chunk)
	wantText(t, s, count, "18")
	wantText(t, s, "SELECT text FROM chunks_my_app WHERE key = 'k' AND chunk_id = 1 AND form = 1 AND expires_at IS NULL", "read me")
	wantText(t, s, `SELECT json_extract(metadata, '$.n') FROM chunks_my_app`, "1")
	put(t, s, "my-app.2", chunk)
	wantText(t, s, `SELECT text FROM "chunks_my-app.2"`, "read me")
	wantText(t, s, "SELECT json_extract(settings, '$.metric') FROM databases WHERE id = 'my_app'", "cosine")
}

func TestMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "db", plain(3, 2)...)
	closeStore(t, s)
	steps := append(append([]string(nil), sqlite.Migrations()...), "CREATE TABLE later (x INTEGER) STRICT;")
	version := strconv.Itoa(len(steps))

	broken := append(append([]string(nil), steps...), "CREATE TABLE half (x); SELECT no_such_function();")
	if _, err := sqlite.Open(ctx, path, sqlite.Options{}.WithMigrations(broken...)); err == nil {
		t.Fatal("Open with a migration that fails succeeded")
	}
	_, err := sqlite.Open(ctx, path, nil)
	wantKind(t, "Open with the old program of a file that has got one step further", err, domain.ErrNewerSchema)

	s = open(t, path, sqlite.Options{}.WithMigrations(steps...))
	wantText(t, s, "PRAGMA user_version", version)
	wantText(t, s, "SELECT count(*) FROM later", "0")
	wantText(t, s, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'", "0")
	if got := len(all(t, s, "db")); got != 3 {
		t.Errorf("%d chunks after migration; want 3", got)
	}
	closeStore(t, s)
	s = open(t, path, sqlite.Options{}.WithMigrations(steps...)) // nothing is done twice
	wantText(t, s, "PRAGMA user_version", version)
}

var golden = flag.Bool("golden", false, "write testdata/v1-<driver>.db.gz anew")

// goldenChunks are what the golden files hold.
func goldenChunks() []domain.Chunk {
	expires := time.Date(2040, 1, 2, 3, 4, 5, 6000, time.UTC)
	return []domain.Chunk{
		{Key: "a", Text: "first", Metadata: domain.MetadataString(`{"n":1}`), Embedding: []float32{1, -0.5, 1e-40}},
		{Text: "zwei\x00 日本語", Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: `{"n":2}`}, Embedding: []float32{0, 3, 4}},
		{Text: "", ExpiresAt: expires, Embedding: []float32{7, 8, 9}},
	}
}

// TestFilesOfBothDrivers opens a file that each driver wrote, reads it and writes to it.
func TestFilesOfBothDrivers(t *testing.T) {
	if *golden {
		writeGolden(t)
	}
	for _, driver := range []string{"mattn", "modernc"} {
		t.Run(driver, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "memista.db")
			unpack(t, filepath.Join("testdata", "v1-"+driver+".db.gz"), path)
			s := open(t, path, nil)
			want := goldenChunks()
			for i := range want {
				want[i].ID, want[i].Sequence = int64(i+1), int64(i+1)
			}
			if diff := cmp.Diff(want, all(t, s, "golden")); diff != "" {
				t.Errorf("chunks differ (-want +got):\n%s", diff)
			}
			due, err := s.Due(ctx, want[2].ExpiresAt, 10)
			if diff := cmp.Diff([]ports.Due{{Database: "golden", IDs: []int64{3}}}, due); err != nil || diff != "" {
				t.Errorf("Due of a file from before there was a table for it: %v (-want +got):\n%s", err, diff)
			}
			wantText(t, s, "SELECT keyed FROM databases", "1")
			c := put(t, s, "golden", goldenChunks()...)
			wantText(t, s, "SELECT keyed FROM databases", "1")
			if diff := cmp.Diff([]int64{1, 4, 5}, c.IDs); diff != "" {
				t.Errorf("ids of an insert differ (-want +got):\n%s", diff)
			}
			wantText(t, s, "PRAGMA integrity_check", "ok")
		})
	}
}

func writeGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	s := open(t, path, nil)
	put(t, s, "golden", goldenChunks()...)
	closeStore(t, s)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(read(t, path)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := "mattn"
	if strings.Contains(sqlite.Driver, "modernc") {
		name = "modernc"
	}
	if err := os.WriteFile(filepath.Join("testdata", "v1-"+name+".db.gz"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(read(t, from)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestChecksumsFollowTheirDescription computes what the rows should carry.
func TestChecksumsFollowTheirDescription(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	chunks := goldenChunks()
	c := put(t, s, "db", chunks...)
	var hash domain.Hash
	var crcs []string
	for i, chunk := range chunks {
		crc := describedChecksum(chunk)
		crcs = append(crcs, crc.String())
		hash = describedHash(hash, 1, int64(i+1), int64(i+1), uint32(crc))
	}
	wantText(t, s, "SELECT crc FROM chunks_db ORDER BY chunk_id", strings.Join(crcs, "\n"))
	if c.Database.Hash != hash {
		t.Errorf("hash after 3 inserts = %x; want %x", c.Database.Hash, hash)
	}
	c, err := s.Write(ctx, domain.Batch{Database: "db", Delete: []int64{2}}, nil)
	if want := describedHash(hash, 2, 4, 2, 0); err != nil || c.Database.Hash != want {
		t.Errorf("hash after a delete = %x, %v; want %x", c.Database.Hash, err, want)
	}
	one, other := open(t, "", nil), open(t, "", nil) // grouping does not matter
	whole := put(t, one, "db", chunks...).Database.Hash
	for _, chunk := range chunks {
		hash = put(t, other, "db", chunk).Database.Hash
	}
	if hash != whole {
		t.Errorf("hash after one batch %x, after three %x; want the same", whole, hash)
	}
}
