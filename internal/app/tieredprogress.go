package app

import "time"

// indexedUntil reports whether the graph has all changes up to sequence, and else when the
// indexer has ended; nil: none is at work.
func (p *projection) indexedUntil(sequence int64) (idle <-chan struct{}, done bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.busy {
		return nil, true
	}
	return p.idle, p.graph.Load() != nil && p.indexed.Sequence >= sequence
}

// progress is how many vectors of how many are in the graph.
func (p *projection) progress() (done, total int64) {
	if g := p.graph.Load(); g != nil {
		done = int64(g.Stats().Len)
	}
	return done, done + int64(p.tail.Stats().Len)
}

// lacksGraph reports whether the first graph of p is still being made.
func (p *projection) lacksGraph() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.graph.Load() != nil && p.indexed.Sequence == 0
}

// needsGraph notes whether p was made of rows for which there should have been a graph.
func (p *projection) needsGraph(wanting bool) { p.wanting = wanting }

// incomplete reports whether there should have been a graph when p was made, and its first
// one is still being made.
func (p *projection) incomplete() bool { return p.wanting && p.lacksGraph() }

// positions returns the changes up to which all are in the graph, and in its file.
func (p *projection) positions() (indexed, saved int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.indexed.Sequence, p.saved
}

// addTo adds what is to be said of p, where searches know of the changes up to searched.
func (p *projection) addTo(st *RuntimeStats, searched int64) {
	st.Tail.add(p.tail.Stats())
	g := p.graph.Load()
	if g == nil {
		return
	}
	st.Graph.add(g.Stats())
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy {
		st.Indexing++
	}
	st.Lag = max(st.Lag, min(searched-p.indexed.Sequence, int64(p.remaining())))
	if p.fresh > 0 {
		st.Unsaved = max(st.Unsaved, p.fresh)
		st.SnapshotAge = max(st.SnapshotAge, time.Since(p.keptAt))
	}
}

// backlog is what the vectors in a tail take that are still to be moved. Those that
// have been moved take room until the tail is compacted, before they are half as many. If
// they counted, inserts would wait for that: for as long as a third of the tail takes to
// be moved, which can be longer than MaxWait, and not just until there is room for them.
func (p *projection) backlog() int64 {
	st := p.tail.Stats()
	return int64(float64(st.Bytes) * float64(st.Len) / float64(max(st.Len+st.Dead, 1)))
}
