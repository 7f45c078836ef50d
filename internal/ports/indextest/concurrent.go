package indextest

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var concurrentRules = []rule{
	{name: "searches beside writers see what is acknowledged and nothing else", run: searchBesideWriters},
	{name: "many adders build one complete index", run: manyAdders},
	{name: "one id replaced by many at once stays one", run: oneIDManyWriters, once: true},
	{name: "close beside searches ends them cleanly", run: closeBesideSearches, once: true},
}

func manyAdders(s *suite) {
	const adders = 4
	n := s.cfg.Size / adders * adders
	vs := Clustered(s.seed, n+recallQueries, 32)
	ix, m := s.open(32), newModel(s.metric)
	var wg sync.WaitGroup
	for a := range adders {
		wg.Go(func() {
			for i := a * n / adders; i < (a+1)*n/adders; i += 25 {
				end := min(i+25, (a+1)*n/adders)
				if err := ix.Add(idsTo(n)[i:end], vs[i:end]); err != nil {
					s.Errorf("Add beside others: %v", err)
				}
			}
		})
	}
	wg.Wait()
	m.add(idsTo(n), vs[:n])
	s.audit(ix)
	sum := 0.0
	for _, q := range vs[n:] {
		sum += s.ask(ix, m, ports.Query{Vector: q, K: k10})
	}
	s.checkRecall("after adding by many", sum/recallQueries)
	s.ask(ix, m, ports.Query{Vector: vs[n], K: n})
	for id := int64(1); id <= int64(n); id += 17 {
		s.ask(ix, m, ports.Query{Vector: vs[id-1], K: 1, Allow: NewSet(id)})
	}
}

func oneIDManyWriters(s *suite) {
	const writers, rounds, id = 4, 60, 77
	vs := Clustered(s.seed, 200+writers*rounds, smallDims)
	ix, m := s.filled(idsTo(200), vs[:200])
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				if err := ix.Add([]int64{id}, vs[200+w*rounds+i:][:1]); err != nil {
					s.Errorf("Add: %v", err)
				}
				if i%7 == 0 {
					if _, err := ix.Remove([]int64{int64(100 + w)}); err != nil {
						s.Errorf("Remove: %v", err)
					}
				}
			}
		})
	}
	wg.Wait()
	m.remove([]int64{100, 101, 102, 103})
	// The last write of any one of them may have won.
	hits := s.search(ix, ports.Query{Vector: vs[0], K: 1, Allow: NewSet(id)})
	if len(hits) != 1 {
		s.Fatalf("the replaced id is found %d times; want once", len(hits))
	}
	for w := range writers {
		last := vs[200+(w+1)*rounds-1]
		if math.Abs(distance(s.metric, vs[0], last)-float64(hits[0].Distance)) <= tolerance(s.metric, vs[0], last) {
			m.add([]int64{id}, [][]float32{last})
		}
	}
	s.ask(ix, m, ports.Query{Vector: vs[0], K: 500})
}

func closeBesideSearches(s *suite) {
	const n, searchers = 500, 3
	vs := Clustered(s.seed, n+1, smallDims)
	ix, m := s.filled(idsTo(n), vs[:n])
	var started, done sync.WaitGroup
	started.Add(searchers)
	for range searchers {
		done.Go(func() {
			for i := 0; ; i++ {
				q := ports.Query{Vector: vs[n], K: k10}
				hits, _, err := ix.Search(context.Background(), q)
				if i == 0 {
					started.Done()
				}
				if errors.Is(err, domain.ErrClosed) {
					return
				}
				if err != nil {
					s.Errorf("Search beside Close: %v", err)
					return
				}
				s.checkValid(m, q, hits)
			}
		})
	}
	started.Wait()
	s.close(ix)
	if _, _, err := ix.Search(context.Background(), ports.Query{Vector: vs[n], K: 1}); !errors.Is(err, domain.ErrClosed) {
		s.Errorf("Search after Close: %v; want %v", err, domain.ErrClosed)
	}
	done.Wait()
}

// The ids of searchBesideWriters say what happens to them.
const (
	stableIDs = 400  // 1…: never touched
	firstGone = 1001 // removed one after the other, never added again
	firstNew  = 2001 // added one after the other
	firstMove = 3001 // replaced over and over
	nGone     = 300
	nNew      = 300
	nMove     = 12
	versions  = 60
)

// scene is an index under writers, with what they have begun and what was acknowledged.
type scene struct {
	*suite
	ix             ports.VectorIndex
	vectors        map[int64][]float32 // of the ids with one vector
	moves          [nMove][versions][]float32
	queries        [][]float32
	gone           atomic.Int64 // how many were removed, acknowledged
	begun, added   atomic.Int64 // how many were added: begun, acknowledged
	moving, moved  atomic.Int64 // the version of the moving ones: begun, acknowledged
	writersRunning atomic.Int64
}

func searchBesideWriters(s *suite) {
	sc := newScene(s)
	sc.writersRunning.Store(3)
	var wg sync.WaitGroup
	for _, write := range []func(){sc.removeGone, sc.addNew, sc.move} {
		wg.Go(func() {
			defer sc.writersRunning.Add(-1)
			write()
		})
	}
	for i := range 2 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(s.seed, uint64(i)))
			for n := 0; n < 50 || sc.writersRunning.Load() > 0; n++ {
				sc.searchOnce(r)
			}
		})
	}
	wg.Wait()
	m := newModel(s.metric)
	for id, v := range sc.vectors {
		if id < firstGone || id >= firstNew {
			m.add([]int64{id}, [][]float32{v})
		}
	}
	for i := range nMove {
		m.add([]int64{firstMove + int64(i)}, [][]float32{sc.moves[i][versions-1]})
	}
	s.audit(sc.ix)
	for _, q := range sc.queries {
		s.ask(sc.ix, m, ports.Query{Vector: q, K: 2000})
	}
}

func newScene(s *suite) *scene {
	vs := Clustered(s.seed, stableIDs+nGone+nNew+nMove*versions+20, smallDims)
	sc := &scene{suite: s, ix: s.open(smallDims), vectors: make(map[int64][]float32)}
	take := func() []float32 {
		v := vs[0]
		vs = vs[1:]
		return v
	}
	var ids []int64
	var first [][]float32
	for i := range int64(stableIDs + nGone) {
		id := i + 1
		if i >= stableIDs {
			id = firstGone + i - stableIDs
		}
		sc.vectors[id] = take()
		ids, first = append(ids, id), append(first, sc.vectors[id])
	}
	for i := range int64(nNew) {
		sc.vectors[firstNew+i] = take()
	}
	for i := range nMove {
		for v := range versions {
			sc.moves[i][v] = take()
		}
		ids, first = append(ids, firstMove+int64(i)), append(first, sc.moves[i][0])
	}
	sc.queries = vs
	if err := sc.ix.Add(ids, first); err != nil {
		s.Fatal(err)
	}
	return sc
}

func (sc *scene) removeGone() {
	for i := int64(0); i < nGone; i += 3 {
		if n, err := sc.ix.Remove([]int64{firstGone + i, firstGone + i + 1, firstGone + i + 2}); n != 3 || err != nil {
			sc.Errorf("Remove = %d, %v; want 3", n, err)
		}
		sc.gone.Store(i + 3)
	}
}

func (sc *scene) addNew() {
	for i := int64(0); i < nNew; i += 3 {
		ids := []int64{firstNew + i, firstNew + i + 1, firstNew + i + 2}
		sc.begun.Store(i + 3)
		if err := sc.ix.Add(ids, [][]float32{sc.vectors[ids[0]], sc.vectors[ids[1]], sc.vectors[ids[2]]}); err != nil {
			sc.Errorf("Add: %v", err)
		}
		sc.added.Store(i + 3)
	}
}

func (sc *scene) move() {
	for v := 1; v < versions; v++ {
		var ids []int64
		var to [][]float32
		for i := range nMove {
			ids, to = append(ids, firstMove+int64(i)), append(to, sc.moves[i][v])
		}
		sc.moving.Store(int64(v))
		if err := sc.ix.Add(ids, to); err != nil {
			sc.Errorf("Add: %v", err)
		}
		sc.moved.Store(int64(v))
	}
}

// searchOnce searches and checks that the answer can be explained by what was
// acknowledged before the search began and what was begun before it ended.
func (sc *scene) searchOnce(r *rand.Rand) {
	q := ports.Query{Vector: sc.queries[r.IntN(len(sc.queries))], K: 1 + r.IntN(stableIDs), Exact: r.IntN(3) == 0}
	gone, added, moved := sc.gone.Load(), sc.added.Load(), sc.moved.Load()
	switch r.IntN(4) {
	case 0: // what is removed stays hidden from filters, too
		if gone > 0 {
			q.Allow = NewSet(firstGone+r.Int64N(gone), 1)
			q.K = 1
		}
	case 1: // what was added last is there
		if added > 0 {
			q.Allow = NewSet(firstNew + added - 1)
			q.K = 1
		}
	case 2: // and so is what moves
		q.Allow = NewSet(firstMove + r.Int64N(nMove))
		q.K = 1
	}
	hits, _, err := sc.ix.Search(context.Background(), q)
	if err != nil {
		sc.Errorf("Search beside writers: %v", err)
		return
	}
	if len(hits) != q.K {
		sc.Errorf("Search(k=%d, allow %v) beside writers returns %d hits", q.K, q.Allow, len(hits))
	}
	begun, moving := sc.begun.Load(), sc.moving.Load()
	seen := make(map[int64]bool)
	for i, h := range hits {
		if seen[h.ID] || i > 0 && !hits[i-1].Less(h) || q.Allow != nil && !q.Allow.Contains(h.ID) {
			sc.Errorf("hit %d %+v is twice there, out of order or not allowed", i, h)
		}
		seen[h.ID] = true
		switch {
		case h.ID >= firstMove && h.ID < firstMove+nMove:
			sc.checkMoving(q, h, moved, moving)
			continue
		case sc.vectors[h.ID] == nil:
			sc.Errorf("hit %d is id %d, which never was", i, h.ID)
			continue
		case h.ID >= firstNew && h.ID >= firstNew+begun:
			sc.Errorf("hit %d is id %d, which is not added yet", i, h.ID)
		case h.ID >= firstGone && h.ID < firstGone+gone:
			sc.Errorf("hit %d is id %d, which was removed before the search", i, h.ID)
		}
		if v := sc.vectors[h.ID]; !near(sc.metric, q.Vector, v, h) {
			sc.Errorf("hit %d is id %d at %g; want %g", i, h.ID, h.Distance, distance(sc.metric, q.Vector, v))
		}
	}
}

// checkMoving reports a hit whose distance fits no version that could be there.
func (sc *scene) checkMoving(q ports.Query, h domain.Neighbor, moved, moving int64) {
	for v := moved; v <= moving; v++ {
		if near(sc.metric, q.Vector, sc.moves[h.ID-firstMove][v], h) {
			return
		}
	}
	sc.Errorf("id %d is at %g, where none of its versions %d to %d is", h.ID, h.Distance, moved, moving)
}

func near(m domain.Metric, q, v []float32, h domain.Neighbor) bool {
	return math.Abs(float64(h.Distance)-distance(m, q, v)) <= tolerance(m, q, v)
}
