package jobs

import "sync/atomic"

// Progress is how far a job has come that makes indexes. It is safe for concurrent use.
type Progress struct {
	Total atomic.Int64 // steps in all
	Rows  atomic.Int64 // that were read
	Texts atomic.Int64 // that were indexed, or embedded, again
	graph atomic.Pointer[func() int]
}

// Graph has the vectors count that are in a graph, as many as size says.
func (p *Progress) Graph(size func() int) { p.graph.Store(&size) }

// Figures returns how many steps are done of how many.
func (p *Progress) Figures() (done, total int64) {
	done, total = p.Rows.Load()+p.Texts.Load(), p.Total.Load()
	if size := p.graph.Load(); size != nil {
		done += int64((*size)())
	}
	return min(done, total), total
}

// Reset begins again.
func (p *Progress) Reset() {
	p.Rows.Store(0)
	p.Texts.Store(0)
	p.Total.Store(0)
	p.graph.Store(nil)
}
