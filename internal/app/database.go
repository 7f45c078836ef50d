package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/app/postings"
	"github.com/memista/memista/internal/app/rowcache"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// database is the runtime of one open database: its description and the projection
// that follows its rows. It is made by Service.acquire, filled by load, and kept up
// to date by follow until it is dropped or closed.
type database struct {
	id    string
	found chan struct{} // closed when info (or err) is known
	ready chan struct{} // closed when the rows are projected (or err is known)
	used  atomic.Int64  // nanoseconds since start, of the last use

	filters    *postings.Index                 // what filters select; changed by the repository's writer
	rows       *rowcache.Cache                 // of hits; changed by the repository's writer
	info       atomic.Pointer[domain.Database] // as of the last change the projection has
	projection atomic.Pointer[projection]      // that is searched; nil until the dimension is known

	calm sync.RWMutex // held for reading by writers, for writing by a search that none may disturb

	following sync.Mutex // held while a commit goes to the projections, and while they change places

	mu      sync.Mutex    // guards all below
	current *follower     // of the projection that is searched
	next    *follower     // of one that is being made to take its place; nil: none is
	err     error         // why it could not be opened, or why it is gone
	moved   chan struct{} // closed and replaced whenever info moves; nil until somebody waits
	gone    bool          // dropped, failed or closed: acquire makes a new one
}

// errGone says that a database was dropped, or its runtime given up, while a call was
// using it. Callers look the database up again.
var errGone = errors.New("database was taken out of use meanwhile")

// wait returns when the database can be searched.
func (d *database) wait(ctx context.Context) error {
	select {
	case <-d.ready:
		return d.failure()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loaded reports whether the database can be searched without waiting.
func (d *database) loaded() bool {
	select {
	case <-d.ready:
		return d.failure() == nil
	default:
		return false
	}
}

// described returns the description as soon as it is known, projected or not.
func (d *database) described(ctx context.Context) (domain.Database, error) {
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

func (d *database) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// waitSequence returns when the projection has the change numbered seq.
func (d *database) waitSequence(ctx context.Context, seq int64) error {
	for {
		d.mu.Lock()
		if d.err != nil || d.info.Load().Sequence >= seq {
			err := d.err
			d.mu.Unlock()
			return err
		}
		if d.moved == nil {
			d.moved = make(chan struct{})
		}
		moved := d.moved
		d.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// errAltered says that a database got another metric after a search had begun.
var errAltered = errors.New("settings were changed meanwhile")

// search answers q from the projection of the moment, which measures by the metric m or is
// errAltered, and tells e how.
func (d *database) search(ctx context.Context, q ports.Query, m domain.Metric, e *domain.Explain) ([]domain.Neighbor, error) {
	for {
		p := d.projection.Load()
		if p.settings().Metric != m {
			return nil, errAltered
		}
		near, err := p.search(ctx, q, e)
		if !errors.Is(err, errReplaced) {
			return near, err
		}
		if err := d.failure(); err != nil {
			return nil, err
		}
	}
}

// remade reports whether a projection is being made to take the place of the one that is
// searched.
func (d *database) remade() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next != nil
}

// signal wakes everybody in waitSequence; d.mu is held.
func (d *database) signal() {
	if d.moved != nil {
		close(d.moved)
		d.moved = nil
	}
}

// end marks d as gone for the reason err, without closing the projection: searches that
// have it finish on it.
func (d *database) end(err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone = true
	if d.err == nil {
		d.err = err
	}
	d.signal()
}

// close ends d and releases its projections once the searches on them have finished.
func (d *database) close() error {
	d.end(fmt.Errorf("memista: %w", domain.ErrClosed))
	d.mu.Lock()
	followers := []*follower{d.current, d.next}
	d.mu.Unlock()
	var err error
	for _, f := range followers {
		if f != nil && f.p != nil {
			err = errors.Join(err, f.p.close())
		}
	}
	return err
}

// state is the description of d as of the last change that searches know of.
func (d *database) state() domain.Database { return *d.info.Load() }

// hasVectors reports whether a vector was ever stored, so that there is something to search.
func (d *database) hasVectors() bool { return d.projection.Load() != nil }

// exact reports whether searches compare all vectors: there is no graph.
func (d *database) exact() bool {
	p := d.projection.Load()
	return p == nil || !p.hasGraph()
}

// quiesce keeps writers out until release is called.
func (d *database) quiesce() (release func()) {
	d.calm.Lock()
	return d.calm.Unlock
}

// rowCache holds rows of hits.
func (d *database) rowCache() *rowcache.Cache { return d.rows }

// filterIndex holds what filters select.
func (d *database) filterIndex() *postings.Index { return d.filters }
