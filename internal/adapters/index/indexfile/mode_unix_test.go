//go:build unix

package indexfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/domain"
)

func TestAFileKeepsItsMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.x")
	for _, want := range []os.FileMode{0o600, 0o640} {
		w, err := indexfile.Create(path, indexfile.Header{Engine: "e", Kind: "f32", Metric: domain.L2, Dims: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("the file has mode %o; want %o", got, want)
		}
		if err := os.Chmod(path, 0o640); err != nil {
			t.Fatal(err)
		}
	}
}
