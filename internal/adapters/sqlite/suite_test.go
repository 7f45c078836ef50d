package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/registrytest"
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

func TestCollectionsInFile(t *testing.T) {
	paths := map[registrytest.Repository]string{}
	registrytest.Run(t, registrytest.Config{
		Open: func(tb testing.TB) registrytest.Repository {
			path := filepath.Join(tb.TempDir(), "memista.db")
			s := open(tb, path, nil)
			paths[s] = path
			return s
		},
		Reopen: func(tb testing.TB, r registrytest.Repository) registrytest.Repository {
			if err := r.Close(); err != nil {
				tb.Errorf("Close() = %v; want nil", err)
			}
			s := open(tb, paths[r], nil)
			paths[s] = paths[r]
			return s
		},
	})
}

func TestCollectionsInMemory(t *testing.T) {
	registrytest.Run(t, registrytest.Config{
		Open: func(tb testing.TB) registrytest.Repository { return open(tb, "", nil) },
	})
}
