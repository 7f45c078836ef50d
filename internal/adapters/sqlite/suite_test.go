package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

func TestRepositoryInFile(t *testing.T) {
	paths := map[ports.ChunkRepository]string{}
	repotest.Run(t, repotest.Config{
		Open: func(tb testing.TB) ports.ChunkRepository {
			path := filepath.Join(tb.TempDir(), "memista.db")
			s := open(tb, path, nil)
			paths[s] = path
			return s
		},
		Reopen: func(tb testing.TB, r ports.ChunkRepository) ports.ChunkRepository {
			if err := r.Close(); err != nil {
				tb.Errorf("Close() = %v; want nil", err)
			}
			s := open(tb, paths[r], nil)
			paths[s] = paths[r]
			return s
		},
	})
}

func TestRepositoryInMemory(t *testing.T) {
	repotest.Run(t, repotest.Config{
		Open:      func(tb testing.TB) ports.ChunkRepository { return open(tb, "", nil) },
		Databases: 200,
	})
}
