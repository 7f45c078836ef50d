package live

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/app/filter"
	"github.com/memista/memista/internal/app/named"
	"github.com/memista/memista/internal/app/rowcache"
	"github.com/memista/memista/internal/app/sparse"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Database is the runtime of one open database: its description and the index
// that follows its rows. It is made by Registry.acquire, filled by load, and kept up
// to date by Registry.Committed until it is dropped or closed.
type Database struct {
	id    string
	found chan struct{} // closed when info (or err) is known
	ready chan struct{} // closed when the rows are indexed (or err is known)
	used  atomic.Int64  // nanoseconds since start, of the last use

	filters *filter.Index                   // what filters select; changed by the repository's writer
	sparse  *sparse.Index                   // of sparse vectors; changed by the repository's writer
	named   *named.Index                    // of named vectors; changed by the repository's writer
	rows    *rowcache.Cache                 // of hits; changed by the repository's writer
	info    atomic.Pointer[domain.Database] // as of the last change the index has
	index   atomic.Pointer[tiered.Index]    // that is searched; nil until the dimension is known

	swapping atomic.Pointer[chan struct{}] // closed when it is over; not nil: all vectors in the rows are being exchanged, or were a moment ago

	applying sync.Mutex // held while a commit goes to the indexes, and while they change places

	mu       sync.Mutex    // guards all below
	current  *applier      // of the index that is searched
	next     *applier      // of one that is being made to take its place; nil: none is
	err      error         // why it could not be opened, or why it is gone
	advanced chan struct{} // closed and replaced whenever info moves; nil until someone waits
	gone     bool          // dropped, failed or closed: acquire makes a new one
}

// ErrGone says that a database was dropped, or its runtime abandoned, while a call was
// using it. Callers look the database up again.
var ErrGone = errors.New("database was taken out of use meanwhile")

// Wait returns when the database can be searched.
func (d *Database) Wait(ctx context.Context) error {
	select {
	case <-d.ready:
		return d.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Loaded reports whether the database can be searched without waiting.
func (d *Database) Loaded() bool {
	select {
	case <-d.ready:
		return d.failure() == nil
	default:
		return false
	}
}

// described returns the description as soon as it is known, indexed or not.
func (d *Database) described(ctx context.Context) (domain.Database, error) {
	select {
	case <-d.found:
	case <-ctx.Done():
		return domain.Database{}, ctx.Err()
	}
	if info := d.info.Load(); info != nil {
		return *info, d.failure()
	}
	return domain.Database{}, d.failure()
}

// Failure is why d cannot be used any more; nil: it can.
func (d *Database) Failure() error { return d.failure() }

func (d *Database) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// waitSequence returns when the index has the change numbered seq.
func (d *Database) waitSequence(ctx context.Context, seq int64) error {
	for {
		d.mu.Lock()
		if d.err != nil || d.info.Load().Sequence >= seq {
			err := d.err
			d.mu.Unlock()
			return err
		}
		if d.advanced == nil {
			d.advanced = make(chan struct{})
		}
		moved := d.advanced
		d.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ErrAltered says that a database got another metric or embedder after a search had begun.
var ErrAltered = errors.New("settings were changed meanwhile")

// Search answers q from the index of the moment, which has metric and embedder of set or is
// ErrAltered, and tells e how.
func (d *Database) Search(ctx context.Context, q ports.Query, set *domain.Settings, e *domain.Explain) ([]domain.Neighbor, error) {
	for {
		p := d.index.Load()
		if !p.MadeFor(set) {
			return nil, ErrAltered
		}
		near, err := p.Search(ctx, q, e)
		if !errors.Is(err, tiered.ErrReplaced) {
			return near, err
		}
		if err := d.failure(); err != nil {
			return nil, err
		}
	}
}

// rebuilding reports whether an index is being made to take the place of the one that is
// searched.
func (d *Database) rebuilding() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next != nil
}

// signal wakes everybody in waitSequence; d.mu is held.
func (d *Database) signal() {
	if d.advanced != nil {
		close(d.advanced)
		d.advanced = nil
	}
}

// end marks d as gone for the reason err, without closing the index: searches that
// have it finish on it.
func (d *Database) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone = true
	if d.err == nil {
		d.err = err
	}
	d.signal()
}

// close ends d and releases its indexes once the searches on them have finished.
func (d *Database) close() error {
	d.end(fmt.Errorf("memista: %w", domain.ErrClosed))
	d.mu.Lock()
	followers := []*applier{d.current, d.next}
	d.mu.Unlock()
	err := d.named.Close()
	for _, f := range followers {
		if f != nil && f.index != nil {
			err = errors.Join(err, f.index.Close())
		}
	}
	return err
}

// State is the description of d as of the last change that searches know of.
func (d *Database) State() domain.Database { return *d.info.Load() }

// WithoutVector returns the chunks that no search for a vector finds, for they have none; nil:
// all have one. It must not be changed.
func (d *Database) WithoutVector() *roaring64.Bitmap {
	if p := d.index.Load(); p != nil {
		return p.WithoutVector()
	}
	return nil
}

// Index is what is searched; nil until a vector was stored. It may be closed at any time.
func (d *Database) Index() *tiered.Index { return d.index.Load() }

// HasVectors reports whether a vector was ever stored, so that there is something to search.
func (d *Database) HasVectors() bool { return d.index.Load() != nil }

// Exact reports whether searches compare all vectors: there is no graph.
func (d *Database) Exact() bool {
	p := d.index.Load()
	return p == nil || !p.HasGraph()
}

// RowCache holds rows of hits.
func (d *Database) RowCache() *rowcache.Cache { return d.rows }

// FilterIndex holds what filters select.
func (d *Database) FilterIndex() *filter.Index { return d.filters }

// SparseIndex holds the sparse vectors that were searched.
func (d *Database) SparseIndex() *sparse.Index { return d.sparse }

// NamedIndex holds the named vectors that were searched.
func (d *Database) NamedIndex() *named.Index { return d.named }

// touch notes that db is being used.
func (d *Database) touch() { d.used.Store(int64(time.Since(start))) }

func (d *Database) idleFor() time.Duration { return time.Since(start) - time.Duration(d.used.Load()) }

var start = time.Now()

// rowBytes is how much memory the rows of one database may take that were found lately.
func (l Lifecycle) rowBytes() int64 {
	if l.MemoryBudget <= 0 {
		return maxRowBytes
	}
	return min(maxRowBytes, l.MemoryBudget/rowShare)
}

// maxRowBytes is how much memory the rows of one database may take that were found lately,
// and rowShare which part of the memory budget at most.
const (
	maxRowBytes = 8 << 20
	rowShare    = 32
)

// filterShare is which part of the memory budget the filter index of one database may take.
const filterShare = 4

// Lifecycle says how long databases stay open and how much memory they may take
// together. Zero values mean: open until Close, no bound.
type Lifecycle struct {
	IdleClose    time.Duration // a database that no one has used for so long is closed
	MemoryBudget int64         // bytes of vectors and graphs, over which the least recently used are closed
	CloseTime    time.Duration // how long Close may take to save graphs; 0: 20 s
}
