package datafile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/datafile"
	"github.com/memista/memista/internal/domain"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, at string) {
	t.Helper()
	if err := os.Symlink(target, at); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

func TestResolveFollowsEveryLink(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	t.Chdir(dir)
	must(t, os.MkdirAll(filepath.Join("real", "deep"), 0o700))
	must(t, os.WriteFile(filepath.Join("real", "r.db"), nil, 0o600))
	link(t, filepath.Join("real", "r.db"), "link.db")
	link(t, filepath.Join(dir, "link.db"), "twice.db")
	link(t, "real", "folder")
	link(t, filepath.Join("real", "deep"), "deep")
	link(t, filepath.Join("real", "new.db"), "dangling.db")
	link(t, "dangling.db", "dangling2.db")
	link(t, "deep"+string(filepath.Separator)+".."+string(filepath.Separator)+"new.db", "dots.db")
	link(t, "round.db", "square.db")
	link(t, "square.db", "round.db")
	link(t, filepath.Join("away", "r.db"), "lost.db")
	s := string(filepath.Separator)
	for path, want := range map[string]string{
		"new.db":                         "new.db",
		"." + s + "new.db":               "new.db",
		"real" + s + ".." + s + "new.db": "new.db",
		filepath.Join(dir, "new.db"):     "new.db",
		"missing" + s + "new.db":         "missing" + s + "new.db",
		"real" + s + "r.db":              "real" + s + "r.db",
		"link.db":                        "real" + s + "r.db",
		"twice.db":                       "real" + s + "r.db",
		"folder" + s + "r.db":            "real" + s + "r.db",
		"deep" + s + ".." + s + "r.db":   "real" + s + "r.db",
		"dangling.db":                    "real" + s + "new.db",
		"dangling2.db":                   "real" + s + "new.db",
		"dots.db":                        "real" + s + "new.db",
		"folder" + s:                     "real",
		"real" + s + ".":                 "real",
	} {
		got, err := datafile.Resolve(path)
		if err != nil || got != filepath.Join(dir, want) {
			t.Errorf("Resolve(%q) = %q, %v; want %q", path, got, err, filepath.Join(dir, want))
		}
	}
	if got, err := datafile.Resolve("round.db"); err == nil {
		t.Errorf("Resolve of links in a circle = %q; want an error", got)
	}
	if got, err := datafile.Resolve("lost.db"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Resolve of a link into no directory = %q, %v; want ErrNotFound", got, err)
	}
	if _, err := datafile.Resolve("a\x00b"); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Resolve of a NUL = %v; want ErrInvalid", err)
	}
}
