package sparse

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/domain"
)

// Rows is where an Index reads the vectors that it does not have yet. It sees at least what
// was given to Apply before it was asked.
type Rows interface {
	// Vectors returns the first limit chunks above an id, in ascending order, with their
	// sparse vectors; fewer are the last ones. More than it has room for are ErrTooLarge, but
	// never with a limit of 1.
	Vectors(ctx context.Context, after int64, limit int) ([]domain.Chunk, error)
}

// Index answers searches by the sparse vectors of one database. Its methods are safe for
// concurrent use, but for Apply, whose calls never overlap.
type Index struct {
	held atomic.Int64 // bytes

	mu    sync.RWMutex // guards all below, and the vectors of names that are ready
	names map[string]*vectors
}

// vectors are those of one name, and how far they are.
type vectors struct {
	postings *postings
	ready    bool // they have all that was applied
	done     chan struct{}

	waiting []change // what was applied while they were read
}

// change is what a commit has done to the vectors of one name.
type change struct {
	deleted []int64
	written []domain.Chunk
	sparse  []domain.SparseVector // of each of written, ascending by index
}

// New returns an Index that has nothing.
func New() *Index { return &Index{names: map[string]*vectors{}} }

// Bytes is about what ix takes.
func (ix *Index) Bytes() int64 { return ix.held.Load() }

// Active reports whether ix keeps anything, so that Apply matters.
func (ix *Index) Active() bool {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return len(ix.names) > 0
}

// Apply takes in a change of the rows: chunks that were deleted, and then chunks that were
// written, with all of their sparse vectors. It does not keep those.
func (ix *Index) Apply(written []domain.Chunk, deleted []int64) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	for name, v := range ix.names {
		ch := change{deleted, written, make([]domain.SparseVector, len(written))}
		for i := range written {
			ch.sparse[i] = written[i].Sparse[name].Sorted()
		}
		if v.ready {
			ix.held.Add(ch.to(v.postings))
		} else {
			v.waiting = append(v.waiting, ch.owned())
		}
	}
}

// owned returns ch with vectors of its own, to be kept after the writer has got its answer.
func (ch change) owned() change {
	for i, v := range ch.sparse {
		ch.sparse[i] = domain.SparseVector{Indices: append([]uint32(nil), v.Indices...), Values: append([]float32(nil), v.Values...)}
	}
	out := make([]domain.Chunk, len(ch.written))
	for i := range out {
		out[i] = domain.Chunk{ID: ch.written[i].ID, ExpiresAt: ch.written[i].ExpiresAt}
	}
	ch.written = out
	return ch
}

// to makes the change in p, and returns by how many bytes that has grown.
func (ch change) to(p *postings) int64 {
	before := p.size()
	for _, id := range ch.deleted {
		p.remove(id)
	}
	for i := range ch.written {
		p.put(ch.written[i].ID, ch.sparse[i], ch.written[i].ExpiresAt)
	}
	return p.size() - before
}

// Search answers q from the vectors called name, which it reads first if it does not have
// them. All is of one moment after the call began, which may be ahead of what others have been
// told: whoever compares the matches with their rows finds out.
func (ix *Index) Search(ctx context.Context, name string, q Query, rows Rows) (Answer, error) {
	for {
		a, err := ix.search(ctx, name, &q)
		if !errors.Is(err, errNotReady) {
			return a, err
		}
		if err := ix.prepare(ctx, name, rows); err != nil {
			return Answer{}, err
		}
	}
}

var errNotReady = errors.New("the vectors are not read yet")

func (ix *Index) search(ctx context.Context, name string, q *Query) (Answer, error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	v := ix.names[name]
	if v == nil || !v.ready {
		return Answer{}, errNotReady
	}
	return v.postings.search(ctx, q)
}

// prepare reads the vectors called name, or waits for somebody who does: whether that one
// came to an end is found out by looking again.
func (ix *Index) prepare(ctx context.Context, name string, rows Rows) error {
	ix.mu.Lock()
	v := ix.names[name]
	if v != nil {
		ix.mu.Unlock()
		select {
		case <-v.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	// It is registered before the rows are read, so that no change falls between.
	v = &vectors{postings: newPostings(), done: make(chan struct{})}
	ix.names[name] = v
	ix.mu.Unlock()
	err := read(ctx, v.postings, name, rows)
	ix.settle(name, v, err)
	return err
}

// most is how many chunks are read at once. They are fewer where their vectors are large.
const most = 2048

// read fills p from the rows.
func read(ctx context.Context, p *postings, name string, rows Rows) error {
	after, limit := int64(0), most
	for {
		page, err := rows.Vectors(ctx, after, limit)
		if errors.Is(err, domain.ErrTooLarge) && limit > 1 {
			limit /= 2
			continue
		}
		if err != nil {
			return err
		}
		for i := range page {
			p.put(page[i].ID, page[i].Sparse[name].Sorted(), page[i].ExpiresAt)
			after = page[i].ID
		}
		if len(page) < limit {
			return nil
		}
		limit = min(2*limit, most)
	}
}

// settle applies to new vectors what was applied while they were read, and lets them be
// searched; after an error they are given up.
func (ix *Index) settle(name string, v *vectors, err error) {
	defer close(v.done)
	for {
		ix.mu.Lock()
		todo := v.waiting
		v.waiting = nil
		switch {
		case err != nil:
			delete(ix.names, name)
		case len(todo) == 0:
			v.ready = true
			ix.held.Add(v.postings.size())
		}
		ix.mu.Unlock()
		if err != nil || len(todo) == 0 {
			return
		}
		for _, ch := range todo {
			ch.to(v.postings)
		}
	}
}
