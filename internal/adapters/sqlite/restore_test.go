package sqlite_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// backupOf makes a backup of a store with two databases, and returns its path and one of
// the databases.
func backupOf(t *testing.T) (path string, db domain.Database) {
	t.Helper()
	s := open(t, filepath.Join(t.TempDir(), "memista.db"), nil)
	put(t, s, "db", plain(300, 64)...)
	db = put(t, s, "db", plain(1, 64)...).Database
	if _, err := s.KeepChanges(ctx, db, 0); err != nil {
		t.Fatal(err)
	}
	put(t, s, "other", plain(5, 2)...)
	path = filepath.Join(t.TempDir(), "backup.db")
	if _, err := s.BackupTo(ctx, path); err != nil {
		t.Fatal(err)
	}
	return path, db
}

func restore(t *testing.T, from, to string, force bool) {
	t.Helper()
	got, err := sqlite.Restore(ctx, from, to, sqlite.RestoreOptions{Force: force})
	if want := (sqlite.Restored{Databases: 2, Chunks: 306}); err != nil || got != want {
		t.Fatalf("Restore = %+v, %v; want %+v", got, err, want)
	}
}

func TestRestoreBeginsNewLives(t *testing.T) {
	from, before := backupOf(t)
	dir := filepath.Join(t.TempDir(), "made", "by restore")
	to := filepath.Join(dir, "memista.db")
	restore(t, from, to, false)
	if diff := cmp.Diff([]string{"memista.db", "memista.db.lock"}, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	s := open(t, to, nil)
	after, err := s.Find(ctx, "db")
	if err != nil || after.Incarnation == before.Incarnation {
		t.Errorf("Find = %+v, %v; want another incarnation than %v", after, err, before.Incarnation)
	}
	after.Incarnation = before.Incarnation
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("database (-before +after):\n%s", diff)
	}
	if got := len(all(t, s, "db")); got != 301 {
		t.Errorf("%d chunks; want 301", got)
	}
	wantText(t, s, "SELECT count(*) FROM changes", "0")
	wantText(t, s, "SELECT count(DISTINCT incarnation) FROM databases", "2")
	wantText(t, s, "PRAGMA integrity_check", "ok")
	if c := put(t, s, "db", plain(1, 64)...); c.IDs[0] != 302 {
		t.Errorf("the next chunk id is %d; want 302", c.IDs[0])
	}
}

// A raw copy of a data file and its log, as tools that ship the log make it.
func TestRestoreOfACopyWithItsLog(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "memista.db"), nil)
	put(t, s, "db", plain(301, 64)...)
	put(t, s, "other", plain(5, 2)...)
	out := t.TempDir()
	for _, end := range []string{"", "-wal"} {
		raw, err := os.ReadFile(filepath.Join(dir, "memista.db"+end))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, "copy.db"+end), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if fileSize(t, filepath.Join(out, "copy.db-wal")) == 0 {
		t.Fatal("the log was empty")
	}
	to := filepath.Join(t.TempDir(), "memista.db")
	restore(t, filepath.Join(out, "copy.db"), to, false)
	if got := len(all(t, open(t, to, nil), "db")); got != 301 {
		t.Errorf("%d chunks; want 301", got)
	}
	if diff := cmp.Diff([]string{"copy.db", "copy.db-wal"}, names(t, out)); diff != "" {
		t.Errorf("files beside the copy (-before +after):\n%s", diff)
	}
}

func TestRestoreReplacesWhenForced(t *testing.T) {
	from, _ := backupOf(t)
	dir := t.TempDir()
	to := filepath.Join(dir, "memista.db")
	s := open(t, to, nil)
	put(t, s, "mine", plain(10, 2)...)
	_, err := sqlite.Restore(ctx, from, to, sqlite.RestoreOptions{Force: true})
	wantKind(t, "Restore over a file in use", err, domain.ErrLocked)
	// As after a crash: with a log that holds everything.
	for _, end := range []string{"", "-wal"} {
		raw, err := os.ReadFile(to + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "crashed.db"+end), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	to = filepath.Join(dir, "crashed.db")
	_, err = sqlite.Restore(ctx, from, to, sqlite.RestoreOptions{})
	wantKind(t, "Restore over a file", err, domain.ErrConflict)
	if got := len(all(t, open(t, filepath.Join(dir, "memista.db"), nil), "mine")); got != 10 {
		t.Errorf("%d chunks in the file that was not replaced; want 10", got)
	}
	restore(t, from, to, true)
	s = open(t, to, nil)
	if got := len(all(t, s, "db")); got != 301 {
		t.Errorf("%d chunks; want 301", got)
	}
	_, err = s.Find(ctx, "mine")
	wantKind(t, "Find of what was replaced", err, domain.ErrNotFound)
	closeStore(t, s)
	if err := os.WriteFile(to, bytes.Repeat([]byte("x"), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Restore(ctx, from, to, sqlite.RestoreOptions{Force: true})
	wantKind(t, "forced Restore over a file of somebody else", err, domain.ErrForeignFile)
	if err := os.Remove(to); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to+"-wal", []byte("left"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Restore(ctx, from, to, sqlite.RestoreOptions{})
	wantKind(t, "Restore beside a log that was left", err, domain.ErrConflict)
	restore(t, from, to, true)
	open(t, to, nil)
}

func TestBackupsThatAreNotRestored(t *testing.T) {
	from, _ := backupOf(t)
	whole, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(raw []byte) []byte) []byte { return change(bytes.Clone(whole)) }
	for name, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"text":          {bytes.Repeat([]byte("not a database\n"), 100), domain.ErrForeignFile},
		"nothing":       {nil, domain.ErrForeignFile},
		"cut off":       {changed(func(raw []byte) []byte { return raw[:len(raw)/2] }), domain.ErrCorrupt},
		"zeros":         {changed(func(raw []byte) []byte { clear(raw[sqlite.PageSize:]); return raw }), domain.ErrCorrupt},
		"newer":         {changed(func(raw []byte) []byte { raw[62] = 9; return raw }), domain.ErrNewerSchema},
		"other program": {changed(func(raw []byte) []byte { raw[68] = 1; return raw }), domain.ErrForeignFile},
	} {
		t.Run(name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad.db")
			if err := os.WriteFile(bad, c.raw, 0o600); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			to := filepath.Join(dir, "memista.db")
			s := open(t, to, nil)
			put(t, s, "mine", plain(3, 2)...)
			closeStore(t, s)
			_, err := sqlite.Restore(ctx, bad, to, sqlite.RestoreOptions{Force: true})
			wantKind(t, "Restore", err, c.want)
			if diff := cmp.Diff([]string{"memista.db", "memista.db.lock"}, names(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			if got := len(all(t, open(t, to, nil), "mine")); got != 3 {
				t.Errorf("%d chunks in the file that was to be replaced; want 3", got)
			}
		})
	}
	t.Run("itself, a file that is not there, an ended context, a file in use", func(t *testing.T) {
		dir := t.TempDir()
		_, err := sqlite.Restore(ctx, from, from, sqlite.RestoreOptions{Force: true})
		wantKind(t, "Restore from itself", err, domain.ErrInvalid)
		_, err = sqlite.Restore(ctx, filepath.Join(dir, "none"), filepath.Join(dir, "memista.db"), sqlite.RestoreOptions{})
		wantKind(t, "Restore from nothing", err, os.ErrNotExist)
		ended, cancel := context.WithCancel(ctx)
		cancel()
		_, err = sqlite.Restore(ended, from, filepath.Join(dir, "memista.db"), sqlite.RestoreOptions{})
		wantKind(t, "Restore with an ended context", err, context.Canceled)
		used := filepath.Join(t.TempDir(), "used.db")
		put(t, open(t, used, nil), "x", plain(1, 1)...)
		_, err = sqlite.Restore(ctx, used, filepath.Join(dir, "memista.db"), sqlite.RestoreOptions{})
		wantKind(t, "Restore from a file in use", err, domain.ErrLocked)
		if diff := cmp.Diff([]string{"memista.db.lock"}, names(t, dir)); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	})
}
