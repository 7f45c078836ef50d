package ports

import "context"

// Reranker says how well texts answer a query, by a model that reads both together. It is
// safe for concurrent use. The suite reranktest says, by running it, what an implementation
// promises.
//
// Errors are a *domain.RerankerError, domain.ErrInvalid for a text that it does not take,
// domain.ErrClosed, or the context's.
type Reranker interface {
	// Rerank returns the score of each text, in the order of the texts: finite, higher is
	// better. Scores of different queries need not compare. It takes any number of texts; if
	// one fails, all do. No texts have no scores, and cost nothing.
	//
	// A query or a text of nothing but white space is domain.ErrInvalid. Of a text that is
	// longer than the model reads, its beginning counts.
	Rerank(ctx context.Context, query string, texts []string) ([]float32, error)

	// Model returns what its provider calls the model, or where it is if it has no name.
	Model() string

	// Close gives back what the reranker holds. It may be called twice, and waits for calls
	// under way.
	Close() error
}
