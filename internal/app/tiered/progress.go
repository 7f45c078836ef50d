package tiered

import (
	"time"

	"github.com/memista/memista/internal/ports"
)

// IndexedUntil reports whether the graph has all changes up to sequence, and else when the
// indexer has ended; nil: none is at work.
func (p *Index) IndexedUntil(sequence int64) (idle <-chan struct{}, done bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.busy {
		return nil, true
	}
	return p.idle, p.graph.Load() != nil && p.indexed.Sequence >= sequence
}

// Progress is how many vectors of how many are in the graph.
func (p *Index) Progress() (done, total int64) {
	if g := p.graph.Load(); g != nil {
		done = int64(g.Stats().Len)
	}
	return done, done + int64(p.buffer.Stats().Len)
}

// firstGraphUnderWay reports whether the first graph of p is still being made.
func (p *Index) firstGraphUnderWay() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.graph.Load() != nil && p.indexed.Sequence == 0
}

// NoteLacksGraph notes whether p was made of rows for which there should have been a graph.
func (p *Index) NoteLacksGraph(wanting bool) { p.lacked = wanting }

// Incomplete reports whether there should have been a graph when p was made, and its first
// one is still being made.
func (p *Index) Incomplete() bool { return p.lacked && p.firstGraphUnderWay() }

// Positions returns the changes up to which all are in the graph, and in its file.
func (p *Index) Positions() (indexed, saved int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.indexed.Sequence, p.saved
}

// State is what watchers are notified of an index.
type State struct {
	Tail, Graph ports.IndexStats
	HasGraph    bool
	Indexing    bool          // vectors are moving, or are to move, from the buffer to the graph
	Lag         int64         // changes that the graph lacks
	Unsaved     int64         // changes that the file of the graph lacks
	SavedSince  time.Duration // how old that file is, if it lacks any
}

// State describes p, where searches know of the changes up to searched.
func (p *Index) State(searched int64) State {
	st := State{Tail: p.buffer.Stats()}
	g := p.graph.Load()
	if g == nil {
		return st
	}
	st.Graph, st.HasGraph = g.Stats(), true
	p.mu.Lock()
	defer p.mu.Unlock()
	st.Indexing = p.busy
	st.Lag = min(searched-p.indexed.Sequence, int64(p.Remaining()))
	if p.unsaved > 0 {
		st.Unsaved, st.SavedSince = p.unsaved, time.Since(p.keptAt)
	}
	return st
}

// Backlog is what the vectors in a buffer take that are still to be moved. Those that
// have been moved take room until the buffer is compacted, before they are half as many. If
// they counted, inserts would wait for that: for as long as a third of the buffer takes to
// be moved, which can be longer than MaxWait, and not just until there is room for them.
func (p *Index) Backlog() int64 {
	st := p.buffer.Stats()
	return int64(float64(st.Bytes) * float64(st.Len) / float64(max(st.Len+st.Dead, 1)))
}
