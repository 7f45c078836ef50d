//go:build unix

package histories

import (
	"encoding/json"
	"fmt"
	"math"
)

// part of an explanation.
type part struct{ Vectors, Neighbors int }

type explanation struct {
	Plan   string
	Rounds int
	Tail   *part
	Graph  *part
}

type hit struct {
	member
	Text     string
	Distance float64
}

// query is one search and its answer.
type query struct {
	d      *database
	vector []float32
	k      int
	exact  bool
	f      filter
	s, e   int64 // when it was sent and answered

	hits    []hit
	explain explanation
}

// search asks for neighbors of a random vector.
func (c *caller) search(d *database) {
	q := &query{d: d, vector: gaussian(c.rng, c.setup.Dims), k: []int{1, 5, 10, 50, 500, 5000}[c.rng.IntN(6)], exact: c.rng.IntN(3) == 0, f: all}
	ef := 0
	if c.rng.IntN(2) == 0 {
		ef = 1 + c.rng.IntN(60)
	}
	if c.rng.IntN(2) == 0 {
		q.f = randomFilter(c.rng, c.pick(5))
	}
	d.life.RLock()
	defer d.life.RUnlock()
	if c.ask(q, ef) {
		q.check()
	}
}

// ask sends q and reports whether there is an answer to check.
func (c *caller) ask(q *query, ef int) bool {
	body := object{"embedding": packed(q.vector), "k": q.k, "exact": q.exact}
	if ef > 0 {
		body["ef"] = ef
	}
	if q.f.body != nil {
		body["filter"] = q.f.body
	}
	q.s = c.now()
	a := c.call("POST", q.d.path("/search"), object{"queries": []any{body}, "explain": true})
	q.e = c.now()
	if a.none() {
		return false
	}
	var got struct {
		Results [][]hit
		Explain []explanation
	}
	if !a.ok() || json.Unmarshal(a.body, &got) != nil || len(got.Results) != 1 || len(got.Explain) != 1 {
		c.fault("search", "%d %.300s", a.status, a.body)
		return false
	}
	q.hits, q.explain = got.Results[0], got.Explain[0]
	return true
}

func (q *query) String() string {
	return fmt.Sprintf("%s k %d exact %t filter %s plan %s, %d rounds", q.d.name, q.k, q.exact, encoded(q.f.body), q.explain.Plan, q.explain.Rounds)
}

// check holds the hits against what is known.
func (q *query) check() {
	d := q.d
	d.mu.Lock()
	defer d.mu.Unlock()
	seen := map[string]bool{}
	worst := math.Inf(-1)
	for i, h := range q.hits {
		if seen[h.Key] {
			d.fault("twice", "%v: %s", q, h.Key)
		}
		seen[h.Key] = true
		if h.Distance < worst-1e-6*math.Abs(worst) {
			d.fault("order", "%v: hit %d", q, i)
		}
		worst = max(worst, h.Distance)
		if r := d.keys[h.Key]; r != nil {
			q.checkHit(h, r)
		} else {
			d.fault("stranger", "%v: %q", q, h.Key)
		}
	}
	q.checkMissed(seen, worst)
	d.count("plan "+q.explain.Plan, 1)
	d.count("hits checked", len(q.hits))
}

// checkHit holds one hit against the history of its key.
func (q *query) checkHit(h hit, r *record) {
	var v *version
	r.possible(q.s, q.e, func(p *version) {
		if !p.gone && p.n == h.Metadata.N {
			v = p
		}
	})
	switch {
	case v == nil:
		q.d.fault("stale hit", "%v: %s version %d; %s", q, h.Key, h.Metadata.N, r.describe(q.s, q.e))
		return
	case v.surelyExpired(q.s):
		q.d.fault("expired hit", "%v: %s; %s", q, h.Key, r.describe(q.s, q.e))
	case h.Text != text(h.Key, v.n):
		q.d.fault("text", "%v: %s %q", q, h.Key, h.Text)
	case !q.f.take(h.Key, v.n):
		q.d.fault("filter", "%v: %s version %d", q, h.Key, v.n)
	}
	if want := distance(q.d.metric, q.vector, v.emb); math.Abs(h.Distance-want) > tolerance(want) {
		q.d.fault("distance", "%v: %s %g; want %g, %s; %s", q, h.Key, h.Distance, want, q.versionAt(h, r), r.describe(q.s, q.e))
	}
}

// versionAt says which version of a hit, if any, is as far away as the hit is said to be.
func (q *query) versionAt(h hit, r *record) string {
	for i := range r.versions {
		if v := &r.versions[i]; !v.gone && math.Abs(h.Distance-distance(q.d.metric, q.vector, v.emb)) <= tolerance(h.Distance) {
			return fmt.Sprintf("version %d has that", v.n)
		}
	}
	return "no version has that"
}

// checkMissed looks for chunks that should have been hits. A walk through a graph may miss
// some, as long as there are k hits.
func (q *query) checkMissed(seen map[string]bool, worst float64) {
	there, missed, example := 0, 0, ""
	var newest int64
	owners := map[int]int{} // of those that were missed
	for key, r := range q.d.keys {
		v := r.stable(q.s, q.e)
		if v == nil || !v.alive(q.s) || !q.f.take(key, v.n) {
			continue
		}
		there++
		if seen[key] {
			continue
		}
		if far := distance(q.d.metric, q.vector, v.emb); len(q.hits) < q.k || far < worst-tolerance(worst) {
			missed++
			newest = max(newest, v.ack)
			owners[r.owner]++
			example = fmt.Sprintf("%s at %g; %s", key, far, r.describe(q.s, q.e))
		}
	}
	if plan := q.explain.Plan; missed > 0 && (q.exact || plan == "flat" || plan == "ids") {
		q.d.fault("missed", "%v: %d of %d there, by client %v, the newest acknowledged at %.3f, the last of %d hits at %g, tail %+v, graph %+v, such as %s", q, missed, there, owners, float64(newest)/1e9, len(q.hits), worst, q.explain.Tail, q.explain.Graph, example)
	}
	if len(q.hits) < min(q.k, there) {
		q.d.fault("fewer than k", "%v: %d hits, %d there", q, len(q.hits), there)
	}
	if len(q.hits) > q.k {
		q.d.fault("more than k", "%v: %d hits", q, len(q.hits))
	}
	q.d.count("missed by walks", missed)
}
