package filter

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/domain"
)

// Rows is where an Index reads what it does not know yet. Page and Matching see at least
// what was given to Apply before they were called.
type Rows interface {
	// Page returns the chunks with ids above after in ascending order, with the parts named
	// by fields: a full page, or the last one. more reports whether others follow.
	Page(ctx context.Context, after int64, fields domain.Fields) (page []domain.Chunk, more bool, err error)
	// Matching returns the ids of the chunks that f selects, without those that have expired
	// at now, if that is a time.
	Matching(ctx context.Context, f *filterlang.Filter, now time.Time) ([]int64, error)
	// Told returns when Apply was given all that Page and Matching have shown before Told
	// was called.
	Told(ctx context.Context) error
}

// Bounds of one Index.
const (
	maxParts     = 128       // fields and comparisons that are kept; those used longest ago go
	defaultLimit = 256 << 20 // bytes
)

// Index answers filters over the chunks of one database. Its methods are safe for
// concurrent use, but for Apply, whose calls never overlap.
type Index struct {
	limit int64
	clock atomic.Int64 // counts answers
	held  atomic.Int64 // bytes, as of the last build or Apply

	mu      sync.RWMutex      // guards all below, and the parts that are ready
	parts   map[string]*entry // universe, columns and watched comparisons, by name
	large   map[string]bool   // fields that do not fit the limit
	changes int               // that were applied since sizes were counted
}

// entry is a part and how far it is.
type entry struct {
	part  part
	ready bool // it has all that was applied
	done  chan struct{}
	used  atomic.Int64

	waiting []applied // what was applied while it was built
}

// applied is one call of Apply.
type applied struct {
	written []domain.Chunk
	deleted []int64
}

// New returns an Index that takes about limit bytes at most; 0 is a default.
func New(limit int64) *Index {
	if limit <= 0 {
		limit = defaultLimit
	}
	return &Index{limit: limit, parts: map[string]*entry{}, large: map[string]bool{}}
}

// Bytes is about what ix takes.
func (ix *Index) Bytes() int64 { return ix.held.Load() }

// Active reports whether ix keeps anything, so that Apply matters.
func (ix *Index) Active() bool {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return len(ix.parts) > 0
}

// Apply takes in a change of the rows: chunks that were deleted, and then chunks that were
// written, whole but for their embeddings. It keeps the slices while a part is built.
func (ix *Index) Apply(written []domain.Chunk, deleted []int64) {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	ch := applied{written, deleted}
	for _, e := range ix.parts {
		if e.ready {
			ch.to(e.part)
		} else {
			e.waiting = append(e.waiting, ch)
		}
	}
	// Sizes are counted once in a while: that takes longer than most changes.
	if ix.changes++; ix.changes >= 1024 {
		ix.trim(nil)
	}
}

func (ch applied) to(p part) {
	for _, id := range ch.deleted {
		p.remove(id)
	}
	for i := range ch.written {
		p.put(&ch.written[i])
	}
}

// Result is what a filter selects, at one moment.
type Result struct {
	IDs       *roaring64.Bitmap // the caller's
	Total     int               // chunks there are
	Estimated float64           // share of them to be expected, were the comparisons independent
	FromRows  bool              // something had to be read first
}

// Resolve returns the chunks that f selects and that have not expired at now. All is of one
// moment after the call began.
func (ix *Index) Resolve(ctx context.Context, f *filterlang.Filter, now time.Time, rows Rows) (Result, error) {
	fromRows := false
	for range maxTries {
		res, missing := ix.resolve(f, now)
		if missing == nil {
			res.FromRows = fromRows
			return res, nil
		}
		fromRows = true
		if err := ix.build(ctx, missing, rows); err != nil {
			return Result{}, err
		}
	}
	// What it needs does not stay in memory for long enough.
	ids, err := rows.Matching(ctx, f, now)
	if err != nil {
		return Result{}, err
	}
	set := roaring64.New()
	for _, id := range ids {
		set.Add(uint64(id))
	}
	return Result{IDs: set, Total: len(ids), FromRows: true}, nil
}

// maxTries is how often the parts of a filter are read for one answer: others may need
// the room meanwhile.
const maxTries = 4

// need is a part that an answer needs.
type need struct {
	name  string
	field *filterlang.Field  // of a column
	cmp   *filterlang.Filter // of a watched comparison; neither: the universe
	there bool               // cmp asks whether a field is there: it is read with others in one go
}

// everything is the name of the universe; no field has it.
const everything = ""

// needOf returns the part that answers the comparison f.
func (ix *Index) needOf(f *filterlang.Filter) need {
	name := f.Field.String()
	switch {
	case f.Field.Source == filterlang.ChunkID:
		return need{name: everything}
	case f.Field.Source == filterlang.ChunkText || !f.IsScalar() || ix.large[name]:
		return need{name: "?" + f.String(), cmp: f}
	}
	return need{name: "." + name, field: &f.Field}
}

// resolve answers f, or returns what it needs first.
func (ix *Index) resolve(f *filterlang.Filter, now time.Time) (res Result, missing []need) {
	missing = ix.answer(f, now, func(r Result) { res = r })
	return res, missing
}

// answer calls with with the answer to f, while nothing changes, or returns what it needs
// first.
func (ix *Index) answer(f *filterlang.Filter, now time.Time, with func(Result)) (missing []need) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	use := ix.clock.Add(1)
	seen := map[string]bool{}
	want := func(n need) {
		if seen[n.name] {
			return
		}
		seen[n.name] = true
		e := ix.parts[n.name]
		if e == nil || !e.ready {
			missing = append(missing, n)
			return
		}
		e.used.Store(use)
	}
	want(need{name: everything})
	f.Comparisons(func(c *filterlang.Filter) { want(ix.needOf(c)) })
	if missing != nil {
		return missing
	}
	u := ix.parts[everything].part.(*universe)
	q := evaluation{ix: ix, all: u.ids, total: u.ids.GetCardinality()}
	b, share := q.filter(f)
	b = b.owned()
	for id := range u.expires.Due(now) {
		b.ids.Remove(uint64(id))
	}
	with(Result{IDs: b.ids, Total: int(q.total), Estimated: share})
	return nil
}
