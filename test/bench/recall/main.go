// Command recall measures how good the estimates of recall are: it prints them beside what
// queries find that are not stored, for each beam width, with the time that they take.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	"github.com/memista/memista"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

var (
	size    = flag.Int("n", 100_000, "vectors of GloVe; a third of it of the made set")
	queries = flag.Int("queries", 4000, "queries that are not stored, of GloVe and the made set")
)

const (
	k      = 10
	target = 0.95
)

func main() { measure.Main("recall", run) }

// contender is a set under a metric.
type contender struct {
	name   string
	metric memista.Metric
	make   func(ctx context.Context) (rows, asked [][]float32, err error)
}

func contenders() []contender {
	glove := func(ctx context.Context) (rows, asked [][]float32, err error) {
		s, err := vectors.GloVe(ctx, *size+*queries, false)
		if err != nil {
			return nil, nil, err
		}
		return s.Rows[:len(s.Rows)-*queries], s.Rows[len(s.Rows)-*queries:], nil
	}
	made := func(context.Context) (rows, asked [][]float32, err error) {
		n := *size / 3
		s := vectors.NewMade(vectors.Made{Dims: 768, Seed: 7}, n+*queries)
		return s.Rows[:n], s.Rows[n:], nil
	}
	hard := func(set func() *vectors.Set) func(context.Context) (rows, asked [][]float32, err error) {
		return func(context.Context) (rows, asked [][]float32, err error) {
			s := set()
			return s.Rows, s.Queries, nil
		}
	}
	return []contender{
		{"GloVe", memista.Cosine, glove}, {"GloVe", memista.InnerProduct, glove}, {"made 768-d", memista.Cosine, made},
		{"cone", memista.Cosine, hard(vectors.Cone)}, {"long", memista.InnerProduct, hard(vectors.Long)},
		{"lognormal", memista.InnerProduct, hard(vectors.Lognormal)}, {"crowd", memista.Cosine, hard(vectors.Crowd)},
	}
}

func run(ctx context.Context) error {
	fmt.Println(measure.Machine())
	fmt.Printf("recall@%d; the truth is that of queries that are not stored\n", k)
	fmt.Println("set          metric       n     ef  estimate  95 %               truth   difference   median µs  p99 µs")
	for _, c := range contenders() {
		if err := compare(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// compare prints estimates beside the truth on one set.
func compare(ctx context.Context, c contender) error {
	rows, asked, err := c.make(ctx)
	if err != nil {
		return err
	}
	db, err := memista.Open("", nil)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // its process ends soon
	d := db.Database("d")
	if err := fill(ctx, d, c.metric, rows); err != nil {
		return err
	}
	got, err := d.Recall(ctx, &memista.RecallOptions{K: k, Target: target})
	if err != nil {
		return err
	}
	exact, err := d.SearchMany(ctx, asked, k, &memista.SearchOptions{Exact: true, Include: []memista.Part{}})
	if err != nil {
		return err
	}
	for _, p := range append([]memista.RecallPoint{got.Now}, got.Curve...) {
		found, err := d.SearchMany(ctx, asked, k, &memista.SearchOptions{Ef: p.Ef, Include: []memista.Part{}})
		if err != nil {
			return err
		}
		truth := share(exact, found)
		fmt.Printf("%-12s %-6s %7d  %5d    %.4f  %.4f to %.4f   %.4f      %+.4f   %9.1f %7.1f\n", c.name, c.metric, len(rows), p.Ef,
			p.Recall, p.Low, p.High, truth, p.Recall-truth, measure.Microseconds(p.P50), measure.Microseconds(p.P99))
	}
	t := got.Target
	fmt.Printf("%-12s %-6s %d queries in %v, complete: %v; ef %d for %v, confidence %.2f; load %s\n\n", c.name, c.metric, got.Queries,
		got.Took.Round(time.Millisecond), got.Complete, t.Ef, t.Wanted, t.Confidence, measure.Load())
	return nil
}

func fill(ctx context.Context, d *memista.Database, metric memista.Metric, rows [][]float32) error {
	if _, err := d.Create(ctx, &memista.Settings{Metric: metric}); err != nil {
		return err
	}
	for part := range slices.Chunk(rows, 5000) {
		chunks := make([]memista.Chunk, len(part))
		for i, v := range part {
			chunks[i].Embedding = v
		}
		if _, err := d.Insert(ctx, chunks, nil); err != nil {
			return err
		}
	}
	return d.WaitIndexed(ctx, nil)
}

// share returns the mean share of the exact neighbors that are found; what is as near as the last
// of them counts as one.
func share(exact, found [][]memista.Hit) float64 {
	sum, all := 0, 0
	for i, truth := range exact {
		ids := map[int64]bool{}
		for _, h := range truth {
			ids[h.ID] = true
		}
		for _, h := range found[i] {
			if ids[h.ID] || h.Distance <= truth[len(truth)-1].Distance {
				sum++
			}
		}
		all += len(truth)
	}
	return float64(sum) / float64(max(all, 1))
}
