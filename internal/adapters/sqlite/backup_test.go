package sqlite_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// names lists the files in dir.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// TestBackupBesideWriters copies a store that is written to: each copy must have all that
// was acknowledged before it was begun, and whole batches only.
func TestBackupBesideWriters(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "memista.db"), nil)
	const batch = 7
	put(t, s, "db", plain(batch, 64)...)
	var acked atomic.Int64
	acked.Store(batch)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for range 3 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := s.Write(ctx, domain.Batch{Database: "db", Put: plain(batch, 64)}, nil); err != nil {
					t.Errorf("Write beside a backup = %v; want nil", err)
					return
				}
				acked.Add(batch)
			}
		})
	}
	out := t.TempDir()
	for i := range 5 {
		before := acked.Load()
		eventually(t, "more writes", func() bool { return acked.Load() > before+20*batch })
		before = acked.Load()
		path := filepath.Join(out, string(rune('a'+i))+".db")
		size, err := s.BackupTo(ctx, path)
		if err != nil || size != fileSize(t, path) {
			t.Fatalf("BackupTo = %d, %v; want the size %d", size, err, fileSize(t, path))
		}
		checkCopy(t, path, before, batch)
	}
	close(stop)
	writers.Wait()
	if diff := cmp.Diff([]string{"a.db", "b.db", "c.db", "d.db", "e.db"}, names(t, out)); diff != "" {
		t.Errorf("files of the copies (-want +got):\n%s", diff)
	}
}

// checkCopy opens a copy as it is, and counts its chunks.
func checkCopy(t *testing.T, path string, atLeast int64, batch int64) {
	t.Helper()
	where := filepath.Join(t.TempDir(), "memista.db")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(where, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	c := open(t, where, nil)
	defer closeStore(t, c)
	wantText(t, c, "PRAGMA integrity_check", "ok")
	wantText(t, c, "PRAGMA application_id", "1835363689")
	wantText(t, c, "PRAGMA auto_vacuum", "2")
	got := int64(len(all(t, c, "db")))
	if db, err := c.Find(ctx, "db"); err != nil || db.Chunks != got || got < atLeast || got%batch != 0 {
		t.Errorf("the copy has %d chunks, its database says %d, %v; want whole batches of %d and at least %d", got, db.Chunks, err, batch, atLeast)
	}
}

func TestBackupIsReadAndGone(t *testing.T) {
	for name, path := range map[string]string{"file": filepath.Join(t.TempDir(), "a b?%#", "memista.db"), "memory": ""} {
		t.Run(name, func(t *testing.T) {
			s := open(t, path, nil)
			put(t, s, "db", plain(300, 64)...)
			file, err := s.Backup(ctx)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Backup(ctx)
			wantKind(t, "a second Backup meanwhile", err, domain.ErrBusy)
			_, err = s.BackupTo(ctx, filepath.Join(t.TempDir(), "x.db"))
			wantKind(t, "BackupTo meanwhile", err, domain.ErrBusy)
			put(t, s, "db", plain(1, 64)...)
			raw, err := io.ReadAll(file)
			if err != nil || int64(len(raw)) != file.Size() || !bytes.HasPrefix(raw, []byte("SQLite format 3\x00")) {
				t.Errorf("read %d bytes, %v; want %d of a SQLite file", len(raw), err, file.Size())
			}
			for range 2 {
				if err := file.Close(); err != nil {
					t.Errorf("Close() = %v; want nil", err)
				}
			}
			if path != "" {
				if left := names(t, filepath.Dir(path)); strings.Contains(strings.Join(left, " "), "backup") {
					t.Errorf("files after Close: %v; want no copy", left)
				}
			}
			out := filepath.Join(t.TempDir(), "x.db")
			if err := os.WriteFile(out, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			checkCopy(t, out, 300, 300)
			if file, err = s.Backup(ctx); err != nil {
				t.Errorf("Backup after Close = %v; want nil", err)
			} else if err := file.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBackupsThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "memista.db"), sqlite.Options{}.WithRoom(100_000))
	put(t, s, "db", plain(300, 64)...)
	before := names(t, dir)
	for name, c := range map[string]struct {
		path string
		want error
	}{
		"a file that exists":        {filepath.Join(dir, "memista.db"), domain.ErrConflict},
		"a disk without room":       {filepath.Join(dir, "copy.db"), domain.ErrDiskFull},
		"a directory that is not":   {filepath.Join(dir, "none", "copy.db"), os.ErrNotExist},
		"a directory in file's way": {dir, domain.ErrConflict},
	} {
		_, err := s.BackupTo(ctx, c.path)
		wantKind(t, "BackupTo "+name, err, c.want)
	}
	_, err := s.Backup(ctx)
	wantKind(t, "Backup without room", err, domain.ErrDiskFull)
	wantProblem(t, s, nil, "") // the store itself has room
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = open(t, "", nil).BackupTo(canceled, filepath.Join(dir, "copy.db"))
	wantKind(t, "BackupTo with an ended context", err, context.Canceled)
	if diff := cmp.Diff(before, names(t, dir)); diff != "" {
		t.Errorf("files after refused backups (-before +after):\n%s", diff)
	}
	closeStore(t, s)
	_, err = s.BackupTo(ctx, filepath.Join(dir, "copy.db"))
	wantKind(t, "BackupTo after Close", err, domain.ErrClosed)
}

func TestLeftoversOfBackupsAreRemovedAndNothingElse(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "memista.db")
	closeStore(t, open(t, path, nil))
	keep := []string{
		"memista.db.backup-2026.tmp", "memista.db.backup-0123456789abcdef", "other.db.backup-0123456789abcdef.tmp",
		"memista.db.backup-0123456789abcdef.tmp.gz", "memista.db.backup-0123456789abcdeX.tmp",
	}
	gone := []string{"memista.db.backup-0123456789abcdef.tmp", "memista.db.backup-00000000000000ff.tmp-journal"}
	for _, name := range append(append([]string{}, keep...), gone...) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "memista.db.backup-1123456789abcdef.tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	closeStore(t, open(t, path, nil))
	want := append([]string{"memista.db", "memista.db.lock", "memista.db.backup-1123456789abcdef.tmp"}, keep...)
	got := map[string]bool{}
	for _, name := range names(t, dir) {
		got[name] = true
	}
	for _, name := range want {
		if !got[name] {
			t.Errorf("%s was removed", name)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("left: %v", got)
	}
}
