// Command recall measures how good the estimates of recall are: it prints them beside what
// queries find that are not stored, for each beam width, with the time that they take.
package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/memista/memista"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

var (
	size    = flag.Int("n", 100_000, "vectors of GloVe; a third of it of the made set; the hard sets are as they are")
	most    = flag.Duration("max-time", 5*time.Second, "time for each estimate")
	queries = flag.Int("queries", 4000, "queries that are not stored, of GloVe and the made set")
)

const (
	k      = 10
	target = 0.95
)

func main() { measure.Main("recall", run) }

// contender is a set under a metric: what is stored, what takes the place of a third of that later
// (nil: nothing does), and queries.
type contender struct {
	name   string
	metric memista.Metric
	make   func(ctx context.Context) (rows, fresh, asked [][]float32, err error)
}

// parts cuts the vectors of a set into those of a contender.
func parts(all [][]float32) (rows, fresh, asked [][]float32, err error) {
	n := len(all) - *queries
	stored := n * 3 / 4
	return all[:stored], all[stored:n], all[n:], nil
}

func contenders() []contender {
	glove := func(ctx context.Context) (rows, fresh, asked [][]float32, err error) {
		s, err := vectors.GloVe(ctx, *size+*size/3+*queries, false)
		if err != nil {
			return nil, nil, nil, err
		}
		return parts(s.Rows)
	}
	made := func(context.Context) (rows, fresh, asked [][]float32, err error) {
		n := *size * 4 / 9
		s := vectors.NewMade(vectors.Made{Dims: 768, Seed: 7}, n+*queries)
		return parts(s.Rows)
	}
	hard := func(set func() *vectors.Set) func(context.Context) (rows, fresh, asked [][]float32, err error) {
		return func(context.Context) (rows, fresh, asked [][]float32, err error) {
			s := set()
			return s.Rows, nil, s.Queries, nil
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
	rows, fresh, asked, err := c.make(ctx)
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
	got, err := d.Recall(ctx, &memista.RecallOptions{K: k, Target: target, MaxTime: *most})
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
	if got.Plan == "flat" {
		return fmt.Errorf("%s: %d vectors have no graph", c.name, len(rows))
	}
	if err := keep(ctx, d, c, fresh, asked, exact); err != nil {
		return err
	}
	t := got.Target
	fmt.Printf("%-12s %-6s %d queries in %v, complete: %v; ef %d for %v, confidence %.2f; load %s\n\n", c.name, c.metric, got.Queries,
		got.Took.Round(time.Millisecond), got.Complete, t.Ef, t.Wanted, t.Confidence, measure.Load())
	return nil
}

// keep prints what searches without a beam width find when the database has a target, and again when
// a third of its vectors was replaced by others of the set.
func keep(ctx context.Context, d *memista.Database, c contender, fresh, asked [][]float32, exact [][]memista.Hit) error {
	if _, err := d.Update(ctx, memista.Update{TargetRecall: new(target)}); err != nil {
		return err
	}
	last := int64(-1)
	for _, what := range []string{"target", "a third replaced"} {
		kept, err := measured(ctx, d, last)
		if err != nil {
			return err
		}
		last = kept.Sequence
		found, err := d.SearchMany(ctx, asked, k, &memista.SearchOptions{Include: []memista.Part{}})
		if err != nil {
			return err
		}
		fmt.Printf("%-12s %-6s %s: ef %d, estimate %.4f of %d queries, truth %.4f\n", c.name, c.metric, what, kept.Ef, kept.Recall, kept.Queries, share(exact, found))
		if len(fresh) == 0 || what != "target" {
			break
		}
		if err := store(ctx, d, fresh); err != nil {
			return err
		}
		if err := d.WaitIndexed(ctx, nil); err != nil {
			return err
		}
		if exact, err = d.SearchMany(ctx, asked, k, &memista.SearchOptions{Exact: true, Include: []memista.Part{}}); err != nil {
			return err
		}
	}
	return nil
}

// measured returns the measurement that was made after the change numbered last.
func measured(ctx context.Context, d *memista.Database, last int64) (memista.KeptRecall, error) {
	for {
		st, err := d.Stats(ctx)
		if err != nil {
			return memista.KeptRecall{}, err
		}
		if m := st.Recall.Measured; m != nil && m.Sequence > last {
			return *m, nil
		}
		select {
		case <-ctx.Done():
			return memista.KeptRecall{}, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func fill(ctx context.Context, d *memista.Database, metric memista.Metric, rows [][]float32) error {
	if _, err := d.Create(ctx, &memista.Settings{Metric: metric}); err != nil {
		return err
	}
	if err := store(ctx, d, rows); err != nil {
		return err
	}
	return d.WaitIndexed(ctx, nil)
}

// store stores rows under the keys 0, 1, 2 …, in place of what is there.
func store(ctx context.Context, d *memista.Database, rows [][]float32) error {
	at := 0
	for part := range slices.Chunk(rows, 5000) {
		chunks := make([]memista.Chunk, len(part))
		for i, v := range part {
			chunks[i] = memista.Chunk{Key: strconv.Itoa(at), Embedding: v}
			at++
		}
		if _, err := d.Insert(ctx, chunks, nil); err != nil {
			return err
		}
	}
	return nil
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
