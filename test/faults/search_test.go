//go:build unix

package faults_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
)

// ask sends one search.
func (s *server) ask(o *load, d *account, q []float32, k int, extra map[string]any) ([]chunk, error) {
	in := map[string]any{"database_id": d.name, "embeddings": [][]float32{q}, "num_results": k}
	for name, value := range extra {
		in[name] = value
	}
	var out [][]chunk
	if err := s.call(o.ctx, "POST", "/v1/search", in, &out); err != nil {
		return nil, err
	}
	if len(out) != 1 {
		return nil, fmt.Errorf("%d lists of hits for one search", len(out))
	}
	return out[0], nil
}

// search asks for the neighbors of a chunk that is there, and checks every hit.
func (o *load) search(rng *rand.Rand) bool {
	l := o.l
	d := l.dbs[rng.IntN(len(l.dbs))]
	const k = 10
	l.mu.Lock()
	var probe *entry
	for _, e := range d.chunks { // any: the order of a map is random
		if d.mustBe(e) && d.hasPlace(e.n) {
			probe = e
			break
		}
	}
	from := l.now()
	l.mu.Unlock()
	if probe == nil {
		return true
	}
	q := content(d.name, d.dims, probe.n).Embedding
	hits, err := o.s.ask(o, d, q, k, nil)
	if err != nil {
		r := refused(err)
		if r == nil {
			return false
		}
		if r.status == 404 && l.dropsBegan(d) {
			return true
		}
		if r.status != 503 || o.s.Running() && !o.ending.Load() {
			l.wrong("search in %s: %v", d.name, r)
		}
		return true
	}
	l.searched.Add(1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := d.check(q, hits, from); err != nil {
		l.wrong("search in %s: %v", d.name, err)
	}
	if few := min(k, d.findable(from)); len(hits) < few {
		l.wrong("search in %s: %d hits of %d chunks that were there all the time", d.name, len(hits), few)
	}
	if d.metric == "ip" || !d.mustBe(probe) {
		return true
	}
	found := len(hits) > 0 && hits[0].ID == probe.id
	if d.floor > 0 {
		l.probes.Add(1)
		if !found {
			l.missed.Add(1)
		}
	} else if !found {
		l.wrong("search in %s for the vector of chunk %d does not find it first", d.name, probe.id)
	}
	return true
}

// dropsBegan reports whether d may be missing.
func (l *ledger) dropsBegan(d *account) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(d.drops) > 0
}

// check reports what is wrong with the hits of a search for q that began at from; the
// ledger is locked.
func (d *account) check(q []float32, hits []chunk, from int64) error {
	seen := map[int64]bool{}
	for i, h := range hits {
		n, ok := numberOf(d.name, h.Text)
		e := d.chunks[n]
		if !ok || e == nil {
			return fmt.Errorf("hit %d, %.40q, is foreign, or was gone before the server started", h.ID, h.Text)
		}
		if !d.hasPlace(n) {
			return fmt.Errorf("hit %d has no embedding that could be found", h.ID)
		}
		want := d.content(n)
		if part := differs(want, h); part != "" || h.Key != e.key {
			return fmt.Errorf("hit %d is not as it was sent: %s, key %q (%q)", h.ID, part, h.Key, e.key)
		}
		if seen[h.ID] {
			return fmt.Errorf("hit %d comes twice", h.ID)
		}
		seen[h.ID] = true
		if e.acked != 0 && e.id != h.ID {
			return fmt.Errorf("hit %d was acknowledged as %d", h.ID, e.id)
		}
		if d.mustNotBe(e, from) {
			return fmt.Errorf("hit %d was deleted, replaced or dropped before the search began", h.ID)
		}
		if true64 := distance(d.metric, q, want.Embedding); !near(h.Distance, true64) {
			return fmt.Errorf("hit %d has distance %v; want %v", h.ID, h.Distance, true64)
		}
		if i > 0 && (h.Distance < hits[i-1].Distance || h.Distance == hits[i-1].Distance && h.ID < hits[i-1].ID) {
			return errors.New("hits are not in order")
		}
	}
	return nil
}
