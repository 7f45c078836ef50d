package domain

import "time"

// Conflict says what an insert does with a chunk whose key exists already.
type Conflict uint8

// What to do on a conflict; Replace is the default.
const (
	Replace Conflict = iota // the whole chunk is replaced and keeps its chunk id
	Refuse                  // the batch is an ErrConflict
	Skip                    // the stored chunk stays as it is
)

// Batch is a set of changes to one database that is stored whole or not at all.
type Batch struct {
	Database string
	// Create holds the settings of the database if it must be made first; with nil an
	// unknown database is ErrNotFound. It is ignored where the database exists.
	Create *Settings
	// Put are chunks to store, in order. A chunk without ID is new, or replaces the one
	// with its key as OnConflict says; a chunk with an ID replaces that chunk, and is
	// ErrNotFound if there is none.
	Put        []Chunk
	OnConflict Conflict
	// SameEmbedding, if not nil, says of each Put whether its Embedding is the very one of
	// the chunk that it replaces: neither that nor what indexes it is written again. One that
	// is another by then refuses the batch with ErrConflict.
	SameEmbedding []bool
	// SameVectors, if not nil, says of each Put whether its Vectors are the very ones of the
	// chunk that it replaces, so that their indexes need not change. It is for a batch with an
	// IfSequence.
	SameVectors []bool
	// Delete are ids of chunks to remove; unknown ids are passed over.
	Delete []int64
	// Check, if not nil, is called inside the transaction with the database as it is
	// before the batch (new: with no chunks); its error refuses the batch. It must be
	// quick and must not call the repository.
	Check func(Database) error
	// IfSequence, if not 0, refuses the batch with ErrConflict when one of the chunks
	// it replaces or deletes was written by a later change.
	IfSequence int64
	// At is the moment of the batch: a chunk that has expired by then is as good as gone.
	// Its key is free, a Put with its id is ErrNotFound, and whatever of it stands in the
	// way is deleted with the batch. With a zero At nothing counts as expired.
	At time.Time
	// ExpiredOnly makes Delete pass over the chunks that have not expired at At.
	ExpiredOnly bool
	// Load, if not nil, makes the database what another one is: every Put has an ID, under
	// which it is stored whether or not there is such a chunk, and what stands in the way of
	// its key is deleted. OnConflict is passed over then.
	Load *Load
}

// Load is what a batch says that stores chunks of another database as they are there.
type Load struct {
	// NextID is above the ids of all chunks that the other one ever had: new ones get no
	// lower id, as ids are never used again.
	NextID int64
}

// KeepsEmbedding reports whether the Put at position i leaves the embedding of the chunk
// that it replaces as it is.
func (b *Batch) KeepsEmbedding(i int) bool { return b.SameEmbedding != nil && b.SameEmbedding[i] }

// Stored returns the chunks of b that c has written, with their ids and without what filters and
// sparse vectors do not need: their embeddings. Their other parts are those of b.
func (c *Commit) Stored(b Batch) []Chunk {
	stored := make([]Chunk, 0, len(c.IDs))
	for i, id := range c.IDs {
		if c.Written == nil || c.Written[i] {
			chunk := b.Put[i]
			chunk.ID, chunk.Embedding = id, nil
			stored = append(stored, chunk)
		}
	}
	return stored
}

// Commit is what a batch has become once it is durable.
type Commit struct {
	Database Database // after the batch
	Created  bool     // the batch made the database
	IDs      []int64  // the chunk id of each Put, in order
	Written  []bool   // nil: every Put was written; else false where Skip left one alone
	Deleted  []int64  // the ids that were there and are gone
	Expired  int      // how many of Deleted had expired at the moment of the batch
}
