package httpload

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/memista/memista/test/bench/measure"
)

const insertClients = 2

// Inserted is what one load has measured.
type Inserted struct {
	Acked, Drained float64 // rows per second
	CPU            float64 // microseconds of the server per row, until drained
}

// Load stores all rows, in batches of so many, and waits until they are in the index for good,
// which drained reports.
func Load(ctx context.Context, p Server, w *Way, rows, batchRows int, drained func(context.Context) (bool, error)) (Inserted, error) {
	batches := (rows + batchRows - 1) / batchRows
	bodies := make([][]byte, batches) // made before: the client's work is not measured
	for i := range bodies {
		bodies[i] = w.Body(i*batchRows, min(rows, (i+1)*batchRows))
	}
	before, err := p.CPU()
	if err != nil {
		return Inserted{}, err
	}
	began := time.Now()
	var next atomic.Int64
	err = together(insertClients, w, func(_ int, c Conn) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= batches {
				return nil
			}
			answer, err := c.Do(w.Path, bodies[i])
			if err == nil && w.Check != nil {
				err = w.Check(answer)
			}
			if err != nil {
				return err
			}
		}
	})
	if err != nil {
		return Inserted{}, err
	}
	acked := time.Since(began)
	for done := false; !done; {
		if done, err = drained(ctx); err != nil {
			return Inserted{}, err
		}
		if !done {
			if time.Since(began) > loadLimit {
				return Inserted{}, fmt.Errorf("%v: the index does not have all rows after %v", w, loadLimit)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	took := time.Since(began)
	after, err := p.CPU()
	n := float64(rows)
	return Inserted{n / acked.Seconds(), n / took.Seconds(), float64((after - before).Microseconds()) / n}, err
}

// loadLimit is how long a load may take.
const loadLimit = 10 * time.Minute

// together runs fn once per client, each with a connection of its own.
func together(clients int, w *Way, fn func(client int, c Conn) error) error {
	err := measure.Together(clients, func(client int) error {
		c := w.Open()
		defer c.Close()
		return fn(client, c)
	})
	if err != nil {
		return fmt.Errorf("%v: %w", w, err)
	}
	return nil
}

// Bodies makes the bodies of the first n searches.
func Bodies(w *Way, n int) [][]byte {
	bodies := make([][]byte, n)
	for i := range bodies {
		bodies[i] = w.Body(i, 0)
	}
	return bodies
}

// Recall returns the mean recall of searches beside the ids of the true neighbors, which are
// numbers of rows from 1.
func Recall(w *Way, bodies [][]byte, truth [][]int64) (float64, error) {
	k := len(truth[0])
	found := 0
	err := together(1, w, func(_ int, c Conn) error {
		for i, body := range bodies {
			answer, err := c.Do(w.Path, body)
			if err != nil {
				return err
			}
			rows, err := w.Rows(answer)
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

// Searched is what one slice of searches has measured.
type Searched struct {
	QPS float64
	CPU float64 // microseconds of the server per query
}

// Search sends queries from the clients for a while, each client its own part of them.
func Search(p Server, w *Way, bodies [][]byte, clients int, slice time.Duration) (Searched, error) {
	before, err := p.CPU()
	if err != nil {
		return Searched{}, err
	}
	var done atomic.Int64
	began := time.Now()
	err = together(clients, w, func(client int, c Conn) error {
		n := int64(0)
		defer func() { done.Add(n) }()
		for i := client * len(bodies) / clients; time.Since(began) < slice; i++ {
			if _, err := c.Do(w.Path, bodies[i%len(bodies)]); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		return Searched{}, err
	}
	took := time.Since(began)
	after, err := p.CPU()
	n := float64(done.Load())
	return Searched{n / took.Seconds(), float64((after - before).Microseconds()) / n}, err
}
