//go:build unix

package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// accounts are the databases under load: a small one, one of a size that has a graph,
// two that one writer each drops and makes again, and one that everybody does that to.
func accounts() []*account {
	return []*account{
		{name: "steady", metric: "l2", dims: 12, owner: -1},
		{name: "graph", metric: "cosine", dims: 24, floor: 5200, owner: -1},
		{name: "own-1", metric: "l2", dims: 8, owner: 1},
		{name: "own-2", metric: "l2", dims: 40, owner: 2},
		{name: "storm", metric: "ip", dims: 6, shared: true, owner: -1},
	}
}

// load runs writers and searchers against a server until it ends or ctx does.
type load struct {
	l   *ledger
	s   *server
	ctx context.Context //nolint:containedctx // of all requests
	// excused says whether a refusal is what the fault at work may cause, and whether
	// what was refused may have been carried out all the same. Searches have no excuse
	// but the end of the server.
	excused func(*refusal) (ok, open bool)
	until   context.Context //nolint:containedctx // ends the load
	ending  atomic.Bool     // the server was told to end

	running sync.WaitGroup
}

// on returns the means to work on a server with what the ledger knows.
func (l *ledger) on(ctx context.Context, s *server) *load {
	return &load{l: l, s: s, ctx: ctx, until: ctx, excused: func(*refusal) (ok, open bool) { return false, false }}
}

// begin starts the load; running.Wait waits for its end.
func (o *load) begin(rng *rand.Rand) {
	for _, d := range o.l.dbs {
		o.create(d)
	}
	for w := range writers {
		own := rand.New(rand.NewPCG(rng.Uint64(), 1))
		o.running.Go(func() {
			if w == 0 && !o.fillAll() {
				return
			}
			for o.write(w, own) && o.until.Err() == nil {
			}
		})
	}
	for range searchers {
		own := rand.New(rand.NewPCG(rng.Uint64(), 2))
		o.running.Go(func() {
			for o.search(own) && o.until.Err() == nil {
			}
		})
	}
}

// write does one thing that writers do, and reports whether the server is still there.
func (o *load) write(w int, rng *rand.Rand) bool {
	d := o.l.dbs[rng.IntN(len(o.l.dbs))]
	if d.owner >= 0 && d.owner != w {
		d = o.l.dbs[rng.IntN(2)]
	}
	full := d.floor > 0 && len(d.loose[w]) > d.floor/writers
	switch roll := rng.IntN(1000); {
	case d.metric != "ip" && !d.isMade():
		return o.makeAgain(d)
	case d.owner == w && roll < 40, d.shared && roll < 15, d.floor > 0 && roll == 0:
		return o.drop(d)
	case d.shared, roll < 400 && !full:
		return o.insert(d, w, 1+rng.IntN(8), rng)
	case roll < 900 && !full:
		return o.insert(d, w, 1+rng.IntN(3), rng)
	default:
		return o.delete(d, w, rng)
	}
}

// outcome is what a client knows of its request.
type outcome uint8

const (
	carriedOut outcome = iota
	notDone
	unknown // it was refused by a fault that may have come too late
	cutOff  // there was no answer
)

// outcome tells what became of the request that err is of, and whether the server is
// still there.
func (o *load) outcome(what string, err error) outcome {
	if err == nil {
		return carriedOut
	}
	r := refused(err)
	if r == nil {
		return cutOff
	}
	ok, open := o.excused(r)
	if !ok {
		o.l.wrong("%s: %v", what, r)
	}
	o.l.refusals.Add(1)
	if open {
		return unknown
	}
	return notDone
}

func (o *load) insert(d *account, w, size int, rng *rand.Rand) bool {
	if !d.shared {
		d.gate.RLock()
		defer d.gate.RUnlock()
		if !d.made { // an insert would make it with other settings
			return true
		}
	}
	b, chunks := o.l.draw(d, w, size, rng)
	return o.post(d, w, b, chunks)
}

// post sends a batch that the ledger has.
func (o *load) post(d *account, w int, b *batch, chunks []chunk) bool {
	var out struct {
		IDs []int64 `json:"inserted_ids"`
	}
	err := o.s.call(o.ctx, "POST", "/v1/insert", map[string]any{"database_id": d.name, "chunks": chunks}, &out)
	became := o.outcome("insert into "+d.name, err)
	switch became {
	case carriedOut:
		o.l.stored(d, w, b, out.IDs)
	case notDone:
		o.l.notStored(d, b)
	case unknown, cutOff: // it stays open
	}
	return became != cutOff
}

func (o *load) delete(d *account, w int, rng *rand.Rand) bool {
	d.gate.RLock() // a drop would give its id to another chunk
	defer d.gate.RUnlock()
	e := o.l.pick(d, w, rng)
	if e == nil {
		return true
	}
	err := o.s.call(o.ctx, "DELETE", fmt.Sprintf("/v1/databases/%s/chunks/%d", d.name, e.id), nil, nil)
	became := o.outcome(fmt.Sprintf("delete %d of %s", e.id, d.name), err)
	if became == carriedOut || became == notDone {
		o.l.deleted(d, w, e, became == carriedOut)
	}
	return became != cutOff
}

func (o *load) drop(d *account) bool {
	d.gate.Lock()
	defer d.gate.Unlock()
	done := o.l.dropping(d)
	err := o.s.call(o.ctx, "DELETE", "/v1/drop", map[string]any{"database_id": d.name}, nil)
	became := o.outcome("drop "+d.name, err)
	if became != cutOff {
		done(became)
	}
	if became == cutOff {
		return false
	}
	d.made = false
	return o.create(d)
}

// create makes a database that has settings, unless it is there.
func (o *load) create(d *account) bool {
	if d.metric == "ip" {
		return true
	}
	err := o.s.call(o.ctx, "PUT", "/v1/databases/"+d.name, map[string]any{"metric": d.metric, "optional_embeddings": d.bare}, nil)
	d.made = err == nil
	return o.outcome("create "+d.name, err) != cutOff
}

func (o *load) makeAgain(d *account) bool {
	d.gate.Lock()
	defer d.gate.Unlock()
	return d.made || o.create(d)
}

// fillAll fills the databases that have a floor.
func (o *load) fillAll() bool {
	for _, d := range o.l.dbs {
		if d.floor > 0 && !o.fill(d) {
			return false
		}
	}
	return true
}

func (o *load) fill(d *account) bool {
	d.gate.RLock()
	defer d.gate.RUnlock()
	for d.made && o.until.Err() == nil {
		o.l.mu.Lock()
		missing := d.floor - d.live(o.l.now()+1)
		b := &batch{}
		for range min(missing, 1000) {
			b.entries = append(b.entries, &entry{})
		}
		var chunks []chunk
		if missing > 0 {
			chunks = o.l.send(d, b)
		}
		o.l.mu.Unlock()
		if missing <= 0 {
			return true
		}
		if !o.post(d, int(b.entries[0].n%writers), b, chunks) {
			return false
		}
		o.l.mu.Lock()
		d.spread()
		o.l.mu.Unlock()
	}
	return true
}

// spread gives every writer as many chunks without a key as the others have.
func (d *account) spread() {
	var all []*entry
	for w := range d.loose {
		all = append(all, d.loose[w]...)
		d.loose[w] = nil
	}
	for i, e := range all {
		d.loose[i%writers] = append(d.loose[i%writers], e)
	}
}

func (d *account) isMade() bool {
	d.gate.RLock()
	defer d.gate.RUnlock()
	return d.made
}

// recoversFrom checks that a write succeeds some time after a fault has passed.
func (o *load) recoversFrom(fault string) {
	last := error(nil)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		last = o.s.call(o.ctx, "POST", "/v1/insert", map[string]any{
			"database_id": "recovered", "chunks": []chunk{{Key: "k", Text: "x", Embedding: []float32{1}}},
		}, nil)
		if last == nil {
			return
		}
		if r := refused(last); r == nil {
			break
		}
		<-time.After(50 * time.Millisecond)
	}
	o.l.wrong("after %s, writes are refused for long: %v", fault, last)
}
