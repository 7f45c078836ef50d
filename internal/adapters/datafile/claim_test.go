package datafile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/domain"
)

func claimed(t *testing.T, c *datafile.Claim, err error) *datafile.Claim {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func wantLocked(t *testing.T, call string, c *datafile.Claim, err error) {
	t.Helper()
	if !errors.Is(err, domain.ErrLocked) {
		t.Errorf("%s = %v; want ErrLocked", call, err)
	}
	if err == nil {
		_ = c.Close()
	}
}

func TestAFileHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "r.db"), filepath.Join(dir, "other.db")
	c, err := datafile.Own(path)
	claimed(t, c, err)
	if !c.Writable() {
		t.Error("a new file is not writable")
	}
	must(t, c.CheckNames())
	must(t, os.Link(path, other))
	if err := c.CheckNames(); !errors.Is(err, domain.ErrConflict) {
		t.Errorf("CheckNames with two names = %v; want ErrConflict", err)
	}
	for _, name := range []string{path, other} {
		d, err := datafile.Own(name)
		wantLocked(t, "Own "+name, d, err)
		d, err = datafile.Replace(name)
		wantLocked(t, "Replace "+name, d, err)
		d, err = datafile.Share(name)
		wantLocked(t, "Share "+name, d, err)
	}
	must(t, c.Close())
	must(t, c.Close())
	d, err := datafile.Own(other)
	claimed(t, d, err)
}

func TestReadersShareAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.db")
	if _, err := datafile.Share(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Share of nothing = %v; want ErrNotExist", err)
	}
	must(t, os.WriteFile(path, []byte("content"), 0o600))
	a, err := datafile.Share(path)
	claimed(t, a, err)
	b, err := datafile.Share(path)
	claimed(t, b, err)
	if a.Writable() {
		t.Error("a shared file is writable")
	}
	head := make([]byte, 4)
	if n, err := b.ReadAt(head, 3); n != 4 || err != nil || string(head) != "tent" {
		t.Errorf("ReadAt = %d, %v, %q", n, err, head)
	}
	c, err := datafile.Own(path)
	wantLocked(t, "Own beside readers", c, err)
	must(t, a.Close())
	must(t, b.Close())
	c, err = datafile.Own(path)
	claimed(t, c, err)
}

func TestReplaceNeedsNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.db")
	c, err := datafile.Replace(path)
	claimed(t, c, err)
	if _, err := c.ReadAt(make([]byte, 1), 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadAt of nothing = %v; want ErrNotExist", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was made: %v", err)
	}
	must(t, c.LetGo())
	must(t, os.WriteFile(path, nil, 0o600))
	d, err := datafile.Own(path)
	wantLocked(t, "Own while it is being replaced", d, err)
}
