package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/vectors"
)

const (
	insertClients = 2
	batchRows     = 1000
)

// inserted is what one load has measured.
type inserted struct {
	acked, drained float64 // rows per second
	cpu            float64 // microseconds of the server per row, until drained
}

// load stores all rows and waits until they are in the index for good.
func load(ctx context.Context, p peer, w *way, rows int) (inserted, error) {
	batches := (rows + batchRows - 1) / batchRows
	bodies := make([][]byte, batches) // made before: the client's work is not measured
	for i := range bodies {
		bodies[i] = w.body(i*batchRows, min(rows, (i+1)*batchRows))
	}
	before, err := p.process().CPU()
	if err != nil {
		return inserted{}, err
	}
	began := time.Now()
	var next atomic.Int64
	err = together(insertClients, w, func(_ int, c conn) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= batches {
				return nil
			}
			answer, err := c.Do(w.path, bodies[i])
			if err == nil && w.check != nil {
				err = w.check(answer)
			}
			if err != nil {
				return err
			}
		}
	})
	if err != nil {
		return inserted{}, err
	}
	acked := time.Since(began)
	for done := false; !done; {
		if done, err = p.drained(ctx); err != nil {
			return inserted{}, err
		}
		if !done {
			if time.Since(began) > loadLimit {
				return inserted{}, fmt.Errorf("%v: the index does not have all rows after %v", w, loadLimit)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	drained := time.Since(began)
	after, err := p.process().CPU()
	n := float64(rows)
	return inserted{n / acked.Seconds(), n / drained.Seconds(), float64((after - before).Microseconds()) / n}, err
}

// loadLimit is how long a load may take.
const loadLimit = 10 * time.Minute

// together runs fn once per client, each with a connection of its own.
func together(clients int, w *way, fn func(client int, c conn) error) error {
	err := measure.Together(clients, func(client int) error {
		c := w.open()
		defer c.Close()
		return fn(client, c)
	})
	if err != nil {
		return fmt.Errorf("%v: %w", w, err)
	}
	return nil
}

// queriesOf makes the bodies of all searches.
func queriesOf(w *way, n int) [][]byte {
	bodies := make([][]byte, n)
	for i := range bodies {
		bodies[i] = w.body(i, 0)
	}
	return bodies
}

// recall returns the mean recall@k over all queries.
func recall(w *way, bodies [][]byte, truth [][]int64) (float64, error) {
	found := 0
	err := together(1, w, func(_ int, c conn) error {
		for i, body := range bodies {
			answer, err := c.Do(w.path, body)
			if err != nil {
				return err
			}
			rows, err := w.rows(answer)
			if err != nil {
				return err
			}
			if len(rows) != k {
				return fmt.Errorf("%d hits for query %d; want %d", len(rows), i, k)
			}
			want := map[int]bool{}
			for _, id := range truth[i] {
				want[int(id)-1] = true
			}
			for _, row := range rows {
				if want[row] {
					found++
				}
			}
		}
		return nil
	})
	return float64(found) / float64(k*len(bodies)), err
}

// searched is what one slice of searches has measured.
type searched struct {
	qps float64
	cpu float64 // microseconds of the server per query
}

// search sends queries from the clients for a while, each client its own part of them.
func search(p peer, w *way, bodies [][]byte, clients int, slice time.Duration) (searched, error) {
	before, err := p.process().CPU()
	if err != nil {
		return searched{}, err
	}
	var done atomic.Int64
	began := time.Now()
	err = together(clients, w, func(client int, c conn) error {
		n := int64(0)
		defer func() { done.Add(n) }()
		for i := client * len(bodies) / clients; time.Since(began) < slice; i++ {
			if _, err := c.Do(w.path, bodies[i%len(bodies)]); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return searched{}, err
	}
	took := time.Since(began)
	after, err := p.process().CPU()
	n := float64(done.Load())
	return searched{n / took.Seconds(), float64((after - before).Microseconds()) / n}, err
}

// rowOf returns the number of the row with a word.
func rowOf(set *vectors.Set, word string) (int, bool) {
	rowsMu.Lock()
	defer rowsMu.Unlock()
	if len(rowNumbers) != len(set.Words) {
		rowNumbers = make(map[string]int, len(set.Words))
		for i, w := range set.Words {
			rowNumbers[w] = i
		}
	}
	i, ok := rowNumbers[word]
	return i, ok
}

var (
	rowsMu     sync.Mutex
	rowNumbers map[string]int // guarded by rowsMu
)
