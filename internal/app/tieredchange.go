package app

import (
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
)

// change is one commit with the vectors it stored.
type change struct {
	commit  domain.Commit
	vectors [][]float32 // of each Put
	expires []time.Time // of each Put; nil: none does
}

// owned returns ch with vectors of its own, to be kept after the writer of the batch has
// been told and may use its slices again.
func (ch change) owned() change {
	vectors := make([][]float32, len(ch.vectors))
	for i, v := range ch.vectors {
		vectors[i] = slices.Clone(v)
	}
	ch.vectors = vectors
	return ch
}

// written returns the ids and vectors that the commit stored, the last one where an id
// was written twice.
func (ch change) written() (ids []int64, vectors [][]float32) {
	at := make(map[int64]int, len(ch.commit.IDs))
	for i, id := range ch.commit.IDs {
		if ch.commit.Written != nil && !ch.commit.Written[i] {
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
func (ch change) expiries(set func(id int64, at time.Time)) {
	for _, id := range ch.commit.Deleted {
		set(id, time.Time{})
	}
	for i, id := range ch.commit.IDs {
		switch {
		case ch.commit.Written != nil && !ch.commit.Written[i]:
		case ch.expires == nil:
			set(id, time.Time{})
		default:
			set(id, ch.expires[i])
		}
	}
}

// changeOf is the change that the commit of b is. It uses the slices of b.
func changeOf(b domain.Batch, c domain.Commit) change {
	ch := change{commit: c, vectors: make([][]float32, len(b.Put))}
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
