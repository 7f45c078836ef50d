package npm_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/npm"
)

// archive writes a package archive of the files, and returns its path and hash.
func archive(t *testing.T, files map[string]string) (path, integrity string) {
	t.Helper()
	var buf bytes.Buffer
	zipped := gzip.NewWriter(&buf)
	w := tar.NewWriter(zipped)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "a.tgz")
	if err := os.WriteFile(path, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha512.Sum512(buf.Bytes())
	return path, "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

func TestUnpack(t *testing.T) {
	path, integrity := archive(t, map[string]string{"package/a/b.txt": "hello"})
	t.Run("files come without the leading folder", func(t *testing.T) {
		dir := t.TempDir()
		p := npm.Package{Name: "x", Version: "1.0.0", Integrity: integrity}
		if err := p.Unpack(path, dir); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "a", "b.txt"))
		if err != nil || string(got) != "hello" {
			t.Errorf("a/b.txt holds %q, %v; want %q", got, err, "hello")
		}
	})
	t.Run("another hash is refused and nothing is unpacked", func(t *testing.T) {
		dir := t.TempDir()
		p := npm.Package{Name: "x", Version: "1.0.0", Integrity: "sha512-AAAA"}
		if err := p.Unpack(path, dir); err == nil || !strings.Contains(err.Error(), "not the package that was pinned") {
			t.Errorf("Unpack = %v; want a refusal", err)
		}
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%d files were unpacked; want 0", len(left))
		}
	})
	t.Run("a path out of the directory is refused", func(t *testing.T) {
		evil, sum := archive(t, map[string]string{"package/../../out.txt": "x"})
		dir := filepath.Join(t.TempDir(), "in")
		p := npm.Package{Name: "x", Version: "1.0.0", Integrity: sum}
		if err := p.Unpack(evil, dir); err == nil {
			t.Error("Unpack = nil; want an error")
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(dir), "out.txt")); err == nil {
			t.Error("a file was written outside the directory")
		}
	})
}

func TestFetchWithoutNpm(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := npm.Package{Name: "x", Version: "1.0.0", Integrity: "sha512-AAAA"}
	if _, err := p.Fetch(context.Background(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "npm is needed") {
		t.Errorf("Fetch = %v; want a message that names npm", err)
	}
}

func TestFetchFindsTheCache(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	cache := t.TempDir()
	p := npm.Package{Name: "x", Version: "1.0.0", Integrity: "sha512-AAAA"}
	if err := os.MkdirAll(p.Dir(cache), 0o755); err != nil {
		t.Fatal(err)
	}
	if dir, err := p.Fetch(context.Background(), cache); err != nil || dir != p.Dir(cache) {
		t.Errorf("Fetch = %q, %v; want %q", dir, err, p.Dir(cache))
	}
}
