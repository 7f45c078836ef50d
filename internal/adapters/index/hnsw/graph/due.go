package graph

import (
	"math"

	"github.com/memista/memista/internal/adapters/index/hnsw/memory"
	"github.com/memista/memista/internal/domain"
)

// What vectors have in common, and which are long, is known when there are some, and may
// change. So both are looked at again each time the graph has become this many times as
// large, and whenever a sample shows that codes have become too coarse, or too many are
// long. If no coding helps, rows are the float32 originals.
const (
	firstReview = 64
	nextReview  = 8
)

// reviewFor returns at how many slots a graph of n is looked at next.
func reviewFor(n uint32) uint32 {
	at := uint64(firstReview)
	for at <= uint64(n) {
		at *= nextReview
	}
	return uint32(min(at, math.MaxUint32))
}

// PutOffReview makes ReviewDue wait until g has become much larger.
func (g *Graph) PutOffReview() { g.review.Store(reviewFor(g.Used())) }

// ReviewDue reports whether the rows of g should be looked at.
func (g *Graph) ReviewDue() bool {
	if g.Kind == memory.KindF32 && g.Metric != domain.InnerProduct {
		return false
	}
	return g.Used() >= g.review.Load() || g.Accuracy.Coarse.Load() || g.Outliers.Full.Load()
}
