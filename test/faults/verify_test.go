//go:build unix

package faults_test

import (
	"fmt"
	"math/rand/v2"
)

// verify compares all that a server which was just started has with the ledger, and
// settles what was open there: from now on it is known which of the requests without an
// answer were carried out.
func (o *load) verify(rng *rand.Rand) {
	o.l.t.Helper()
	for _, d := range o.l.dbs {
		rows, ok := o.read(d)
		if !ok {
			return
		}
		o.l.compare(d, rows)
		o.l.settle(d, rows)
		o.sample(d, rng)
	}
}

// everything is how many hits are asked for to get all chunks.
const everything = 10_000

// read returns all chunks of d that an exact search finds, by number.
func (o *load) read(d *account) (map[int64]chunk, bool) {
	o.l.t.Helper()
	var info struct{ Chunks int }
	err := o.s.call(o.ctx, "GET", "/v1/databases/"+d.name, nil, &info)
	if r := refused(err); r != nil && r.status == 404 {
		return nil, true
	}
	if err != nil {
		o.l.wrong("%s: %v", d.name, err)
		return nil, false
	}
	rows := map[int64]chunk{}
	if info.Chunks == 0 {
		return rows, true
	}
	if d.bare {
		return o.list(d, info.Chunks)
	}
	q := content(d.name, d.dims, 0).Embedding
	hits, err := o.s.ask(o, d, q, everything, map[string]any{"exact": true, "include": []string{"text", "metadata", "embedding"}})
	if err != nil {
		o.l.wrong("search for all of %s: %v", d.name, err)
		return nil, false
	}
	o.l.mu.Lock()
	defer o.l.mu.Unlock()
	if err := d.check(q, hits, 0); err != nil {
		o.l.wrong("after the restart, search for all of %s: %v", d.name, err)
	}
	if len(hits) != info.Chunks {
		o.l.wrong("after the restart, %s has %d rows, an exact search finds %d", d.name, info.Chunks, len(hits))
	}
	for _, h := range hits {
		n, _ := numberOf(d.name, h.Text)
		rows[n] = h
	}
	return rows, true
}

// list returns all chunks of d, by number, as they are listed.
func (o *load) list(d *account, want int) (map[int64]chunk, bool) {
	o.l.t.Helper()
	rows := map[int64]chunk{}
	var page struct{ Chunks []chunk }
	err := o.s.call(o.ctx, "GET", fmt.Sprintf("/v1/databases/%s/chunks?limit=%d&include=text,metadata,embedding", d.name, everything), nil, &page)
	if err != nil {
		o.l.wrong("list of %s: %v", d.name, err)
		return nil, false
	}
	if len(page.Chunks) != want {
		o.l.wrong("after the restart, %s has %d rows, a list %d", d.name, want, len(page.Chunks))
	}
	for _, c := range page.Chunks {
		n, _ := numberOf(d.name, c.Text)
		sent := d.content(n)
		if part := differs(sent, c); part != "" || len(c.Embedding) != len(sent.Embedding) {
			o.l.wrong("after the restart, chunk %d of %s is not as it was sent: %s", c.ID, d.name, part)
		}
		rows[n] = c
	}
	return rows, true
}

// compare checks that what must be there is, and that what must not is not.
func (l *ledger) compare(d *account, rows map[int64]chunk) {
	l.t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	batches := map[*batch]int{}
	for n, e := range d.chunks {
		row, there := rows[n]
		if there && e.acked == 0 {
			batches[e.batch]++
		}
		switch {
		case !there && d.mustBe(e):
			l.wrong("LOST: %s/%d (id %d, key %q) was acknowledged and is gone", d.name, n, e.id, e.key)
		case there && d.mustNotBe(e, l.now()):
			l.wrong("BACK: %s/%d (id %d, key %q) was acknowledged as gone and is there", d.name, n, row.ID, e.key)
		}
		if next := e.next; next != nil && next.acked == 0 && e.acked != 0 && !d.dropped(e) {
			if _, replaced := rows[next.n]; replaced == there {
				l.wrong("HALF: %s/%d (there: %t) was being replaced by %d (there: %t)", d.name, n, there, next.n, replaced)
			}
		}
	}
	for b, n := range batches {
		if n != len(b.entries) {
			l.wrong("TORN: %d of %d chunks of a batch for %s are there", n, len(b.entries), d.name)
		}
	}
	for _, p := range d.drops {
		l.compareDrop(d, p, rows)
	}
}

// dropped reports whether a drop may have taken e away.
func (d *account) dropped(e *entry) bool {
	maybe, _ := d.touched(e)
	return maybe
}

// compareDrop checks that a drop without an answer took all or nothing.
func (l *ledger) compareDrop(d *account, p *drop, rows map[int64]chunk) {
	if p.acked != 0 {
		return
	}
	var kept, taken int
	for n, e := range d.chunks {
		_, surely := d.touched(e)
		if e.acked == 0 || e.acked > p.sent || e.over != 0 || surely || d.touchedBy(e) > 1 {
			continue
		}
		if _, there := rows[n]; there {
			kept++
		} else {
			taken++
		}
	}
	if kept > 0 && taken > 0 {
		l.wrong("TORN: a drop of %s took %d chunks and left %d", d.name, taken, kept)
	}
}

// touchedBy returns how many drops may have taken e away.
func (d *account) touchedBy(e *entry) int {
	n := 0
	for _, p := range d.drops {
		if p.mayHave(e) {
			n++
		}
	}
	return n
}

// settle makes the ledger what the rows are.
func (l *ledger) settle(d *account, rows map[int64]chunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := d.chunks
	d.clear()
	now := l.now()
	for n, row := range rows {
		e := &entry{n: n, key: row.Key, id: row.ID, sent: now, acked: now, batch: &batch{}}
		if old := was[n]; old != nil && old.key != row.Key {
			l.wrong("%s/%d has key %q; want %q", d.name, n, row.Key, old.key)
		}
		d.chunks[n] = e
		if e.key != "" {
			d.keyed[e.key] = e
		} else {
			d.take(e, 0)
		}
	}
	d.spread()
}

// sample looks at some chunks one by one, and searches for them as users do.
func (o *load) sample(d *account, rng *rand.Rand) {
	const size = 12
	for _, e := range d.some(size, rng) {
		want := d.content(e.n)
		var got chunk
		err := o.s.call(o.ctx, "GET", fmt.Sprintf("/v1/databases/%s/chunks/%d?include=text,metadata,embedding", d.name, e.id), nil, &got)
		if err != nil {
			o.l.wrong("chunk %d of %s: %v", e.id, d.name, err)
			continue
		}
		if part := differs(want, got); part != "" || got.Key != e.key || len(got.Embedding) != len(want.Embedding) {
			o.l.wrong("chunk %d of %s is not as it was sent: %s", e.id, d.name, part)
		}
		if d.metric != "ip" && d.hasPlace(e.n) {
			o.findItself(d, e, want.Embedding)
		}
	}
}

// findItself checks that a chunk is the nearest one to its own vector. A graph may miss
// one in a narrow search; a wide one reaches all that can be reached.
func (o *load) findItself(d *account, e *entry, q []float32) {
	for _, ef := range []int{0, 2000} {
		extra := map[string]any{}
		if ef > 0 {
			extra["ef"] = ef
		}
		hits, err := o.s.ask(o, d, q, 5, extra)
		if err != nil {
			o.l.wrong("search in %s: %v", d.name, err)
			return
		}
		o.l.mu.Lock()
		err = d.check(q, hits, o.l.now())
		o.l.mu.Unlock()
		if err != nil {
			o.l.wrong("search in %s: %v", d.name, err)
			return
		}
		if ef == 0 && d.floor > 0 {
			o.l.probes.Add(1)
		}
		if len(hits) == 5 && hits[0].ID == e.id || len(hits) > 0 && len(hits) == d.findable(o.l.now()) && hits[0].ID == e.id {
			return
		}
		if ef == 0 && d.floor > 0 {
			o.l.missed.Add(1)
			continue
		}
		break
	}
	o.l.wrong("UNREACHABLE: chunk %d of %s is not found by its own vector", e.id, d.name)
}

// some returns up to n chunks of d.
func (d *account) some(n int, rng *rand.Rand) []*entry {
	var list []*entry
	for _, e := range d.chunks {
		if len(list) < n {
			list = append(list, e)
		} else if i := rng.IntN(len(d.chunks)); i < n {
			list[i] = e
		}
	}
	return list
}
