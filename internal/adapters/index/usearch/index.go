//go:build usearch && cgo

package usearch

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/adapters/index/indexfile"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Index is a graph of USearch with the originals of its vectors. Its methods are safe
// for concurrent use; a Search waits for an Add or Remove for one burst at most.
type Index struct {
	plan      plan
	searchers chan *searcher // as many as may search the graph at once

	writer    sync.Mutex   // one writer at a time; taken before mu
	mu        sync.RWMutex // guards what is below: searches read, bursts of changes write
	gen       *generation  // nil once closed
	file      *indexfile.File
	unsettled int           // vectors linked since all were seen to be in reach
	credit    time.Duration // time spent on changes since then
	// touched holds the ids that change while a compaction is under way; nil without one.
	touched map[int64]struct{}
	stop    context.CancelFunc // ends the compaction
	began   func(ports.Task) func(error)
	putOff  int // how wasteful the graph has to be for the next compaction
	// compaction is the one under way, which Close waits for, and moved how many vectors
	// it has put into its graph.
	compaction sync.WaitGroup
	moved      atomic.Int64
}

var (
	_ ports.VectorIndex = (*Index)(nil)
	_ ports.Auditor     = (*Index)(nil)
	_ ports.Saver       = (*Index)(nil)
	_ ports.Maintainer  = (*Index)(nil)
)

func newIndex(p plan, gen *generation) *Index {
	ix := &Index{plan: p, searchers: make(chan *searcher, p.threads), gen: gen}
	for range p.threads {
		ix.searchers <- newSearcher(&ix.plan, gen.rows)
	}
	return ix
}

func errClosed() error { return fmt.Errorf("usearch index: %w", domain.ErrClosed) }

// Contains reports whether id is in the index.
func (ix *Index) Contains(id int64) bool {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	if ix.gen == nil {
		return false
	}
	_, ok := ix.gen.rows.slot(id)
	return ok
}

// Stats describes the index as it is now.
func (ix *Index) Stats() ports.IndexStats {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	s := ports.IndexStats{Engine: name, Kind: ix.plan.Storage}
	if ix.gen == nil {
		return s
	}
	s.SIMD = ix.gen.graph.acceleration()
	s.Len = ix.gen.rows.live
	s.Dead = ix.gen.graph.dead
	s.Bytes = ix.gen.graph.bytes() + ix.gen.rows.bytes() + ix.gen.duplicates.bytes()
	if ix.file != nil {
		s.Mapped = ix.file.Size()
	}
	return s
}

// Close releases memory and files. It waits for calls that are under way.
func (ix *Index) Close() error {
	ix.mu.Lock()
	if ix.stop != nil {
		ix.stop()
	}
	gen, file := ix.gen, ix.file
	ix.gen, ix.file = nil, nil
	ix.mu.Unlock()
	ix.compaction.Wait()
	if gen != nil {
		gen.graph.close()
	}
	if file != nil {
		return file.Close()
	}
	return nil
}
