// Package capability names what a backend of the use cases can do and another cannot, so that
// callers learn of it before they rely on it, and what is not had is refused.
package capability

import (
	"iter"

	"github.com/memista/memista/internal/domain"
)

// Capability is one thing that a backend may be able to do.
type Capability uint8

// The capabilities. What is on no list here every backend does.
const (
	// AtomicBatches stores the chunks of an insert whole or not at all, whatever fails.
	AtomicBatches Capability = iota
	// ChangeFeed tells what has changed since a state that was read.
	ChangeFeed
	// CompareAndSet reads and writes a chunk as one step: an insert that leaves or refuses
	// keys that exist, a patch, and a change by a function of what is stored.
	CompareAndSet
	// Exact compares a query with every vector where it asks for that.
	Exact
	// Explain tells how a query was answered.
	Explain
	// FreshIDs never gives the id of a chunk that was deleted to another one.
	FreshIDs
	// FullText finds chunks by words.
	FullText
	// IndexJobs makes the index of a database anew, or another one of other settings.
	IndexJobs
	// NamedVectors keeps several embeddings of a chunk, by names.
	NamedVectors
	// ReadYourWrites has every search that starts after an acknowledgement see what it was for.
	ReadYourWrites
	// Recall measures how much of what is near searches find.
	Recall
	// Reembed gives a database another embedder.
	Reembed
	// Snapshots makes a copy of all databases as they are at one moment.
	Snapshots
	// Sort lists chunks in the order of a field.
	Sort
	// Sparse finds chunks by sparse vectors.
	Sparse
	// TextOperators has phrases, prefixes and parts of words in searches by words.
	TextOperators
	// Verify checks what is stored against its checksums.
	Verify
	count
)

var names = [count]string{
	AtomicBatches: "atomic_batches", ChangeFeed: "change_feed", CompareAndSet: "compare_and_set", Exact: "exact", Explain: "explain",
	FreshIDs: "fresh_ids", FullText: "full_text", IndexJobs: "index_jobs", NamedVectors: "named_vectors", ReadYourWrites: "read_your_writes",
	Recall: "recall", Reembed: "reembed", Snapshots: "snapshots", Sort: "sort", Sparse: "sparse", TextOperators: "text_operators", Verify: "verify",
}

// String returns the name of c, as it stands in answers.
func (c Capability) String() string {
	if c < count {
		return names[c]
	}
	return "unknown"
}

// All yields every capability, in the order of their names.
func All() iter.Seq[Capability] {
	return func(yield func(Capability) bool) {
		for c := range count {
			if !yield(c) {
				return
			}
		}
	}
}

// Set is what a backend can do. The zero Set has nothing.
type Set uint32

// Of returns the set of the given capabilities.
func Of(all ...Capability) (s Set) {
	for _, c := range all {
		s |= 1 << c
	}
	return s
}

// Has reports whether c is in s.
func (s Set) Has(c Capability) bool { return c < count && s&(1<<c) != 0 }

// With returns s with c.
func (s Set) With(c Capability) Set { return s | Of(c) }

// Without returns s without c.
func (s Set) Without(c Capability) Set { return s &^ Of(c) }

// Names returns the names of what is in s, sorted.
func (s Set) Names() []string {
	list := []string{}
	for c := range All() {
		if s.Has(c) {
			list = append(list, names[c])
		}
	}
	return list
}

// Refuse returns the ErrUnsupported for a call that needs a capability which the backend has
// not; reason says why, and what to do instead.
func Refuse(c Capability, reason string) error {
	return domain.Errorf(domain.ErrUnsupported, "%s (GET /version lists what this memista can; it has no %s)", reason, c)
}
