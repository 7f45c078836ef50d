package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/domain"
)

// seal mounts dir at a new directory for reading only, or skips the test where that is
// not allowed.
func seal(t *testing.T, dir string) string {
	t.Helper()
	at := t.TempDir()
	err := syscall.Mount(dir, at, "", syscall.MS_BIND, "")
	if err == nil {
		t.Cleanup(func() { _ = syscall.Unmount(at, syscall.MNT_DETACH) })
		err = syscall.Mount("", at, "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, "")
	}
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skipf("mounts are not allowed here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestASealedFileIsRead(t *testing.T) {
	for name, logged := range map[string]bool{"with a log": true, "without a log": false} {
		t.Run(name, func(t *testing.T) {
			dir, out := t.TempDir(), t.TempDir()
			s := open(t, filepath.Join(dir, "memista.db"), nil)
			put(t, s, "db", plain(30, 2)...)
			if !logged {
				closeStore(t, s)
			}
			for _, end := range []string{"", "-wal"} { // as a kill leaves them
				raw, err := os.ReadFile(filepath.Join(dir, "memista.db"+end))
				if end != "" && !logged {
					continue
				}
				if err != nil || len(raw) == 0 {
					t.Fatalf("memista.db%s: %d bytes, %v", end, len(raw), err)
				}
				if err := os.WriteFile(filepath.Join(out, "memista.db"+end), raw, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			before := names(t, out)
			path := filepath.Join(seal(t, out), "memista.db")
			a, b := open(t, path, nil), open(t, path, nil)
			for range 3 {
				for _, s := range []*sqlite.Store{a, b} {
					if got := len(all(t, s, "db")); got != 30 {
						t.Errorf("%d chunks; want 30", got)
					}
				}
			}
			if !a.WriteProtected() || !a.Stats().ReadOnly {
				t.Error("the store does not say that it is write-protected")
			}
			if p := a.Problems(); len(p) != 1 || !errors.Is(p[0].Kind, domain.ErrWriteProtected) {
				t.Errorf("Problems() = %+v", p)
			}
			_, err := a.Write(ctx, domain.Batch{Database: "db", Put: plain(1, 2)}, nil)
			wantKind(t, "Write", err, domain.ErrWriteProtected)
			wantKind(t, "Write", err, domain.ErrReadOnly)
			wantKind(t, "Drop", a.Drop(ctx, "db", nil), domain.ErrWriteProtected)
			report, err := a.Verify(ctx, false, nil)
			if err != nil || len(report.Findings) != 0 {
				t.Errorf("Verify = %+v, %v; want nothing found", report, err)
			}
			copied := filepath.Join(t.TempDir(), "copy.db")
			if _, err := a.BackupTo(ctx, copied); err != nil {
				t.Fatal(err)
			}
			if got := len(all(t, open(t, copied, nil), "db")); got != 30 {
				t.Errorf("%d chunks in the backup; want 30", got)
			}
			_, err = sqlite.Open(ctx, filepath.Join(out, "memista.db"), nil)
			wantKind(t, "Open for writing beside readers", err, domain.ErrLocked)
			closeStore(t, a)
			closeStore(t, b)
			if after := names(t, out); len(after) != len(before)+1 { // the lock of the refused one
				t.Errorf("files %q; before %q", after, before)
			}
			if got := len(all(t, open(t, filepath.Join(out, "memista.db"), nil), "db")); got != 30 {
				t.Errorf("%d chunks where it may be written; want 30", got)
			}
		})
	}
}

func TestASealedFileThatCannotBeReadAsItIs(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, path string){
		"older memista": func(t *testing.T, path string) { script(t, path, "PRAGMA user_version = 1") },
		"cut off":       func(t *testing.T, path string) { write(t, path+"-journal") },
		"is empty":      func(t *testing.T, path string) { _ = os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "memista.db")
			s := open(t, path, nil)
			put(t, s, "db", plain(3, 2)...)
			closeStore(t, s)
			spoil(t, path)
			_, err := sqlite.Open(ctx, filepath.Join(seal(t, dir), "memista.db"), nil)
			wantKind(t, "Open", err, domain.ErrWriteProtected)
			if err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("Open says %v; want something with %q", err, name)
			}
		})
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, make([]byte, 512), 0o600); err != nil {
		t.Fatal(err)
	}
}
