package tiered

import (
	"fmt"
	"slices"
	"time"

	"github.com/memista/memista/internal/domain"
)

// Change is one commit with the vectors it stored.
type Change struct {
	Commit  domain.Commit
	vectors [][]float32 // of each Put
	expires []time.Time // of each Put; nil: none does
	kept    []bool      // of each Put, whether the vector is the one of before; nil: none is
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
	return Change{Commit: ch.Commit, vectors: make([][]float32, len(ch.vectors))}
}

// Others is how many chunks the database has that ch did not write.
func (ch Change) Others() int64 {
	ids, _ := ch.Written()
	return ch.Commit.Database.Chunks - int64(len(ids))
}

// CheckFor refuses vectors that are none under the metric of set.
func (ch Change) CheckFor(set domain.Settings) error {
	set.OptionalEmbeddings = ch.Commit.Database.OptionalEmbeddings
	ids, vectors := ch.Written()
	for i, v := range vectors {
		if len(v) == 0 {
			continue
		}
		if err := set.CheckEmbedding(v); err != nil {
			return domain.At(err, fmt.Sprintf("chunk %d", ids[i]))
		}
	}
	return nil
}

// Written returns the ids and vectors that the commit stored, the last one where an id
// was written twice, without those that have stayed.
func (ch Change) Written() (ids []int64, vectors [][]float32) {
	at := make(map[int64]int, len(ch.Commit.IDs))
	for i, id := range ch.Commit.IDs {
		if ch.Commit.Written != nil && !ch.Commit.Written[i] || ch.kept != nil && ch.kept[i] {
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
	ch := Change{Commit: c, vectors: make([][]float32, len(b.Put)), kept: b.SameEmbedding}
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
