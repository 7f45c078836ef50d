// Command filter measures filtered searches against unfiltered ones in one service, side
// by side: the ratio of their times, recall and hits, for several shapes of filters that
// select 50, 10, 1 and 0.1 % of the chunks, with 200 different constants each.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

const (
	seed      = 20261122
	k         = 10
	constants = 200
	labels    = 1000 // different values of the field "label"
	database  = "bench"
)

func main() {
	n := flag.Int("n", 100_000, "chunks")
	made := flag.Bool("made", false, "take made vectors instead of word vectors")
	measure.Main("filter", func(ctx context.Context) error { return run(ctx, *n, *made) })
}

func run(ctx context.Context, n int, made bool) (err error) {
	set, err := load(ctx, n, made)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "memista-filter-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	c, err := compose.Open(ctx, compose.Config{Path: filepath.Join(dir, "memista.db"), Durability: "normal"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Service.Close()) }()
	b := bench{svc: c.Service, set: set, rng: rand.New(rand.NewPCG(seed, 1))}
	if err := b.fill(ctx); err != nil {
		return err
	}
	if err := b.cold(ctx); err != nil {
		return err
	}
	return b.warm(ctx)
}

func load(ctx context.Context, n int, made bool) (*vectors.Set, error) {
	if made {
		return vectors.NewMade(vectors.Made{Dims: 100, Seed: seed}, n), nil
	}
	return vectors.GloVe(ctx, n, true)
}

type bench struct {
	svc *app.Service
	set *vectors.Set
	rng *rand.Rand
}

// fill stores all vectors: "place" is a different number in each chunk, "label" one of
// 1,000 names, "half" 0 or 1, "tags" two of 1,000 names, and waits for the graph.
func (b *bench) fill(ctx context.Context) error {
	began := time.Now()
	if _, _, err := b.svc.Create(ctx, database, domain.Settings{Metric: domain.Cosine}); err != nil {
		return err
	}
	places := b.rng.Perm(len(b.set.Rows))
	for from := 0; from < len(places); from += 1000 {
		chunks := make([]domain.Chunk, 0, 1000)
		for i := from; i < min(from+1000, len(places)); i++ {
			text := fmt.Sprintf(`{"place":%d,"label":"label %d","half":%d,"tags":["tag %d","tag %d"]}`,
				places[i], b.rng.IntN(labels), b.rng.IntN(2), b.rng.IntN(labels), b.rng.IntN(labels))
			chunks = append(chunks, domain.Chunk{Embedding: b.set.Rows[i], Text: "some text", Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: text}})
		}
		if _, err := b.svc.Insert(ctx, app.Insert{Database: database, Chunks: chunks}); err != nil {
			return err
		}
	}
	for {
		info, err := b.svc.Database(ctx, database)
		if err != nil {
			return err
		}
		if info.Plan == domain.PlanGraph && info.Tail.Len == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Printf("%s, %s: %d chunks in the graph after %v\n\n", measure.Machine(), b.set.Name, len(places), time.Since(began).Round(time.Second))
	return nil
}

// search answers one query and says how long that took.
func (b *bench) search(ctx context.Context, i int, f *filterlang.Filter, exact bool) (app.Found, time.Duration, error) {
	q := app.Query{Embedding: b.set.Queries[i%len(b.set.Queries)], K: k, Filter: f, Exact: exact}
	began := time.Now()
	found, err := b.svc.Search(ctx, app.Search{Database: database, Queries: []app.Query{q}, Fields: domain.DefaultFields})
	return found, time.Since(began), err
}

// cold prints the time of the first search that asks about a field, and of the second.
func (b *bench) cold(ctx context.Context) error {
	for range 200 { // the graph itself is warm
		if _, _, err := b.search(ctx, 0, nil, false); err != nil {
			return err
		}
	}
	fmt.Println("first and second search that asks about a field, in ms:")
	for _, text := range []string{`{"half":1}`, `{"label":"label 7"}`, `{"place":{"$lt":50}}`, `{"tags":"tag 7"}`, `{"none":1}`, `{"$text":{"$contains":"x"}}`} {
		f, err := filterlang.Parse([]byte(text))
		if err != nil {
			return err
		}
		_, first, err := b.search(ctx, 1, &f, false)
		if err != nil {
			return err
		}
		_, second, err := b.search(ctx, 1, &f, false)
		if err != nil {
			return err
		}
		fmt.Printf("  %-28s %8.2f %8.3f\n", text, measure.Milliseconds(first), measure.Milliseconds(second))
	}
	fmt.Println()
	return nil
}

// shapes are filters that select about a share of the chunks, with a constant of rng's.
var shapes = []struct {
	name string
	make func(rng *rand.Rand, share float64, n int) string
}{
	{"range of numbers", func(rng *rand.Rand, share float64, n int) string {
		width := int(share * float64(n))
		low := rng.IntN(n - width + 1)
		return fmt.Sprintf(`{"place":{"$gte":%d,"$lt":%d}}`, low, low+width)
	}},
	{"one of some names", func(rng *rand.Rand, share float64, _ int) string {
		return fmt.Sprintf(`{"label":{"$in":[%s]}}`, names(rng, "label", int(share*labels)))
	}},
	{"two fields and a not", func(rng *rand.Rand, share float64, n int) string {
		width := int(min(1, 2*share) * float64(n))
		low := rng.IntN(n - width + 1)
		return fmt.Sprintf(`{"half":%d,"place":{"$gte":%d,"$lt":%d},"$not":{"tags":{"$in":[%s]}}}`, rng.IntN(2), low, low+width, names(rng, "tag", 3))
	}},
}

func names(rng *rand.Rand, kind string, n int) string {
	var list []string
	for _, i := range rng.Perm(labels)[:max(n, 1)] {
		list = append(list, fmt.Sprintf(`"%s %d"`, kind, i))
	}
	return strings.Join(list, ",")
}

func (b *bench) warm(ctx context.Context) error {
	var rows [][]string
	for _, shape := range shapes {
		for _, share := range []float64{0.5, 0.1, 0.01, 0.001} {
			var filters []*filterlang.Filter
			for range constants {
				f, err := filterlang.Parse([]byte(shape.make(b.rng, share, len(b.set.Rows))))
				if err != nil {
					return err
				}
				filters = append(filters, &f)
			}
			row, err := b.measure(ctx, shape.name, filters)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
	}
	measure.PrintTable(os.Stdout, []string{"filter", "selects", "plan", "p50 unfiltered µs", "p50 filtered µs", "of this the filter µs", "ratio",
		fmt.Sprintf("recall@%d", k), fmt.Sprintf("searches with fewer than %d", k)}, rows...)
	return nil
}

// measure searches with each filter and without, by turns, and returns a row of the table.
func (b *bench) measure(ctx context.Context, name string, filters []*filterlang.Filter) ([]string, error) {
	var plain, filtered, resolving measure.Times
	var selected, recall float64
	short := 0
	plans := map[domain.Plan]int{}
	for i, f := range filters {
		_, took, err := b.search(ctx, i, nil, false)
		if err != nil {
			return nil, err
		}
		plain = append(plain, took)
		found, took, err := b.search(ctx, i, f, false)
		if err != nil {
			return nil, err
		}
		filtered = append(filtered, took)
		e := found.Explain[0]
		resolving = append(resolving, e.Times.Filter)
		plans[e.Plan]++
		selected += e.Filter.Share() / float64(len(filters))
		if len(found.Hits[0]) < min(k, e.Filter.Matched) {
			short++
		}
		truth, _, err := b.search(ctx, i, f, true)
		if err != nil {
			return nil, err
		}
		recall += recallOf(truth.Hits[0], found.Hits[0]) / float64(len(filters))
	}
	µs := func(t measure.Times) string { return fmt.Sprintf("%.0f", measure.Microseconds(t.At(50))) }
	return []string{name, fmt.Sprintf("%.2f %%", 100*selected), string(most(plans)), µs(plain), µs(filtered), µs(resolving),
		fmt.Sprintf("%.2f", float64(filtered.At(50))/float64(plain.At(50))), fmt.Sprintf("%.3f", recall), strconv.Itoa(short)}, nil
}

func recallOf(truth, got []domain.Hit) float64 {
	if len(truth) == 0 {
		return 1
	}
	hits := 0
	for _, h := range got {
		if slices.ContainsFunc(truth, func(t domain.Hit) bool { return t.ID == h.ID }) {
			hits++
		}
	}
	return float64(hits) / float64(len(truth))
}

func most(plans map[domain.Plan]int) domain.Plan {
	var best domain.Plan
	for p, n := range plans {
		if n > plans[best] {
			best = p
		}
	}
	return best
}
