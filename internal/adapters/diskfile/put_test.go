package diskfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/domain"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %q, %v; want %q", filepath.Base(path), got, err, want)
	}
}

func TestPutNew(t *testing.T) {
	dir := t.TempDir()
	temporary, path := filepath.Join(dir, "x.part"), filepath.Join(dir, "x")
	write(t, temporary, "new")
	if err := diskfile.CheckFree(path); err != nil {
		t.Errorf("CheckFree of a name that is free = %v", err)
	}
	if err := diskfile.PutNew(temporary, path); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "new")
	if _, err := os.Lstat(temporary); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the temporary name is still there: %v", err)
	}

	write(t, temporary, "newer")
	for call, err := range map[string]error{"CheckFree": diskfile.CheckFree(path), "PutNew": diskfile.PutNew(temporary, path)} {
		if !errors.Is(err, domain.ErrConflict) {
			t.Errorf("%s of a name that is taken = %v; want ErrConflict", call, err)
		}
	}
	holds(t, path, "new")
	holds(t, temporary, "newer")

	if err := diskfile.PutNew(filepath.Join(dir, "none"), filepath.Join(dir, "y")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("PutNew of a file that is not there = %v", err)
	}
	if err := diskfile.SyncDir(filepath.Join(dir, "nowhere")); err == nil && os.PathSeparator == '/' {
		t.Error("SyncDir of a directory that is not there succeeded")
	}
}
