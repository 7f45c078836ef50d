// Package indexdir keeps the files of indexes in one directory, each named after its
// database.
package indexdir

import (
	"context"
	"os"
	"path/filepath"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Dir is the path of the directory. It must exist.
type Dir string

var _ ports.IndexFiles = Dir("")

func (d Dir) path(e ports.FileEngine, id string) string {
	return filepath.Join(string(d), domain.FileName(id, e.Extension()))
}

// Open implements ports.IndexFiles.
func (d Dir) Open(e ports.FileEngine, id string, s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	return e.Open(d.path(e, id), s, life)
}

// Save implements ports.IndexFiles.
func (d Dir) Save(ctx context.Context, e ports.FileEngine, id string, ix ports.Saver, snap ports.Snapshot) error {
	return ix.Save(ctx, d.path(e, id), snap)
}

// Remove implements ports.IndexFiles.
func (d Dir) Remove(e ports.FileEngine, id string) error { return e.Remove(d.path(e, id)) }

// List implements ports.IndexFiles.
func (d Dir) List(e ports.FileEngine) ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, entry := range entries {
		if id, named := domain.FileID(entry.Name(), e.Extension()); named && entry.Type().IsRegular() {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// Size implements ports.IndexFiles.
func (d Dir) Size(e ports.FileEngine, id string) int64 {
	info, err := os.Stat(d.path(e, id))
	if err != nil {
		return 0
	}
	return info.Size()
}
