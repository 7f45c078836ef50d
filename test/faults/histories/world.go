//go:build unix

package histories

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// Setup says what runs. All of it is needed but Flags.
type Setup struct {
	Binary  string        // memista
	Dir     string        // of the data file, for this run only
	Seed    uint64        // of all random choices; what threads do cannot be repeated
	Length  time.Duration // of the run, about
	Clients int
	Kill    time.Duration // mean time between two ends of the server
	Dims    int           // from 175 on a graph begins at 2,000 vectors
	Swing   int           // chunks that one client of each database adds and removes, again and again
	Flags   []string      // of memista serve
}

// world is the server, the databases and those who use them.
type world struct {
	*server
	dbs    []*database
	shared *sharing
}

// Run runs histories until their time has come, or ctx ends.
func Run(ctx context.Context, setup Setup) *Faults {
	f := newFaults()
	w := &world{server: newServer(f, setup)}
	w.shared = newSharing(w.server)
	if w.start() != nil {
		return f
	}
	defer func() { w.process.Kill() }()
	for _, metric := range []string{"cosine", "ip", "l2"} {
		d := newDatabase(f, "h-"+metric, metric)
		w.dbs = append(w.dbs, d)
		w.create(d)
	}
	w.shared.begin()
	running, stop := context.WithTimeout(ctx, setup.Length)
	defer stop()
	w.run(running)
	if ctx.Err() != nil || w.lost.Load() {
		return f
	}
	last := w.caller(-1)
	for _, d := range w.dbs {
		last.list(d)
		last.counts(d)
	}
	w.shared.last()
	w.end(true)
	if err := w.verify(ctx, w.file()); err != nil {
		f.fault("verify", "%v", err)
	}
	return f
}

// caller returns the client called id.
func (w *world) caller(id int) *caller {
	return &caller{world: w, id: id, rng: rand.New(rand.NewPCG(w.setup.Seed, uint64(id+1)))}
}

// create makes a database that is not there.
func (w *world) create(d *database) {
	if a := w.insist("PUT", d.path(""), object{"metric": d.metric}); !a.none() && !a.ok() {
		w.fault("create", "%s: %d %s", d.name, a.status, a.body)
	}
}

// swingers is from where on the ids of swinging clients begin.
const swingers = 1000

// run lets everybody work until ctx ends.
func (w *world) run(ctx context.Context) {
	var wg sync.WaitGroup
	for i := range w.setup.Clients {
		wg.Go(func() {
			c := w.caller(i)
			for ctx.Err() == nil && !w.lost.Load() {
				c.step()
			}
		})
	}
	for i, d := range w.dbs {
		wg.Go(func() { w.caller(swingers+i).swing(ctx, d) })
	}
	wg.Go(func() { w.backups(ctx) })
	wg.Go(func() { w.shared.churn(ctx) })
	wg.Go(func() { w.killer(ctx, rand.New(rand.NewPCG(w.setup.Seed, 0))) })
	wg.Wait()
}

// pause waits, and reports whether ctx has not ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// killer ends the server at random and starts it again.
func (w *world) killer(ctx context.Context, rng *rand.Rand) {
	for {
		select {
		case <-time.After(time.Duration(float64(w.setup.Kill) * rng.ExpFloat64())):
			w.end(rng.IntN(3) == 0)
		case <-w.process.Ended():
			w.fault("crash", "the server has ended by itself:\n%.4000s", w.process.Log())
		case <-ctx.Done():
			return
		}
		if !w.again(ctx, rng) {
			return
		}
	}
}

// again starts the next server, on files that may be verified, and spoiled, first.
func (w *world) again(ctx context.Context, rng *rand.Rand) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.http.CloseIdleConnections()
	if rng.IntN(4) == 0 {
		if err := w.verify(ctx, w.file()); err != nil && ctx.Err() == nil {
			w.fault("verify", "%v", err)
		}
	}
	if rng.IntN(6) == 0 {
		w.spoil(rng)
	}
	return w.start() == nil
}
