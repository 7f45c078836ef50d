package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

func TestEveryConnectionIsSetUp(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	for pragma, want := range map[string][]int64{ // the writer's first
		"synchronous":        {2, 2, 2},
		"mmap_size":          {0, 0, 0},
		"busy_timeout":       {5000, 5000, 5000},
		"query_only":         {0, 1, 1},
		"trusted_schema":     {0, 0, 0},
		"cache_size":         {-4096, -2048, -2048},
		"page_size":          {sqlite.PageSize, sqlite.PageSize, sqlite.PageSize},
		"auto_vacuum":        {2, 2, 2},
		"application_id":     {0x6d656d69, 0x6d656d69, 0x6d656d69},
		"wal_autocheckpoint": {0, 1000, 1000},
	} {
		got, err := s.Integers("PRAGMA " + pragma)
		if pragma == "synchronous" && err == nil {
			got = []int64{got[0], 2, 2} // readers do not sync
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("PRAGMA %s = %v, %v; want %v", pragma, got, err, want)
		}
	}
	wantText(t, s, "PRAGMA journal_mode", "wal")
	if _, err := s.Text("DELETE FROM databases"); err == nil {
		t.Error("a reader may write")
	}
}

func TestDurabilityNormal(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), &sqlite.Options{Durability: "normal"})
	put(t, s, "db", plain(1, 2)...)
	if st := s.Stats(); st.Syncs != 0 || st.Batches != 1 {
		t.Errorf("Stats = %+v; want a batch and no syncs", st)
	}
	if got, err := s.Integers("PRAGMA synchronous"); err != nil || got[0] != 1 {
		t.Errorf("PRAGMA synchronous = %v, %v; want 1 on the writer", got, err)
	}
	_, err := sqlite.Open(ctx, "", &sqlite.Options{Durability: "none"})
	wantKind(t, "Open(durability none)", err, domain.ErrInvalid)
}

func TestPathsWithOddNames(t *testing.T) {
	for _, name := range []string{"with space.db", "what?.db", "#1.db", "100%.db", "%41.db", "a&mode=ro.db", "日本語🙂.db", "plus+.db", `quote'".db`, ";,@:$.db", "file:x.db"} {
		if runtime.GOOS == "windows" && strings.ContainsAny(name, `?"':`) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", name+".d")
			s := open(t, filepath.Join(dir, name), nil)
			put(t, s, "db", plain(1, 2)...)
			closeStore(t, s)
			if got := files(t, dir); !slices.Equal(got, []string{name, name + ".lock"}) {
				t.Errorf("files after Close = %q; want %q and its lock", got, name)
			}
			info, err := os.Stat(dir)
			if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
				t.Errorf("the directory has mode %v, %v; want 0700", info.Mode(), err)
			}
		})
	}
	_, err := sqlite.Open(ctx, "a\x00b", nil)
	wantKind(t, "Open(path with NUL)", err, domain.ErrInvalid)
	_, err = sqlite.Open(ctx, t.TempDir(), nil)
	wantKind(t, "Open(a directory)", err, domain.ErrForeignFile)
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestMemoryLeavesNoTrace(t *testing.T) {
	t.Chdir(t.TempDir())
	a, b := open(t, "", nil), open(t, "", nil)
	put(t, a, "db", plain(3, 2)...)
	if list, err := b.List(ctx); err != nil || len(list) != 0 {
		t.Errorf("List of a second store in memory = %v, %v; want nothing", list, err)
	}
	closeStore(t, a)
	if got := files(t, "."); len(got) != 0 {
		t.Errorf("files = %q; want none", got)
	}
}

func TestCloseEndsEveryGoroutine(t *testing.T) {
	running := goleak.IgnoreCurrent()
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	put(t, s, "db", plain(100, 2)...)
	if err := s.Drop(ctx, "db", nil); err != nil {
		t.Fatalf("Drop = %v; want nil", err)
	}
	closeStore(t, s)
	goleak.VerifyNone(t, running)
}

func TestOneStoreHoldsAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "memista.db")
	s := open(t, path, nil)
	_, err := sqlite.Open(ctx, path, nil)
	wantKind(t, "Open of a file that is open", err, domain.ErrLocked)
	if runtime.GOOS != "windows" {
		link := filepath.Join(dir, "link.db")
		if err := os.Symlink(path, link); err != nil {
			t.Fatal(err)
		}
		_, err = sqlite.Open(ctx, link, nil)
		wantKind(t, "Open of a link to a file that is open", err, domain.ErrLocked)
	}
	put(t, s, "db", plain(1, 2)...) // the failed attempts took nothing from it
	closeStore(t, s)
	s = open(t, path, nil)
	if got := len(all(t, s, "db")); got != 1 {
		t.Errorf("%d chunks after reopening; want 1", got)
	}
}

func TestFilesOfOthersAreRefused(t *testing.T) {
	for _, f := range []struct {
		name, sql, content string
		kind               error
		says               string
	}{
		{name: "text", content: strings.Repeat("not a database\n", 100), kind: domain.ErrForeignFile, says: "not a memista data file"},
		{name: "short", content: "x", kind: domain.ErrForeignFile, says: "not a memista data file"},
		{name: "other program", sql: "CREATE TABLE t (x); INSERT INTO t VALUES (1)", kind: domain.ErrForeignFile, says: "another program"},
		{name: "other program with a mark", sql: "PRAGMA application_id = 7; CREATE TABLE t (x)", kind: domain.ErrForeignFile, says: "another program"},
		{name: "chunks of another kind", sql: "CREATE TABLE chunks_a (id, body)", kind: domain.ErrForeignFile, says: "another program"},
		{name: "original", kind: domain.ErrOriginalFormat, says: "written by the original memista: import it into a new file",
			sql: "PRAGMA journal_mode = WAL; CREATE TABLE chunks_a (chunk_id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, metadata TEXT); INSERT INTO chunks_a (text) VALUES ('x')"},
		{name: "newer", kind: domain.ErrNewerSchema, says: "use a newer memista",
			sql: "PRAGMA application_id = 1835363689; PRAGMA user_version = 99; CREATE TABLE databases (x)"},
	} {
		t.Run(f.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "memista.db")
			if f.sql != "" {
				script(t, path, f.sql)
			} else if err := os.WriteFile(path, []byte(f.content), 0o600); err != nil {
				t.Fatal(err)
			}
			before := read(t, path)
			for range 2 { // the lock must be free again after the first
				_, err := sqlite.Open(ctx, path, nil)
				wantKind(t, "Open", err, f.kind)
				if err == nil || !strings.Contains(err.Error(), f.says) {
					t.Errorf("Open says %v; want something with %q", err, f.says)
				}
			}
			if !bytes.Equal(read(t, path), before) {
				t.Error("the file was changed")
			}
		})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAnEmptyFileIsNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, nil)
	put(t, s, "db", plain(1, 2)...)
	wantText(t, s, "PRAGMA auto_vacuum", "2")
}

func TestOpenHeedsItsContext(t *testing.T) {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	path := filepath.Join(t.TempDir(), "memista.db")
	_, err := sqlite.Open(ended, path, nil)
	wantKind(t, "Open with an ended context", err, context.Canceled)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file was made: %v", err)
	}
}

func TestLibraryWithTheResetBugIsRefused(t *testing.T) {
	for version, ok := range map[string]bool{
		"3.51.3": true, "3.54.1": true, "3.52.0": true, "4.0.0": true, sqlite.LibraryVersion(): true,
		"3.51.2": false, "3.50.9": false, "3.7.0": false, "2.99.99": false, "": false, "x": false,
	} {
		if err := sqlite.CheckLibrary(version); (err == nil) != ok {
			t.Errorf("CheckLibrary(%q) = %v; want ok %v", version, err, ok)
		}
	}
	s := open(t, "", nil)
	wantText(t, s, "SELECT sqlite_version()", sqlite.LibraryVersion())
	if st := s.Stats(); st.Driver != sqlite.Driver || st.Library != sqlite.LibraryVersion() {
		t.Errorf("Stats = %+v; want driver %s, library %s", st, sqlite.Driver, sqlite.LibraryVersion())
	}
}
