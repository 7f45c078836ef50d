package hnsw

import (
	"context"

	"github.com/memista/memista/internal/adapters/index/hnsw/graphfile"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/ports"
)

// Save implements ports.Saver.
func (ix *Index) Save(ctx context.Context, path string, snap ports.Snapshot) error {
	if err := ix.use(); err != nil {
		return err
	}
	defer ix.life.RUnlock()
	ix.vacuum.mu.Lock()
	defer ix.vacuum.mu.Unlock()
	g := ix.graph.Load()
	w, err := indexfile.Create(path, indexfile.Header{
		Engine: engineName, Kind: g.Want, Metric: g.Metric, Dims: g.Dims,
		Count: g.Live.Load(), Snapshot: snap,
	})
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := graphfile.Write(ctx, w, g); err != nil {
		return err
	}
	return w.Commit()
}
