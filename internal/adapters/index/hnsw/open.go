package hnsw

import (
	"fmt"

	"github.com/memista/memista/internal/adapters/index/hnsw/graphfile"
	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Open implements ports.FileEngine. The file is mapped where the system can: slabs lie
// in the mapping, a page that is changed is copied, the file stays as it is.
func (Engine) Open(path string, s ports.IndexSettings, life domain.Incarnation) (ports.VectorIndex, ports.Snapshot, error) {
	sh, err := memory.NewShape(s)
	if err != nil {
		return nil, ports.Snapshot{}, err
	}
	f, err := indexfile.Open(path, indexfile.Want{
		Engine: engineName, Kind: sh.Want, Metric: sh.Metric, Dims: sh.Dims, Incarnation: life,
	})
	if err != nil {
		return nil, ports.Snapshot{}, err
	}
	g, err := graphfile.Load(f, sh)
	if err != nil {
		_ = f.Close()
		return nil, ports.Snapshot{}, fmt.Errorf("%s: %w", path, err)
	}
	ix := newIndex(g)
	ix.mapped.Store(f)
	return ix, f.Header().Snapshot, nil
}

// Remove implements ports.FileEngine.
func (Engine) Remove(path string) error { return indexfile.Remove(path) }
