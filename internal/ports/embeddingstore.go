package ports

import "context"

// EmbeddingKey is the hash of what an embedding depends on: model, purpose and text.
type EmbeddingKey [32]byte

// EmbeddingStore keeps embeddings so that texts need not be embedded again after a restart.
// What it loses is embedded again. It is safe for concurrent use.
type EmbeddingStore interface {
	// Get returns the embedding of each key, in the order of the keys, nil for those that
	// it does not have. They are the caller's.
	Get(ctx context.Context, keys []EmbeddingKey) ([][]float32, error)

	// Put keeps embeddings under keys, as many and in the same order, over what was there.
	// It does not keep the slices.
	Put(ctx context.Context, keys []EmbeddingKey, embeddings [][]float32) error
}

// EmbeddingKeeper is a ChunkRepository that can keep embeddings of texts beside its chunks.
// One that cannot loses nothing but time.
type EmbeddingKeeper interface {
	// EmbeddingStore returns where they are kept, until the repository is closed; nil if
	// none are.
	EmbeddingStore() EmbeddingStore
}
