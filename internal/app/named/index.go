package named

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/app/indexing"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
)

// Rows is where an Index reads the vectors that it does not have yet. It sees at least what
// was given to Apply before it was asked.
type Rows interface {
	// Vectors returns the first limit chunks above an id, in ascending order, with their named
	// vectors; fewer are the last ones. More than it has room for are ErrTooLarge, but never
	// with a limit of 1.
	Vectors(ctx context.Context, after int64, limit int) ([]domain.Chunk, error)
}

// Index is the indexes of the named vectors of one database. Its methods are safe for concurrent
// use, but for Apply, whose calls never overlap.
type Index struct {
	set    *Indexes
	active atomic.Bool // there is a name, so that Apply matters

	mu     sync.Mutex // guards all below
	closed bool
	names  map[string]*vectors
}

// Indexes are what every Index is made with.
type Indexes struct {
	Indexing *indexing.Indexer
	// New returns an empty index for a database that has the vectors of one name as embeddings.
	New func(domain.Database) (*tiered.Index, error)
	// Background runs fn beside everything else; its context ends when the program is to stop.
	Background func(fn func(context.Context))
	// Report is told why vectors could not be indexed. They are read again when they are next
	// searched.
	Report func(database string, err error)
}

// vectors are those of one name, and how far they are.
type vectors struct {
	of    domain.NamedVector
	index *tiered.Index
	done  chan struct{} // closed when they have been read, or could not be

	ready   bool            // they have all that was applied; guarded by Index.mu
	waiting []tiered.Change // what was applied while they were read; guarded by Index.mu
}

// New returns an Index that has nothing.
func New(set *Indexes) *Index { return &Index{set: set, names: map[string]*vectors{}} }

// each returns what there is of all names.
func (ix *Index) each() []*vectors {
	if !ix.active.Load() {
		return nil
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	list := make([]*vectors, 0, len(ix.names))
	for _, v := range ix.names {
		list = append(list, v)
	}
	return list
}

// Bytes is about what ix takes.
func (ix *Index) Bytes() (n int64) {
	for _, v := range ix.each() {
		n += v.index.Bytes()
	}
	return n
}

// Backlog is what the vectors take that are still to be moved to a graph, of the name of which
// that is most.
func (ix *Index) Backlog() (n int64) {
	for _, v := range ix.each() {
		if v.index.HasGraph() {
			n = max(n, v.index.Backlog())
		}
	}
	return n
}

// Indexing reports whether vectors are on their way to a graph.
func (ix *Index) Indexing() bool {
	for _, v := range ix.each() {
		if v.index.Indexing() {
			return true
		}
	}
	return false
}

// Active reports whether ix keeps anything, so that Apply matters.
func (ix *Index) Active() bool { return ix.active.Load() }

// Apply takes in the commit c of b.
func (ix *Index) Apply(b domain.Batch, c domain.Commit) {
	var ready []*vectors
	ix.mu.Lock()
	for _, v := range ix.names {
		if v.ready {
			ready = append(ready, v)
		} else {
			v.waiting = append(v.waiting, v.change(b, c).Owned())
		}
	}
	ix.mu.Unlock()
	for _, v := range ready {
		err := v.index.Apply(v.change(b, c)) // without a lock, so that searches do not wait
		ix.mu.Lock()
		if err != nil {
			ix.fail(c.Database.ID, v, err)
		} else {
			ix.fill(c.Database.ID, v)
		}
		ix.mu.Unlock()
	}
}

// change is what c has done to the vectors of v, as if they were embeddings.
func (v *vectors) change(b domain.Batch, c domain.Commit) tiered.Change {
	c.Database = v.database(c.Database)
	put := make([]domain.Chunk, len(b.Put))
	for i := range b.Put {
		put[i] = domain.Chunk{Embedding: b.Put[i].Vectors[v.of.Name], ExpiresAt: b.Put[i].ExpiresAt}
	}
	return tiered.ChangeOf(domain.Batch{Put: put, SameEmbedding: b.SameVectors}, c)
}

// database returns db as it is for the vectors of v. Chunks may be without.
func (v *vectors) database(db domain.Database) domain.Database {
	db.Settings = db.Using(v.of)
	db.OptionalEmbeddings = true
	return db
}

// fail gives v up for a fault, if it is in use. ix.mu is held.
func (ix *Index) fail(database string, v *vectors, err error) {
	if !ix.closed && ix.names[v.of.Name] == v {
		ix.set.Report(database, err)
		ix.forget(v)
	}
}

// forget gives v up: the next search reads its vectors again. ix.mu is held.
func (ix *Index) forget(v *vectors) {
	if ix.names[v.of.Name] == v {
		delete(ix.names, v.of.Name)
		ix.active.Store(len(ix.names) > 0)
	}
	ix.set.Background(func(context.Context) { _ = v.index.Close() }) // it waits for searches
}

// fill has the vectors of v move to a graph in the background, if there is work for that and nobody is
// at it. ix.mu is held.
func (ix *Index) fill(database string, v *vectors) {
	if ix.closed {
		return
	}
	idle, ok := ix.set.Indexing.Start(v.index)
	if !ok {
		return
	}
	ix.set.Background(func(ctx context.Context) {
		defer v.index.StopIndexing(idle)
		if err := ix.set.Indexing.Fill(ctx, v.index); err != nil && ctx.Err() == nil {
			ix.mu.Lock()
			defer ix.mu.Unlock()
			ix.fail(database, v, err)
		}
	})
}

// Of returns the index of the vectors of a name of the database info, which is at least at the state
// info, and reads them first if it does not have them. Its searches are tiered.ErrReplaced once it
// was given up: then it is asked for again. It may be ahead of what others have been told: whoever
// compares its neighbors with their rows finds out.
func (ix *Index) Of(ctx context.Context, info domain.Database, of domain.NamedVector, rows Rows) (*tiered.Index, error) {
	for {
		v, mine, err := ix.vectors(info, of)
		if err != nil {
			return nil, err
		}
		if mine {
			if err := ix.settle(info.ID, v, read(ctx, v, rows)); err != nil {
				return nil, err
			}
		}
		select {
		case <-v.done:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		ix.mu.Lock()
		ready := v.ready
		ix.mu.Unlock()
		if ready {
			return v.index, nil
		}
	}
}

// vectors returns those of a name; mine says that the caller is to read them. They are registered
// before that, so that no change falls between.
func (ix *Index) vectors(info domain.Database, of domain.NamedVector) (v *vectors, mine bool, err error) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.closed {
		return nil, false, domain.Errorf(domain.ErrClosed, "database %q was closed", info.ID)
	}
	if v = ix.names[of.Name]; v != nil {
		if !v.ready || v.fits(info) {
			return v, false, nil
		}
		ix.forget(v) // its graph is to be another
	}
	v = &vectors{of: of, done: make(chan struct{})}
	if v.index, err = ix.set.New(v.database(info)); err != nil {
		return nil, false, err
	}
	ix.names[of.Name] = v
	ix.active.Store(true)
	return v, true, nil
}

// fits reports whether v is as the settings of info have it.
func (v *vectors) fits(info domain.Database) bool {
	now, have := v.database(info).Settings, v.index.Settings()
	return !have.NeedsIndex(now)
}

// most is how many chunks are read at once. They are fewer where their vectors are large.
const most = 2048

// read fills v from the rows.
func read(ctx context.Context, v *vectors, rows Rows) error {
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
			page[i].Embedding, page[i].Vectors = page[i].Vectors[v.of.Name], nil
			after = page[i].ID
		}
		if err := v.index.AddRows(page); err != nil {
			return err
		}
		if len(page) < limit {
			return nil
		}
		limit = min(2*limit, most)
	}
}

// settle applies to new vectors what was applied while they were read, and lets them be searched;
// after an error they are given up.
func (ix *Index) settle(database string, v *vectors, err error) error {
	defer close(v.done)
	for {
		ix.mu.Lock()
		todo := v.waiting
		v.waiting = nil
		switch {
		case err != nil:
			ix.forget(v)
		case ix.closed:
			err = domain.Errorf(domain.ErrClosed, "database %q was closed", database)
			_ = v.index.Close()
		case len(todo) == 0:
			v.ready = true
			ix.fill(database, v)
		}
		ix.mu.Unlock()
		if err != nil || len(todo) == 0 {
			return err
		}
		for _, ch := range todo {
			if err = v.index.Apply(ch); err != nil {
				break
			}
		}
	}
}

// Close releases all indexes when the searches on them have finished. It may be called twice.
func (ix *Index) Close() error {
	list := ix.each()
	ix.mu.Lock()
	ix.closed = true
	clear(ix.names)
	ix.active.Store(false)
	ix.mu.Unlock()
	var err error
	for _, v := range list {
		err = errors.Join(err, v.index.Close())
	}
	return err
}
