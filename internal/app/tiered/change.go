package tiered

import (
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Change is one commit with the vectors it stored.
type Change struct {
	Commit  domain.Commit
	vectors [][]float32 // of each Put
	expires []time.Time // of each Put; nil: none does
}

// Owned returns ch with vectors of its own, to be kept after the writer of the batch has
// been told and may use its slices again.
func (ch Change) Owned() Change {
	vectors := make([][]float32, len(ch.vectors))
	for i, v := range ch.vectors {
		vectors[i] = slices.Clone(v)
	}
	ch.vectors = vectors
	return ch
}

// Emptied returns ch as it is for an index whose vectors are not those of the rows: what was
// written has none there any more.
func (ch Change) Emptied() Change {
	ids, _ := ch.Written()
	return Change{Commit: domain.Commit{Database: ch.Commit.Database, Deleted: slices.Concat(ch.Commit.Deleted, ids)}}
}

// Written returns the ids and vectors that the commit stored, the last one where an id
// was written twice.
func (ch Change) Written() (ids []int64, vectors [][]float32) {
	at := make(map[int64]int, len(ch.Commit.IDs))
	for i, id := range ch.Commit.IDs {
		if ch.Commit.Written != nil && !ch.Commit.Written[i] {
			continue
		}
		if j, twice := at[id]; twice {
			vectors[j] = ch.vectors[i]
			continue
		}
		at[id] = len(ids)
		ids, vectors = append(ids, id), append(vectors, ch.vectors[i])
	}
	return ids, vectors
}

// expiries tells set when each chunk of the commit expires, the last word where one was
// written twice; a zero time stands for never, and for what is deleted.
func (ch Change) expiries(set func(id int64, at time.Time)) {
	for _, id := range ch.Commit.Deleted {
		set(id, time.Time{})
	}
	for i, id := range ch.Commit.IDs {
		switch {
		case ch.Commit.Written != nil && !ch.Commit.Written[i]:
		case ch.expires == nil:
			set(id, time.Time{})
		default:
			set(id, ch.expires[i])
		}
	}
}

// ChangeOf is the change that the commit of b is. It uses the slices of b.
func ChangeOf(b domain.Batch, c domain.Commit) Change {
	ch := Change{Commit: c, vectors: make([][]float32, len(b.Put))}
	for i := range b.Put {
		ch.vectors[i] = b.Put[i].Embedding
		if at := b.Put[i].ExpiresAt; !at.IsZero() {
			if ch.expires == nil {
				ch.expires = make([]time.Time, len(b.Put))
			}
			ch.expires[i] = at
		}
	}
	return ch
}
