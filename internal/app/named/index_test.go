package named_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app/engines"
	"github.com/memista/memista/internal/app/governor"
	"github.com/memista/memista/internal/app/indexing"
	"github.com/memista/memista/internal/app/named"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// graphEngine is the exact index as a graph.
type graphEngine struct{ flat.Engine }

func (graphEngine) Name() string { return "graph" }

// newIndex returns an index of which more than flatMax vectors get a graph, and what waits for its
// background work.
func newIndex(t *testing.T, flatMax int) (ix *named.Index, wait func()) {
	t.Helper()
	set, err := engines.New(flat.Engine{}, []ports.Engine{graphEngine{}}, "", func(int) int { return flatMax })
	if err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	ix = named.New(&named.Indexes{
		Indexing: &indexing.Indexer{Engines: set, Governor: governor.New()},
		New: func(info domain.Database) (*tiered.Index, error) {
			buffer, err := set.NewBuffer(info)
			return tiered.New(info, buffer, time.Now), err
		},
		Background: func(fn func(context.Context)) { work.Go(func() { fn(context.Background()) }) },
		Report:     func(_ string, err error) { t.Errorf("reported: %v", err) },
	})
	t.Cleanup(func() {
		if err := errors.Join(ix.Close(), ix.Close()); err != nil {
			t.Error(err)
		}
		work.Wait()
	})
	return ix, work.Wait
}

var title = domain.NamedVector{Name: "title", Dims: 1, Metric: domain.L2}

// rows returns what it is asked for, after before was called.
type rows struct {
	chunks []domain.Chunk
	before func() error
}

func (r rows) Vectors(_ context.Context, after int64, limit int) ([]domain.Chunk, error) {
	if r.before != nil {
		if err := r.before(); err != nil {
			return nil, err
		}
	}
	var page []domain.Chunk
	for _, c := range r.chunks {
		if c.ID > after && len(page) < limit {
			page = append(page, c)
		}
	}
	return page, nil
}

func chunk(id int64, x float32) domain.Chunk {
	return domain.Chunk{ID: id, Vectors: domain.Vectors{"title": {x}}}
}

// find returns the ids of what is near 0, nearest first.
func find(t *testing.T, ix *named.Index, r named.Rows) (ids []int64) {
	t.Helper()
	p, err := ix.Of(t.Context(), domain.Database{ID: "a"}, title, r)
	if err != nil {
		t.Fatalf("Of = %v", err)
	}
	found, err := p.Search(t.Context(), ports.Query{Vector: []float32{0}, K: 100}, new(domain.Explain))
	if err != nil {
		t.Fatalf("Search = %v", err)
	}
	for _, n := range found {
		ids = append(ids, n.ID)
	}
	return ids
}

func TestWhatIsAppliedWhileRowsAreRead(t *testing.T) {
	for name, flatMax := range map[string]int{"exact": 100, "graph": 1} {
		ix, wait := newIndex(t, flatMax)
		v := []float32{1}
		r := rows{chunks: []domain.Chunk{chunk(1, 5), chunk(2, 6), chunk(3, 7)}, before: func() error {
			ix.Apply(domain.Batch{Put: []domain.Chunk{{Vectors: domain.Vectors{"title": v}}, {}}}, domain.Commit{IDs: []int64{4, 2}, Deleted: []int64{1}})
			v[0] = 99 // it is the writer's
			return nil
		}}
		if got := find(t, ix, r); !slices.Equal(got, []int64{4, 3}) {
			t.Errorf("%s: %v are found; want 4 and 3", name, got)
		}
		wait()
		if got := find(t, ix, rows{}); !slices.Equal(got, []int64{4, 3}) {
			t.Errorf("%s: %v are found once all is indexed; want 4 and 3", name, got)
		}
	}
}

func TestVectorsThatStay(t *testing.T) {
	ix, _ := newIndex(t, 100)
	find(t, ix, rows{chunks: []domain.Chunk{chunk(1, 5), chunk(2, 6)}})
	// By its vector it would be found first: it is not looked at.
	ix.Apply(domain.Batch{Put: []domain.Chunk{{Vectors: domain.Vectors{"title": {0}}}}, SameVectors: []bool{true}}, domain.Commit{IDs: []int64{2}})
	if got := find(t, ix, rows{}); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("%v are found; want 1 and 2", got)
	}
}

func TestRowsThatCannotBeRead(t *testing.T) {
	ix, _ := newIndex(t, 100)
	_, err := ix.Of(t.Context(), domain.Database{ID: "a"}, title, rows{before: func() error { return domain.ErrCorrupt }})
	if !errors.Is(err, domain.ErrCorrupt) || ix.Active() {
		t.Errorf("Of = %v, active %v; want ErrCorrupt, and nothing kept", err, ix.Active())
	}
	if got := find(t, ix, rows{chunks: []domain.Chunk{chunk(1, 5)}}); !slices.Equal(got, []int64{1}) {
		t.Errorf("%v are found then; want 1", got)
	}
}

func TestLargeVectorsAreReadInSmallPages(t *testing.T) {
	ix, _ := newIndex(t, 100)
	var all []domain.Chunk
	for id := range int64(20) {
		all = append(all, chunk(id+1, float32(id)))
	}
	if got := find(t, ix, narrow{rows{chunks: all}}); len(got) != 20 {
		t.Errorf("%v are found; want 20", got)
	}
}

// narrow has room for 3 chunks at a time.
type narrow struct{ rows }

func (r narrow) Vectors(ctx context.Context, after int64, limit int) ([]domain.Chunk, error) {
	page, err := r.rows.Vectors(ctx, after, limit)
	if len(page) > 3 {
		return nil, domain.ErrTooLarge
	}
	return page, err
}

func TestIndexThatIsClosed(t *testing.T) {
	ix, _ := newIndex(t, 100)
	find(t, ix, rows{chunks: []domain.Chunk{chunk(1, 5)}})
	if err := ix.Close(); err != nil || ix.Active() || ix.Bytes() != 0 {
		t.Errorf("Close = %v, active %v, %d bytes", err, ix.Active(), ix.Bytes())
	}
	if _, err := ix.Of(t.Context(), domain.Database{ID: "a"}, title, rows{}); !errors.Is(err, domain.ErrClosed) {
		t.Errorf("Of = %v; want ErrClosed", err)
	}
}
