package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/rest"
	"github.com/memista/memista/test/bench/vectors"
)

// asked is how many queries are asked around restarts.
const asked = 60

// restart measures the first answer of a server that starts on a large database, with
// its index file and without.
func (b *bench) restart(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "memista-ingest-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	measure.Say("restarts with %d × 100, load %s", b.large, measure.Load())
	d := newData("large", vectors.NewMade(vectors.Made{Dims: 100, Seed: 11}, b.large/batch*batch))
	truth := d.nearest(asked)
	if err := b.with(ctx, dir, func(s *server) error { return s.store(ctx, d) }); err != nil {
		return err
	}
	var times, recall measure.Values
	wrong := 0
	for i := range b.restarts {
		took, got, right, err := b.firstAnswer(ctx, dir, d, i%asked)
		if err != nil {
			return err
		}
		if !right {
			wrong++
		}
		times, recall = append(times, measure.Milliseconds(took)), append(recall, vectors.Recall(truth[i%asked], got))
	}
	r := &b.report
	r.Add(fmt.Sprintf("restart with %d × 100-d, from exec to the first answer, ms", len(d.Rows)), times, "%.0f", measure.AtMost(500))
	r.Add("its recall@10", recall, "%.2f", measure.AtLeast(0.95))
	r.answers("first answers", b.restarts, wrong)
	return b.rebuild(ctx, dir, d, truth)
}

// nearest returns the ids of the exact neighbors of the first n queries.
func (d *data) nearest(n int) [][]int64 {
	truth := make([][]int64, n)
	_ = measure.Share(clients, 0, n, 1, func(_, i, _ int) error { // none fails
		for _, near := range d.Nearest(domain.InnerProduct, d.Queries[i], k, func(int) bool { return true }) {
			truth[i] = append(truth[i], near.ID)
		}
		return nil
	})
	return truth
}

// store inserts all of d, never so fast that the tail comes near its bound, and waits
// until the graph has it.
func (s *server) store(ctx context.Context, d *data) error {
	const some, most = 100 * batch, 200_000
	for from := 0; from < len(d.Rows); from += some {
		if err := s.insert(d.bodies(from, min(from+some, len(d.Rows))), nil); err != nil {
			return err
		}
		for {
			p, err := s.Parts(ctx, d.database)
			if err != nil {
				return err
			}
			if p.Tail.Vectors < most {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return s.drained(ctx, d.database, len(d.Rows))
}

// firstAnswer starts a server on the data in dir and returns how long it took from exec to
// the answer to its first search.
func (b *bench) firstAnswer(ctx context.Context, dir string, d *data, query int) (took time.Duration, got []domain.Neighbor, right bool, err error) {
	if err := warm(dir); err != nil {
		return 0, nil, false, err
	}
	began := time.Now()
	err = b.with(ctx, dir, func(s *server) error {
		c := rest.New(s.Addr)
		defer c.Close()
		hits, err := find(c, d.queries[query])
		took = time.Since(began)
		got, right = d.check(d.Queries[query], hits)
		return err
	})
	return took, got, right, err
}

// warm reads the files in dir, so that they are in the page cache. No server runs on them.
func warm(dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		return errors.Join(err, f.Close())
	})
}

// rebuild removes the index file and measures the server that has to make it anew.
func (b *bench) rebuild(ctx context.Context, dir string, d *data, truth [][]int64) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.hnsw"))
	if err == nil && len(files) == 0 {
		err = errors.New("there is no index file")
	}
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	if err == nil {
		err = warm(dir)
	}
	if err != nil {
		return err
	}
	r := &b.report
	began := time.Now()
	return b.with(ctx, dir, func(s *server) error {
		c := rest.New(s.Addr)
		defer c.Close()
		hits, err := find(c, d.exact[0])
		first := time.Since(began)
		if err != nil {
			return err
		}
		wrong := 0
		if got, right := d.check(d.Queries[0], hits); !right || !slices.Equal(ids(got), truth[0]) {
			wrong++
		}
		r.Add("the same without the index file, s", measure.Values{first.Seconds()}, "%.2f", nil)
		r.answers("exact answers then", 1, wrong)
		m, err := s.whileRebuilding(ctx, c, d, truth)
		if err != nil {
			return err
		}
		took := time.Since(began)
		r.Add("from exec until the index is whole again, searched twice a second, s", measure.Values{took.Seconds()}, "%.1f", nil)
		r.Add(fmt.Sprintf("searches meanwhile, p50 of %d, ms", len(m.times)), measure.Values{percentile(m.times, 50)}, "%.1f", nil)
		r.Add("longest, ms", measure.Values{percentile(m.times, 100)}, "%.1f", nil)
		all, lowest := mean(m.recall)
		r.Add("recall@10 meanwhile", measure.Values{all}, "%.4f", measure.AtLeast(0.95))
		r.Add("in its worst quarter", measure.Values{lowest}, "%.4f", measure.AtLeast(0.95))
		r.answers("searches meanwhile", len(m.times), m.wrong)
		return nil
	})
}

func ids(near []domain.Neighbor) []int64 {
	out := make([]int64, len(near))
	for i, n := range near {
		out[i] = n.ID
	}
	return out
}

// meanwhile is what searches have shown while an index was made.
type meanwhile struct {
	times  []time.Duration
	recall []float64
	wrong  int
}

// whileRebuilding searches twice a second until all of d is in the graph. The pauses are
// longer than the indexer leaves a core to searches after each.
func (s *server) whileRebuilding(ctx context.Context, c *rest.Conn, d *data, truth [][]int64) (m meanwhile, err error) {
	for i := 0; ; i++ {
		q := i % len(truth)
		began := time.Now()
		hits, err := find(c, d.queries[q])
		if err != nil {
			return m, err
		}
		m.times = append(m.times, time.Since(began))
		got, right := d.check(d.Queries[q], hits)
		if !right {
			m.wrong++
		}
		m.recall = append(m.recall, vectors.Recall(truth[q], got))
		for time.Since(began) < time.Second/2 {
			p, err := s.Parts(ctx, d.database)
			if err != nil {
				return m, err
			}
			if p.Indexed(len(d.Rows)) {
				return m, nil
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
