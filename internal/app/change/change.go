package change

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/app/keylock"
	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/app/query"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// Change is a change of chunks of one database: those with Keys, those with Refs, or those that
// Filter selects; one of the three is given.
type Change struct {
	Database string
	// Number is that of the database, which is not made then: another one is ErrNotFound; 0:
	// any.
	Number int64
	// Keys names chunks that may not exist yet. All are changed in one batch, or none is; each
	// key is given once.
	Keys []string
	// Refs names chunks by id or by key, as Keys does; no chunk is named twice.
	Refs []domain.Ref
	// Filter selects chunks, which are changed page by page: each page is durable by itself.
	// One that it does not select any more when its turn comes stays as it is.
	Filter *filterlang.Filter

	// Make returns what becomes of a chunk, or nil to leave it as it is. old is the whole
	// chunk, which Make may change and return, but for the numbers in its embedding; nil: no
	// chunk has the key, and what is returned is inserted under it (for the id of a chunk that
	// does not exist it is ErrNotFound). i is the position in Keys or Refs, -1 for Filter.
	//
	// The id and the key are kept whatever is returned. A time to live counts from now on;
	// without one a chunk that is there expires when its ExpiresAt says, and one that is new
	// when its database says. A text that is new or another, and has no embedding of its own,
	// gets one from the embedder of the database, if it has one. An embedding that is the same
	// slice as that of old is neither written nor indexed again.
	//
	// Make may be called again, also for the same chunk, if somebody wrote meanwhile. It must
	// not call the service. An error ends the change, and nothing of the page is stored.
	Make func(i int, old *domain.Chunk) (*domain.Chunk, error)

	// Create is what the database is made with if it does not exist; nil: it is ErrNotFound
	// then. It is made with the first chunk.
	Create *domain.Settings
}

// Done is what has come of a Change.
type Done struct {
	Changed  int   // chunks that were stored
	Sequence int64 // of the database after the last of them; 0: none was
}

// Config is what a Changer is made of; everything is needed.
type Config struct {
	Live       *live.Registry
	Repository ports.ChunkRepository
	Query      *query.Searcher
	Limits     domain.Limits
	Now        func() time.Time
	// Embed returns the embeddings of texts by the embedder of db; an error about one of them
	// has the place that place names.
	Embed func(ctx context.Context, db domain.Database, texts []string, place func(i int) string) ([][]float32, error)
	// Complete checks and completes the settings of a database that is to be made for chunks.
	Complete func(ctx context.Context, set *domain.Settings, chunks []domain.Chunk) error
}

// Changer changes chunks. It is safe for concurrent use.
type Changer struct {
	Config
	turns *keylock.Turns[name]
}

// New returns a Changer over c.
func New(c Config) *Changer { return &Changer{Config: c, turns: keylock.NewTurns[name]()} }

// name is what changes of the same chunks wait for each other by: the first of them. Those of
// one chunk by id and by key have two names, which only costs work: the repository decides.
type name struct {
	database string
	ref      domain.Ref
}

// pageSize is how many chunks are changed in one batch where a filter says which.
const pageSize = 256

// Change makes the change in. When it returns, the change is durable and every search that
// starts afterwards sees it. With a filter Done tells, also beside an error, what is durable.
func (c *Changer) Change(ctx context.Context, in *Change) (Done, error) {
	if err := c.check(in); err != nil {
		return Done{}, err
	}
	if in.Filter != nil {
		return c.selected(ctx, in)
	}
	p := page{c: c, in: in, refs: in.refs()}
	n, err := p.run(ctx)
	return Done{Changed: n, Sequence: p.sequence}, err
}

// check refuses what is wrong with a change whatever its database.
func (c *Changer) check(in *Change) error {
	if err := domain.CheckID(in.Database); err != nil {
		return err
	}
	named, refs := 0, in.refs()
	for _, is := range []bool{len(in.Keys) > 0, len(in.Refs) > 0, in.Filter != nil} {
		if is {
			named++
		}
	}
	switch {
	case named != 1:
		return domain.Errorf(domain.ErrInvalid, "a change names chunks by keys, by ids and keys, or by a filter, and only by one of these")
	case len(refs) > c.Limits.Chunks:
		return domain.Errorf(domain.ErrTooLarge, "%d chunks in one change, at most %d are allowed", len(refs), c.Limits.Chunks)
	}
	at := make(map[domain.Ref]int, len(refs))
	for i, r := range refs {
		if err := r.Check(); err != nil {
			return in.at(err, i)
		}
		if j, twice := at[r]; twice {
			return in.at(domain.Errorf(domain.ErrInvalid, "%v is the same as that of %s", r, place(j)), i)
		}
		at[r] = i
	}
	return c.Query.CheckFilter(in.Filter)
}

// creates reports whether a database that does not exist is to be made.
func (in *Change) creates() bool { return in.Create != nil && in.Number == 0 }

// refs are the chunks that in names, in order.
func (in *Change) refs() []domain.Ref {
	if in.Keys == nil {
		return in.Refs
	}
	refs := make([]domain.Ref, len(in.Keys))
	for i, key := range in.Keys {
		refs[i] = domain.Ref{Key: key}
	}
	return refs
}

// at says in the message of err which chunk it is about, where in names several.
func (in *Change) at(err error, i int) error {
	if err == nil || len(in.Keys)+len(in.Refs) < 2 {
		return err
	}
	return domain.At(err, place(i))
}

func place(i int) string { return fmt.Sprintf("chunks[%d]", i) }

// selected changes what the filter of in selects.
func (c *Changer) selected(ctx context.Context, in *Change) (done Done, err error) {
	info, err := c.Live.Find(ctx, in.Database)
	if errors.Is(err, domain.ErrNotFound) && in.creates() {
		return done, nil
	}
	if err == nil {
		err = info.CheckNumber(in.Number)
	}
	if err != nil {
		return done, err
	}
	sel, err := c.Query.Select(ctx, info, in.Filter)
	if err != nil {
		return done, err
	}
	for ids := range sel.Pages(0, pageSize) {
		if err := c.ids(ctx, in, info, ids, &done); err != nil {
			return done, err
		}
	}
	return done, nil
}

// ids changes those of ids that the filter of in still selects, in as many batches as are
// needed to have no more than an answer's bytes of them in memory.
func (c *Changer) ids(ctx context.Context, in *Change, of domain.Database, ids []int64, done *Done) error {
	p := page{c: c, in: in, life: &of, refs: make([]domain.Ref, len(ids))}
	for i, id := range ids {
		p.refs[i].ID = id
	}
	n, err := p.run(ctx)
	if n > 0 {
		done.Changed, done.Sequence = done.Changed+n, p.sequence
	}
	if errors.Is(err, errTooMany) && len(ids) > 1 {
		half := len(ids) / 2
		if err := c.ids(ctx, in, of, ids[:half], done); err != nil {
			return err
		}
		return c.ids(ctx, in, of, ids[half:], done)
	}
	return err
}
