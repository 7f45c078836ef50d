package graph

import "sync/atomic"

// Accuracy is how well rows rank neighbors: of every so many nodes that are added, what
// the walk has found is ranked by the originals too. It is about the codes alone; what a
// walk does not meet does not count.
type Accuracy struct {
	wanted, kept atomic.Int64 // in the present round
	copies       atomic.Int64 // of nodes that are not equal to them, which rank nothing
	Coarse       atomic.Bool  // the last round was not good enough; whoever makes rows again resets it
}

const (
	sampleEach = 8 // nodes added for one that is looked at
	// SampleK is how many of the nearest must be among those compared by their originals.
	SampleK    = 10
	sampleLast = 640
	// keptEnough is the share that has to be among them. Word vectors, generated
	// embeddings and gaussian vectors of 32 to 768 dimensions have 1.000.
	keptEnough = 0.995
)

// Samples reports whether the vector in slot is one of those that are looked at.
func (a *Accuracy) Samples(slot uint32) bool { return slot%sampleEach == 0 }

// Note adds one sample, of which so many of the SampleK nearest were kept, and ends a round
// when there are enough.
func (a *Accuracy) Note(kept int) {
	all := a.kept.Add(int64(kept))
	if wanted := a.wanted.Add(SampleK); wanted >= sampleLast && a.wanted.CompareAndSwap(wanted, 0) {
		a.kept.Store(0)
		a.copies.Store(0)
		if float64(all) < keptEnough*float64(wanted) {
			a.Coarse.Store(true)
		}
	}
}

// NoteCopy notes a vector that rows cannot tell from another one. A few are no harm; if it
// is more than every fourth, rows may be what makes them the same.
func (a *Accuracy) NoteCopy() {
	const many = 32
	if n := a.copies.Add(1); n >= many && a.copies.CompareAndSwap(n, 0) && a.wanted.Load() < 3*many*SampleK {
		a.Coarse.Store(true)
	}
}
