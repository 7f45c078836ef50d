package filemap_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/memista/memista/internal/adapters/filemap"
)

func TestLoad(t *testing.T) {
	for name, size := range map[string]int{"an empty file": 0, "a short file": 100, "several pages": 3*4096 + 17} {
		for _, access := range []filemap.Access{filemap.Read, filemap.Write} {
			content := bytes.Repeat([]byte{1, 2, 3}, size)[:size]
			path := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			data, release, err := filemap.Load(path, access)
			if err != nil {
				t.Fatalf("%s: Load(%d) = %v", name, access, err)
			}
			if !bytes.Equal(data, content) {
				t.Errorf("%s: Load(%d) has other bytes than the file", name, access)
			}
			if at := uintptr(unsafe.Pointer(unsafe.SliceData(data))); size > 0 && at%64 != 0 {
				t.Errorf("%s: Load(%d) starts at %x; want a multiple of 64", name, access, at)
			}
			if access == filemap.Write && size > 0 {
				data[size-1]++
				if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
					t.Errorf("%s: writing to the bytes changed the file (%v)", name, err)
				}
			}
			if err := os.Remove(path); err != nil {
				t.Errorf("%s: a loaded file cannot be removed: %v", name, err)
			}
			if err := release(); err != nil {
				t.Errorf("%s: release = %v", name, err)
			}
		}
	}
	t.Run("a missing file is fs.ErrNotExist", func(t *testing.T) {
		if _, _, err := filemap.Load(filepath.Join(t.TempDir(), "no"), filemap.Read); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load = %v; want fs.ErrNotExist", err)
		}
	})
}
