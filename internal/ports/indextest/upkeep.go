package indextest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/memista/memista/internal/ports"
)

var upkeepRules = []rule{
	{name: "work of an index on itself is told from its beginning to its end", run: upkeepIsTold, once: true, upkeep: true},
	{name: "work that is cut short leaves the index right and is put off", run: upkeepCutShort, once: true, upkeep: true},
}

// wornSize is how many vectors an index gets of which four in five are removed: enough
// for every engine to begin to work on itself.
const wornSize = 5000

// watcher notes what an index does to itself.
type watcher struct {
	cut   bool // cancel all work when it begins
	mu    sync.Mutex
	began []ports.Task
	ended chan error
}

func (w *watcher) begin(u ports.Task) func(error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = append(w.began, u)
	if w.cut {
		u.Cancel()
	}
	return func(err error) { w.ended <- err }
}

func (w *watcher) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.began)
}

// thinned returns an index of which most vectors were removed at once, and how the work that
// began then has ended.
func (s *suite) thinned(w *watcher, vs [][]float32) (ports.VectorIndex, *model, error) {
	s.Helper()
	w.ended = make(chan error, 100)
	ix, m := s.open(smallDims), newModel(s.metric)
	ix.(ports.Maintainer).OnTask(w.begin)
	s.add(ix, m, idsTo(wornSize), vs[:wornSize])
	s.remove(ix, m, idsTo(wornSize*4/5)...)
	select {
	case err := <-w.ended:
		return ix, m, err
	case <-time.After(time.Minute):
		s.Fatalf("a minute after %d of %d vectors were removed no work has ended; %d were told to have begun", wornSize*4/5, wornSize, w.count())
		return nil, nil, nil
	}
}

func upkeepIsTold(s *suite) {
	var w watcher
	vs := Clustered(s.seed, wornSize+20, smallDims)
	ix, m, err := s.thinned(&w, vs)
	if err != nil {
		s.Errorf("the work has ended with %v; want nil", err)
	}
	done, total := w.began[0].Progress()
	if total < 1 || done < 0 || done > total {
		s.Errorf("Progress after the end = %d of %d", done, total)
	}
	if st := ix.Stats(); st.Dead >= wornSize/2 || st.Len != len(m.vectors) {
		s.Errorf("Stats after the work = %+v; want %d vectors, and few dead", st, len(m.vectors))
	}
	s.checkThinned(ix, m, vs[wornSize:])
}

func upkeepCutShort(s *suite) {
	w := watcher{cut: true}
	vs := Clustered(s.seed, wornSize+20, smallDims)
	ix, m, err := s.thinned(&w, vs)
	if !errors.Is(err, context.Canceled) {
		s.Errorf("work that was canceled has ended with %v; want %v", err, context.Canceled)
	}
	s.checkThinned(ix, m, vs[wornSize:])
	for id := int64(wornSize - 20); id < wornSize; id++ {
		s.remove(ix, m, id)
		s.ask(ix, m, ports.Query{Vector: vs[wornSize], K: k10})
	}
	s.checkThinned(ix, m, vs[wornSize:])
	s.close(ix) // which waits for work that has begun
	if n := w.count(); n != 1 {
		s.Errorf("after a few more removals work has begun %d times; want it put off", n)
	}
}

// checkThinned checks answers of such an index, and that nothing in it is lost.
func (s *suite) checkThinned(ix ports.VectorIndex, m *model, queries [][]float32) {
	s.Helper()
	for _, q := range queries {
		s.ask(ix, m, ports.Query{Vector: q, K: k10})
	}
	s.ask(ix, m, ports.Query{Vector: queries[0], K: wornSize})
	if a, ok := ix.(ports.Auditor); ok {
		if lost, err := a.Audit(context.Background()); err != nil || len(lost) > 0 {
			s.Errorf("Audit = %v lost, %v; want none", brief(lost), err)
		}
	}
}
