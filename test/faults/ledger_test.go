//go:build unix

package faults_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Sizes of the load. A database under load stays below the 10,000 hits of one search.
const (
	writers   = 8
	searchers = 4
	keysEach  = 40 // keys of one writer in one database
	looseEach = 40 // and chunks without a key
)

// ledger is what the clients know: what they sent, and what was acknowledged when. Times
// are in nanoseconds since the start of the test, and 0 is "not yet".
type ledger struct {
	t        *testing.T
	began    time.Time
	serial   atomic.Int64 // of chunks
	acks     atomic.Int64 // acknowledged changes
	problems atomic.Int64
	probes   atomic.Int64 // searches for a vector that is there, in a graph
	missed   atomic.Int64 // of these, the ones that did not find it
	searched atomic.Int64
	refusals atomic.Int64
	saved    int // starts with an index file
	rebuilt  int // reports of index files that would not do

	mu      sync.Mutex // guards all below, and all in dbs
	dbs     []*account
	goal    int64
	reached chan struct{} // closed when acks is goal
}

// account is the ledger of one database.
type account struct {
	name   string
	metric string
	dims   int
	floor  int  // chunks it is filled up to
	shared bool // drops are not kept apart from inserts
	owner  int  // the one writer that uses it; -1: all
	bare   bool // some of its chunks have no embedding, or one of length zero

	gate   sync.RWMutex // held for writing by a drop
	made   bool         // with its settings; guarded by gate, and by the ledger's owner between loads
	chunks map[int64]*entry
	keyed  map[string]*entry
	loose  [writers][]*entry
	drops  []*drop
}

// entry is one chunk that was sent.
type entry struct {
	n     int64
	key   string
	id    int64
	batch *batch

	sent, acked int64  // its insert
	over, gone  int64  // when its replacement or delete was sent, and acknowledged
	next        *entry // what replaces it
}

type batch struct{ entries []*entry }

// drop is one drop; one that was refused may have happened before that.
type drop struct{ sent, acked, refused int64 }

// mayHave reports whether p may have taken e away.
func (p *drop) mayHave(e *entry) bool {
	if p.acked == 0 {
		return p.refused == 0 || p.refused > e.sent
	}
	return p.acked > e.sent
}

func newLedger(t *testing.T, dbs ...*account) *ledger {
	l := &ledger{t: t, began: time.Now(), dbs: dbs}
	for _, d := range dbs {
		d.clear()
	}
	return l
}

func (d *account) clear() {
	d.chunks, d.keyed, d.drops = map[int64]*entry{}, map[string]*entry{}, nil
	d.loose = [writers][]*entry{}
}

func (l *ledger) now() int64 { return int64(time.Since(l.began)) + 1 }

// counted counts an acknowledged change; l.mu is held.
func (l *ledger) counted() {
	if l.acks.Add(1) == l.goal {
		close(l.reached)
	}
}

// after returns what is closed when n more changes have been acknowledged.
func (l *ledger) after(n int64) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.goal, l.reached = l.acks.Load()+n, make(chan struct{})
	return l.reached
}

// wrong reports a broken promise.
func (l *ledger) wrong(format string, args ...any) {
	l.t.Helper()
	if l.problems.Add(1) <= 20 {
		l.t.Errorf(format, args...)
	}
}

// touched reports whether a drop may have taken e away, and whether one surely has.
func (d *account) touched(e *entry) (maybe, surely bool) {
	for _, p := range d.drops {
		maybe = maybe || p.mayHave(e)
		if p.acked != 0 && e.acked != 0 && p.sent > e.acked {
			surely = true
		}
	}
	return maybe, surely
}

// mustBe reports whether e is there, whatever became of the requests under way.
func (d *account) mustBe(e *entry) bool {
	maybe, _ := d.touched(e)
	return e.acked != 0 && e.over == 0 && !maybe
}

// mustNotBe reports whether e was gone at a time: its end was acknowledged before.
func (d *account) mustNotBe(e *entry, at int64) bool {
	if e.gone != 0 && e.gone < at {
		return true
	}
	for _, p := range d.drops {
		if p.acked != 0 && p.acked < at && e.acked != 0 && p.sent > e.acked {
			return true
		}
	}
	return false
}

// live counts the chunks that are surely there.
func (d *account) live(before int64) int {
	n := 0
	for _, e := range d.chunks {
		if d.mustBe(e) && e.acked < before {
			n++
		}
	}
	return n
}

// findable counts those of them that a search for a vector can find.
func (d *account) findable(before int64) int {
	n := 0
	for _, e := range d.chunks {
		if d.mustBe(e) && e.acked < before && d.hasPlace(e.n) {
			n++
		}
	}
	return n
}

// draw makes a batch of chunks for writer w: some with keys, which may exist, some
// without.
func (l *ledger) draw(d *account, w, size int, rng *rand.Rand) (*batch, []chunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := &batch{}
	seen := map[string]bool{}
	for range size {
		key := ""
		if len(d.loose[w]) >= looseEach && d.floor == 0 || rng.IntN(2) == 0 {
			key = fmt.Sprintf("w%d/%d", w, rng.IntN(keysEach))
		}
		if old := d.keyed[key]; key != "" && (seen[key] || old != nil && old.over != 0 && old.gone == 0) {
			continue // a second time, or what became of the last request for it is not known
		}
		seen[key] = true
		b.entries = append(b.entries, &entry{key: key})
	}
	if len(b.entries) == 0 {
		b.entries = append(b.entries, &entry{})
	}
	return b, l.send(d, b)
}

// send notes that a batch is on its way and returns its chunks.
func (l *ledger) send(d *account, b *batch) []chunk {
	chunks := make([]chunk, len(b.entries))
	now := l.now()
	for i, e := range b.entries {
		e.n, e.sent, e.batch = l.serial.Add(1), now, b
		d.chunks[e.n] = e
		if old := d.keyed[e.key]; e.key != "" && old != nil && old.gone == 0 {
			old.over, old.next = now, e
		}
		chunks[i] = d.content(e.n)
		chunks[i].Key = e.key
	}
	return chunks
}

// stored notes that a batch was acknowledged.
func (l *ledger) stored(d *account, w int, b *batch, ids []int64) {
	if len(ids) != len(b.entries) {
		l.wrong("%d ids for %d chunks", len(ids), len(b.entries))
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for i, e := range b.entries {
		e.id, e.acked = ids[i], now
		d.take(e, w)
		if e.key == "" {
			continue
		}
		for _, old := range d.replaced(e) {
			old.gone = now
		}
		d.keyed[e.key] = e
	}
	l.counted()
}

// replaced returns what e takes the place of.
func (d *account) replaced(e *entry) []*entry {
	if old := d.keyed[e.key]; old != nil && old.next == e && old.gone == 0 {
		return []*entry{old}
	}
	return nil
}

// take gives e to writer w, if it has no key.
func (d *account) take(e *entry, w int) {
	if e.key == "" {
		d.loose[w] = append(d.loose[w], e)
	}
}

// notStored notes that a batch was refused: nothing of it may ever be seen.
func (l *ledger) notStored(d *account, b *batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range b.entries {
		delete(d.chunks, e.n)
		for _, old := range d.replaced(e) {
			old.over, old.next = 0, nil
		}
	}
}

// pick returns a chunk of writer w to delete, and notes that its delete is on its way;
// nil if there is none.
func (l *ledger) pick(d *account, w int, rng *rand.Rand) *entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var e *entry
	if n := len(d.loose[w]); n > 0 && rng.IntN(3) > 0 {
		i := rng.IntN(n)
		e = d.loose[w][i]
		d.loose[w][i] = d.loose[w][n-1]
		d.loose[w] = d.loose[w][:n-1]
	} else {
		e = d.keyed[fmt.Sprintf("w%d/%d", w, rng.IntN(keysEach))]
	}
	if e == nil || !d.mustBe(e) {
		return nil
	}
	e.over = l.now()
	return e
}

// deleted notes that the delete of e was acknowledged, or (not done) refused.
func (l *ledger) deleted(d *account, w int, e *entry, done bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !done {
		e.over = 0
		d.take(e, w)
		return
	}
	e.gone = l.now()
	l.counted()
}

// dropping notes that a drop is on its way; call what it returns with what became of it.
func (l *ledger) dropping(d *account) func(outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := &drop{sent: l.now()}
	d.drops = append(d.drops, p)
	return func(became outcome) {
		l.mu.Lock()
		defer l.mu.Unlock()
		switch became {
		case carriedOut:
			p.acked = l.now()
			l.counted()
			for w := range d.loose {
				d.loose[w] = slices.DeleteFunc(d.loose[w], func(e *entry) bool { return e.acked != 0 && e.acked < p.sent })
			}
		case notDone:
			d.drops = slices.DeleteFunc(d.drops, func(other *drop) bool { return other == p })
		case unknown:
			p.refused = l.now()
		case cutOff:
		}
	}
}

// closeBooks says that the server has ended in order: what it did not answer, it did not
// do, and what was refused neither.
func (l *ledger) closeBooks() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.dbs {
		for n, e := range d.chunks {
			if e.acked == 0 {
				delete(d.chunks, n)
			}
			if e.gone == 0 {
				e.over, e.next = 0, nil
			}
		}
		d.drops = slices.DeleteFunc(d.drops, func(p *drop) bool { return p.acked == 0 })
	}
}

// forget lets go of what was gone some time ago, so that the ledger does not grow.
func (l *ledger) forget(age time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.now() - int64(age)
	for _, d := range l.dbs {
		for n, e := range d.chunks {
			if d.mustNotBe(e, before) && d.keyed[e.key] != e {
				delete(d.chunks, n)
			}
		}
		var kept []*drop
		for _, p := range d.drops {
			if p.acked == 0 || p.acked > before || d.stillNeeds(p) {
				kept = append(kept, p)
			}
		}
		d.drops = kept
	}
}

// stillNeeds reports whether a chunk in the ledger was sent before p was answered.
func (d *account) stillNeeds(p *drop) bool {
	for _, e := range d.chunks {
		if e.sent < p.acked {
			return true
		}
	}
	return false
}
