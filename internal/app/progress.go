package app

import "sync/atomic"

// progress is how far a rebuild has come.
type progress struct {
	strict bool // vectors are checked again, by another metric

	rows  atomic.Int64
	texts atomic.Int64 // that were indexed anew
	total atomic.Int64
	next  atomic.Pointer[projection] // once its rows are read
}

// steps returns how many are done of how many: each vector is read, and if the database
// is to have a graph, is put into it.
func (p *progress) steps() (done, total int64) {
	done, total = p.rows.Load()+p.texts.Load(), p.total.Load()
	if next := p.next.Load(); next != nil {
		if g := next.graphIndex(); g != nil {
			done += int64(g.Stats().Len)
		}
	}
	return min(done, total), total
}

// reset begins anew.
func (p *progress) reset() {
	p.rows.Store(0)
	p.texts.Store(0)
	p.total.Store(0)
	p.next.Store(nil)
}
