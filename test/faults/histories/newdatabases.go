//go:build unix

package histories

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

const (
	// side is how many new databases are made at a time.
	side = 3
	// firstWriters store so many batches each in a new database, of so many chunks at most.
	firstWriters, firstBatches, firstChunks = 2, 3, 400
)

// NewDatabases makes n databases one after the other, a few at a time, each with writers,
// searches, counts and rebuilds from its first moment on. There is one server, which is
// not ended: what may go wrong here has to do with who knows of the first commits.
func NewDatabases(ctx context.Context, setup Setup, n int) *Faults {
	f := newFaults()
	s := newServer(f, setup)
	if s.start() != nil {
		return f
	}
	defer func() { s.process.Kill() }()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range side {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= n && ctx.Err() == nil; i = int(next.Add(1)) {
				s.first(i)
			}
		})
	}
	wg.Wait()
	s.end(true)
	if err := s.verify(ctx, s.file()); err != nil && ctx.Err() == nil {
		f.fault("verify", "%v", err)
	}
	return f
}

// first makes database i, and drops it again unless it is one of a few.
func (s *server) first(i int) {
	d := newDatabase(s.Faults, fmt.Sprint("new-", i), []string{"cosine", "ip", "l2"}[i%3])
	w := &world{server: s, dbs: []*database{d}}
	w.create(d)
	var writing, reading sync.WaitGroup
	var written atomic.Bool
	client := func(id int) *caller {
		return &caller{world: w, id: id, rng: rand.New(rand.NewPCG(s.setup.Seed, uint64(100*i+id)))}
	}
	for id := range firstWriters {
		writing.Go(func() { client(id).firstBatches(d) })
	}
	for id, does := range []func(*caller){
		func(c *caller) { c.rebuild(d) },
		func(c *caller) { c.search(d) },
		func(c *caller) { c.search(d) },
		func(c *caller) { c.counts(d) },
	} {
		reading.Go(func() {
			for c := client(firstWriters + id); !written.Load(); {
				does(c)
			}
		})
	}
	writing.Wait()
	written.Store(true)
	reading.Wait()
	last := client(firstWriters)
	if q := (&query{d: d, vector: gaussian(last.rng, s.setup.Dims), k: 5000, exact: true, f: all}); last.ask(q, 0) {
		q.check()
	}
	last.counts(d)
	last.list(d)
	if i%4 > 0 {
		last.drop(d)
		s.insist("DELETE", d.path(""), nil)
	}
	s.count("new databases", 1)
}

// firstBatches stores some batches, and deletes a few chunks after each.
func (c *caller) firstBatches(d *database) {
	for b := range firstBatches {
		var list []string
		for i := range 1 + c.rng.IntN(firstChunks) {
			list = append(list, fmt.Sprintf("s%d/%d/%04d", c.id, b, i))
		}
		c.swingUp(d, list)
		c.remove(d, list[:c.rng.IntN(min(len(list), 3))+1])
	}
}
