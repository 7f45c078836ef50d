package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// locksOf returns the system's list of the locks on a file.
func locksOf(t *testing.T, path string) (list []string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Skipf("no list of locks: %v", err)
	}
	inode := fmt.Sprintf(":%d ", info.Sys().(*syscall.Stat_t).Ino)
	for line := range strings.Lines(string(raw)) {
		if strings.Contains(line, inode) {
			_, lock, _ := strings.Cut(line, ": ")
			list = append(list, strings.TrimSpace(lock))
		}
	}
	return list
}

// A second attempt in the same process must not take the locks of SQLite with it.
func TestOpenByAnotherNameLeavesTheLocks(t *testing.T) {
	dir := t.TempDir()
	path, hard := filepath.Join(dir, "r.db"), filepath.Join(dir, "hard.db")
	s := open(t, path, nil)
	put(t, s, "db", plain(1, 2)...)
	before := locksOf(t, path)
	if len(before) < 2 {
		t.Fatalf("locks of an open store: %q; want SQLite's and ours", before)
	}
	if err := os.Link(path, hard); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(ctx, hard, nil)
	wantKind(t, "Open by another name", err, domain.ErrLocked)
	_, err = sqlite.Restore(ctx, hard, filepath.Join(dir, "new.db"), sqlite.RestoreOptions{})
	wantKind(t, "Restore from another name", err, domain.ErrLocked)
	_, err = sqlite.Restore(ctx, path, hard, sqlite.RestoreOptions{Force: true})
	wantKind(t, "Restore to another name", err, domain.ErrInvalid)
	if after := locksOf(t, path); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("locks after refused attempts:\n%q\nbefore:\n%q", after, before)
	}
	put(t, s, "db", plain(1, 2)...)
	closeStore(t, s)
	if left := locksOf(t, path); len(left) != 0 {
		t.Errorf("locks after Close: %q", left)
	}
	_, err = sqlite.Open(ctx, path, nil)
	wantKind(t, "Open of a file with two names", err, domain.ErrConflict)
}

// A kill between the last two steps of a backup leaves it with two names.
func TestABackupCutOffAtItsEndOpens(t *testing.T) {
	from, _ := backupOf(t)
	if err := os.Link(from, from+".backup-0123456789abcdef.tmp"); err != nil {
		t.Fatal(err)
	}
	if got := len(all(t, open(t, from, nil), "db")); got != 301 {
		t.Errorf("%d chunks; want 301", got)
	}
}
