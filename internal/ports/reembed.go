package ports

import (
	"context"

	"github.com/memista/memista/internal/domain"
)

// Reembedder is the part of a ChunkRepository that gives a database embeddings of another
// model. They are kept beside those in use, of which nobody sees a change, until
// SwapEmbeddings; what is kept outlives the process. All of its methods but Reembeddings
// return ErrNotFound if this life of db has ended.
type Reembedder interface {
	// Reembeddings returns what has been begun and neither swapped nor forgotten, by the id
	// of the database.
	Reembeddings(ctx context.Context) (map[string]domain.Reembedding, error)

	// BeginReembedding begins to keep embeddings by r for db, or goes on with those that are
	// kept for the same r, and returns how many chunks have one, about. It is ErrConflict if
	// some are kept for another r, ErrBusy while the space of earlier ones is being given
	// back, and ErrInvalid if chunks have an embedding and no text to make another one of; it
	// says how many. Those that have neither stay without.
	BeginReembedding(ctx context.Context, db domain.Database, r domain.Reembedding) (done int64, err error)

	// SwapEmbeddings puts the embeddings that were made in the place of those in use,
	// together with the settings of their Reembedding: all at once, durably, and as one
	// change of the sequence of db, after which no change of before is remembered. The
	// space of the others is given back later. check is called inside the transaction with
	// the settings that db is to have; it must be quick and must not call the repository,
	// and its error refuses the whole. applied is called as Write's is, in the order of the
	// commits. It is ErrConflict if a chunk has no embedding yet, or none are kept.
	SwapEmbeddings(ctx context.Context, db domain.Database, check func(domain.Settings) error, applied func(domain.Database)) (domain.Database, error)

	// ForgetReembedding gives up what is kept for db, if anything is. Its space is given
	// back later.
	ForgetReembedding(ctx context.Context, db domain.Database) error

	NextEmbeddings
}

// NextEmbeddings are the embeddings that are to take the place of those in use. Its methods
// return ErrConflict where BeginReembedding was not called before.
type NextEmbeddings interface {
	// Unembedded returns chunks of db, without embedding, that have none for the swap and
	// are to get one, or that were written since they got one: at most limit, and at least one if there is
	// one, but no more than about 4 MiB of them. None means that all have one. Each call
	// returns the same until PutEmbeddings.
	Unembedded(ctx context.Context, db domain.Database, limit int) ([]domain.Chunk, error)

	// PutEmbeddings keeps the embeddings of chunks, which are all that one call of
	// Unembedded returned, with everything else as it was. Those that were written or
	// deleted meanwhile are passed over. applied, if not nil, is called as Write's is, in
	// the order of the commits, with the ids of the others, in ascending order.
	PutEmbeddings(ctx context.Context, db domain.Database, chunks []domain.Chunk, applied func(kept []int64)) error

	// Embedded returns the first limit chunks with an id above after that have an embedding
	// for the swap, with that, in the order of their ids; text and metadata are left out. Those
	// that have neither an embedding nor a text are among them, without.
	Embedded(ctx context.Context, db domain.Database, after int64, limit int) ([]domain.Chunk, error)
}
