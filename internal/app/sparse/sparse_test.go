package sparse_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/app/sparse"
	"github.com/memista/memista/internal/domain"
	"iter"
)

var start = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// table is the rows of a database in memory.
type table struct {
	mu     sync.Mutex
	chunks map[int64]domain.Chunk
	bytes  int64  // most that one read may have; 0: no bound
	reads  int    // that were made
	during func() // called in a read, before it looks at the rows
}

func newTable() *table { return &table{chunks: map[int64]domain.Chunk{}} }

func (t *table) Vectors(ctx context.Context, after int64, limit int) ([]domain.Chunk, error) {
	if t.during != nil {
		t.during()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads++
	var page []domain.Chunk
	var size int64
	for _, id := range slices.Sorted(maps.Keys(t.chunks)) {
		if id > after && len(page) < limit {
			c := t.chunks[id]
			page = append(page, c)
			size += c.Size()
		}
	}
	if t.bytes > 0 && size > t.bytes && limit > 1 {
		return nil, domain.ErrTooLarge
	}
	return page, ctx.Err()
}

// write changes the rows and tells ix.
func (t *table) write(ix *sparse.Index, written []domain.Chunk, deleted ...int64) {
	t.mu.Lock()
	for _, id := range deleted {
		delete(t.chunks, id)
	}
	for _, c := range written {
		t.chunks[c.ID] = c
	}
	t.mu.Unlock()
	if ix.Active() {
		ix.Apply(written, deleted)
	}
}

// vector makes a sparse vector whose indices are drawn as words are.
func vector(r *rand.Rand, z *rand.Zipf) domain.SparseVector {
	entries := map[uint32]float32{}
	for range r.IntN(12) {
		entries[uint32(z.Uint64())*2654435761] = float32(r.IntN(9)-2) / 2
	}
	v := domain.SparseVector{}
	for index, x := range entries {
		v.Indices, v.Values = append(v.Indices, index), append(v.Values, x)
	}
	return v
}

// oracle answers q by looking at all rows.
func (t *table) oracle(name string, q sparse.Query) []domain.SparseMatch {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := 0
	with := map[uint32]int{}
	for _, c := range t.chunks {
		if v := c.Sparse[name]; len(v.Indices) > 0 && !c.Expired(q.Now) {
			all++
			for _, index := range v.Indices {
				with[index]++
			}
		}
	}
	found := []domain.SparseMatch{}
	asked := q.Vector.Sorted()
	for id, c := range t.chunks {
		if q.Allow != nil && !q.Allow.Contains(id) || c.Expired(q.Now) {
			continue
		}
		has := map[uint32]float32{}
		for i, index := range c.Sparse[name].Indices {
			has[index] = c.Sparse[name].Values[i]
		}
		sum, hit := 0.0, false
		for i, index := range asked.Indices {
			if x, ok := has[index]; ok {
				weight := float64(asked.Values[i])
				if q.IDF {
					weight *= math.Log((float64(all)-float64(with[index])+0.5)/(float64(with[index])+0.5) + 1)
				}
				sum, hit = sum+weight*float64(x), true
			}
		}
		if hit {
			found = append(found, domain.SparseMatch{ID: id, Score: float32(sum)})
		}
	}
	slices.SortFunc(found, domain.SparseMatch.Compare)
	return found[:min(q.K, len(found))]
}

// set is ids that a filter selects.
type set struct{ ids *roaring64.Bitmap }

func (s set) Contains(id int64) bool { return s.ids.Contains(uint64(id)) }
func (s set) Len() int               { return int(s.ids.GetCardinality()) }
func (s set) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for it := s.ids.Iterator(); it.HasNext(); {
			if !yield(int64(it.Next())) {
				return
			}
		}
	}
}

// some selects each of n ids with a chance.
func some(r *rand.Rand, n int, chance float64) set {
	s := set{roaring64.New()}
	for id := range n {
		if r.Float64() < chance {
			s.ids.Add(uint64(id))
		}
	}
	return s
}

func TestSearchesFindWhatIsInTheRows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	z := rand.NewZipf(r, 1.2, 1, 60)
	rows, ix := newTable(), sparse.New()
	next := int64(1)
	for step := range 3000 {
		var written []domain.Chunk
		var deleted []int64
		for range r.IntN(4) {
			c := domain.Chunk{ID: next, Sparse: domain.SparseVectors{}}
			if r.IntN(3) == 0 {
				c.ID = 1 + r.Int64N(next)
			}
			for _, name := range []string{"a", "b"} {
				if r.IntN(5) > 0 {
					c.Sparse[name] = vector(r, z)
				}
			}
			if r.IntN(4) == 0 {
				c.ExpiresAt = start.Add(time.Duration(step+r.IntN(200)) * time.Second)
			}
			next = max(next, c.ID+1)
			written = append(written, c)
		}
		for range r.IntN(3) {
			deleted = append(deleted, r.Int64N(next))
		}
		rows.write(ix, written, deleted...)
		q := sparse.Query{Vector: vector(r, z), IDF: r.IntN(2) == 0, K: 1 + r.IntN(20), Now: start.Add(time.Duration(step) * time.Second)}
		if chance := r.Float64(); chance < 0.6 {
			q.Allow = some(r, int(next), chance*chance)
		}
		name := []string{"a", "b"}[r.IntN(2)]
		a, err := ix.Search(t.Context(), name, q, rows)
		want := rows.oracle(name, q)
		if a.Matches == nil {
			a.Matches = []domain.SparseMatch{}
		}
		if diff := cmp.Diff(want, a.Matches); err != nil || diff != "" {
			t.Fatalf("step %d: Search(%+v) = %v (-want +got):\n%s", step, q, err, diff)
		}
		for _, m := range a.Matches {
			score, ok := a.Weights.Score(rows.chunks[m.ID].Sparse[name].Sorted())
			if !ok || score != m.Score {
				t.Fatalf("step %d: Weights.Score of chunk %d = %g, %v; want %g", step, m.ID, score, ok, m.Score)
			}
		}
	}
	if rows.reads > 20 {
		t.Errorf("%d reads of rows; want those of two names, once", rows.reads)
	}
}

func TestNothingIsLeftOfWhatGoes(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	z := rand.NewZipf(r, 1.2, 1, 60)
	rows, ix := newTable(), sparse.New()
	q := sparse.Query{Vector: domain.SparseVector{Indices: []uint32{0}, Values: []float32{1}}, K: 5}
	if _, err := ix.Search(t.Context(), "a", q, rows); err != nil {
		t.Fatal(err)
	}
	if n := ix.Bytes(); n != 0 {
		t.Errorf("Bytes of nothing = %d; want 0", n)
	}
	for id := int64(1); id <= 2000; id++ {
		rows.write(ix, []domain.Chunk{{ID: id, Sparse: domain.SparseVectors{"a": vector(r, z)}, ExpiresAt: start}})
	}
	full := ix.Bytes()
	for id := int64(1); id <= 2000; id++ {
		rows.write(ix, nil, id)
	}
	if n := ix.Bytes(); full < 2000*40 || n > full/2 {
		t.Errorf("Bytes = %d with 2000 chunks, %d without; want most of them back", full, n)
	}
}

func TestAWriterMayGoOnWithItsVectors(t *testing.T) {
	rows, ix := newTable(), sparse.New()
	v := domain.SparseVector{Indices: []uint32{1}, Values: []float32{2}}
	rows.during = func() {
		rows.during = nil
		ix.Apply([]domain.Chunk{{ID: 1, Sparse: domain.SparseVectors{"a": v}}}, nil)
		v.Indices[0], v.Values[0] = 9, 9
	}
	a, err := ix.Search(t.Context(), "a", sparse.Query{Vector: domain.SparseVector{Indices: []uint32{1}, Values: []float32{1}}, K: 5}, rows)
	if diff := cmp.Diff([]domain.SparseMatch{{ID: 1, Score: 2}}, a.Matches); err != nil || diff != "" {
		t.Errorf("Search = %v (-want +got):\n%s", err, diff)
	}
}

func TestChangesWhileVectorsAreRead(t *testing.T) {
	rows, ix := newTable(), sparse.New()
	one := func(x float32) domain.SparseVectors {
		return domain.SparseVectors{"a": {Indices: []uint32{1}, Values: []float32{x}}}
	}
	for id := int64(1); id <= 5; id++ {
		rows.chunks[id] = domain.Chunk{ID: id, Sparse: one(float32(id))}
	}
	steps := 0
	rows.bytes = 10 // so that it takes several reads
	rows.during = func() {
		switch steps++; steps {
		case 13:
			rows.write(ix, []domain.Chunk{{ID: 1, Sparse: one(10)}, {ID: 6, Sparse: one(6)}}, 2)
		case 15:
			rows.write(ix, []domain.Chunk{{ID: 5}}, 6)
		}
	}
	q := sparse.Query{Vector: one(1)["a"], K: 10}
	a, err := ix.Search(t.Context(), "a", q, rows)
	if diff := cmp.Diff(rows.oracle("a", q), a.Matches); err != nil || diff != "" || steps < 15 {
		t.Errorf("Search = %v after %d reads (-want +got):\n%s", err, steps, diff)
	}
}

func TestReadingEndsWithItsContext(t *testing.T) {
	rows, ix := newTable(), sparse.New()
	rows.chunks[1] = domain.Chunk{ID: 1, Sparse: domain.SparseVectors{"a": {Indices: []uint32{1}, Values: []float32{1}}}}
	q := sparse.Query{Vector: rows.chunks[1].Sparse["a"], K: 1}
	ctx, cancel := context.WithCancel(t.Context())
	reading, waits := make(chan struct{}), make(chan error)
	rows.during = func() { close(reading); <-ctx.Done() }
	go func() {
		_, err := ix.Search(ctx, "a", q, rows)
		waits <- err
	}()
	<-reading
	// A second search waits for the first to read, and reads itself when that gives up.
	impatient, stop := context.WithCancel(t.Context())
	stop()
	if _, err := ix.Search(impatient, "a", q, rows); !errors.Is(err, context.Canceled) {
		t.Errorf("Search of one who waits = %v; want Canceled", err)
	}
	found := make(chan sparse.Answer)
	other := &table{chunks: rows.chunks}
	go func() {
		a, err := ix.Search(t.Context(), "a", q, other)
		if err != nil {
			t.Errorf("Search after another gave up = %v; want nil", err)
		}
		found <- a
	}()
	cancel()
	if err := <-waits; !errors.Is(err, context.Canceled) {
		t.Errorf("Search = %v; want Canceled", err)
	}
	if a := <-found; len(a.Matches) != 1 {
		t.Errorf("Search after another gave up found %v; want chunk 1", a.Matches)
	}
	if ix.Bytes() <= 0 {
		t.Errorf("Bytes = %d; want some", ix.Bytes())
	}
}

func TestSumsStayFinite(t *testing.T) {
	rows, ix := newTable(), sparse.New()
	huge := domain.SparseVector{Indices: []uint32{1, 2}, Values: []float32{math.MaxFloat32, math.MaxFloat32}}
	rows.chunks[1] = domain.Chunk{ID: 1, Sparse: domain.SparseVectors{"a": huge}}
	rows.chunks[2] = domain.Chunk{ID: 2, Sparse: domain.SparseVectors{"a": {Indices: []uint32{1}, Values: []float32{-math.MaxFloat32}}}}
	a, err := ix.Search(t.Context(), "a", sparse.Query{Vector: huge, K: 5}, rows)
	want := []domain.SparseMatch{{ID: 1, Score: math.MaxFloat32}, {ID: 2, Score: -math.MaxFloat32}}
	if diff := cmp.Diff(want, a.Matches); err != nil || diff != "" {
		t.Errorf("Search = %v (-want +got):\n%s", err, diff)
	}
}

func TestIDF(t *testing.T) {
	for _, c := range []struct {
		all, with int
		want      float64
	}{{0, 0, math.Log(2)}, {10, 1, math.Log(9.5/1.5 + 1)}, {10, 10, math.Log(0.5/10.5 + 1)}} {
		if got := sparse.IDF(c.all, c.with); math.Abs(got-c.want) > 1e-12 || got <= 0 {
			t.Errorf("IDF(%d, %d) = %g; want %g", c.all, c.with, got, c.want)
		}
	}
}
