package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

// filters are how many different sets of allowed ids are drawn for each selectivity, so
// that no engine gains by seeing one again and again.
const filters = 20

var _ ports.BatchedIDSet = allowed{}

// allowed is a set of ids as a filter resolves to.
type allowed struct{ bitmap *roaring64.Bitmap }

func (a allowed) Contains(id int64) bool { return a.bitmap.Contains(uint64(id)) }
func (a allowed) Len() int               { return int(a.bitmap.GetCardinality()) }
func (a allowed) All() iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for it := a.bitmap.Iterator(); it.HasNext(); {
			if !yield(int64(it.Next())) {
				return
			}
		}
	}
}

// Batches implements ports.BatchedIDSet.
func (a allowed) Batches(buf []int64) iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		var some [256]uint64
		for it := a.bitmap.ManyIterator(); ; {
			n := it.NextMany(some[:min(len(some), len(buf))])
			for i, id := range some[:n] {
				buf[i] = int64(id)
			}
			if n == 0 || !yield(buf[:n]) {
				return
			}
		}
	}
}

// drawAllowed returns sets that hold each of n ids with probability share.
func drawAllowed(n int, share float64) []ports.IDSet {
	sets := make([]ports.IDSet, filters)
	for i := range sets {
		rng := rand.New(rand.NewPCG(uint64(i), 20261122))
		bitmap := roaring64.New()
		for id := range n {
			if rng.Float64() < share {
				bitmap.Add(uint64(id + 1))
			}
		}
		bitmap.RunOptimize()
		sets[i] = allowed{bitmap}
	}
	return sets
}

// filtered is what one engine did at one selectivity.
type filtered struct {
	p50    measure.Values // microseconds, one per round
	recall float64
	plans  map[domain.Plan]int
}

// measureFiltered prints the median time of a search among few allowed ids beside that of
// one without a filter, nothing set, for every engine behind our port.
func measureFiltered(ctx context.Context, w io.Writer, c config, set *vectors.Set, results []*result) error {
	if len(c.shares) == 0 {
		return nil
	}
	head := []string{"engine", "no filter"}
	for _, share := range c.shares {
		head = append(head, fmt.Sprintf("%g %% allowed", 100*share))
	}
	var rows [][]string
	for _, r := range results {
		e, ours := r.contender.(*goEngine)
		if !ours || r.failed != nil {
			continue
		}
		cells, err := e.filteredRow(ctx, c, set)
		if err != nil {
			return fmt.Errorf("%s: %w", r.Name(), err)
		}
		rows = append(rows, append([]string{r.Name()}, cells...))
	}
	fmt.Fprint(w, "\nFiltered by bitmaps, nothing set: p50 (ratio to no filter) recall plan\n\n")
	measure.PrintTable(w, head, rows...)
	return nil
}

// filteredRow measures all selectivities of one engine, interleaved round by round.
func (e *goEngine) filteredRow(ctx context.Context, c config, set *vectors.Set) ([]string, error) {
	sets := [][]ports.IDSet{nil}
	for _, share := range c.shares {
		sets = append(sets, drawAllowed(len(set.Rows), share))
	}
	found := make([]filtered, len(sets))
	for i := range sets {
		var err error
		if found[i].recall, found[i].plans, err = e.filteredRecall(ctx, set, sets[i]); err != nil {
			return nil, err
		}
	}
	order := make([]int, len(sets))
	for i := range order {
		order[i] = i
	}
	err := measure.Turns(c.rounds, order, func(_, i int) error {
		p50, err := e.filteredTime(ctx, sets[i])
		found[i].p50 = append(found[i].p50, p50)
		return err
	})
	if err != nil {
		return nil, err
	}
	var cells []string
	base := found[0].p50.Median()
	for _, f := range found {
		plans := make([]string, 0, len(f.plans))
		for p := range f.plans {
			plans = append(plans, string(p))
		}
		slices.Sort(plans)
		cells = append(cells, fmt.Sprintf("%.0f µs (%.2f) %.3f %s", f.p50.Median(), f.p50.Median()/base, f.recall, strings.Join(plans, "+")))
	}
	return cells, nil
}

func (e *goEngine) query(i int, sets []ports.IDSet) ports.Query {
	q := ports.Query{Vector: e.set.Queries[i], K: e.k}
	if len(sets) > 0 {
		q.Allow = sets[i%len(sets)]
	}
	return q
}

// filteredRecall compares with the exact search among the same ids.
func (e *goEngine) filteredRecall(ctx context.Context, set *vectors.Set, sets []ports.IDSet) (float64, map[domain.Plan]int, error) {
	plans := map[domain.Plan]int{}
	var sum float64
	for i := range e.set.Queries {
		q := e.query(i, sets)
		got, work, err := e.index.Search(ctx, q)
		if err != nil {
			return 0, nil, err
		}
		plans[work.Plan]++
		q.Exact = true
		exact, _, err := e.index.Search(ctx, q)
		if err != nil {
			return 0, nil, err
		}
		want := make([]int64, len(exact))
		for j, n := range exact {
			want[j] = n.ID
		}
		ids := make([]int64, 0, len(got))
		for _, n := range got {
			if q.Allow == nil || q.Allow.Contains(n.ID) {
				ids = append(ids, n.ID)
			}
		}
		sum += set.RecallAt(e.settings.Metric, q.Vector, want, ids)
	}
	return sum / float64(len(e.set.Queries)), plans, nil
}

// filteredTime returns the median microseconds of one search.
func (e *goEngine) filteredTime(ctx context.Context, sets []ports.IDSet) (float64, error) {
	times := make(measure.Times, len(e.set.Queries))
	into := make([]domain.Neighbor, 0, e.k)
	for i := range e.set.Queries {
		q := e.query(i, sets)
		q.Into = into[:0]
		began := time.Now()
		if _, _, err := e.index.Search(ctx, q); err != nil {
			return 0, err
		}
		times[i] = time.Since(began)
	}
	return measure.Microseconds(times.At(50)), nil
}
