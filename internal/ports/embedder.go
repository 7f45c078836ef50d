package ports

import (
	"context"

	"github.com/memista/memista/internal/domain"
)

// Purpose is what an embedding is for. Some models embed a question differently from the
// text that answers it; others do not care.
type Purpose int

// The purposes.
const (
	PurposeDocument Purpose = iota // to be stored and found
	PurposeQuery                   // to search with
)

// Embedder turns texts into embeddings. It is safe for concurrent use. The suite embedtest
// says, by running it, what an implementation promises.
//
// Errors are a *domain.EmbedderError, domain.ErrInvalid for a text that it does not take,
// domain.ErrClosed, or the context's.
type Embedder interface {
	// Model returns the identity of the model. It may ask the provider, once; while the
	// embedder is open it is always the same.
	Model(ctx context.Context) (domain.Model, error)

	// Embed returns the embedding of each text, in the order of the texts: finite, of as
	// many components as Model says, owned by the caller. The same text gives the same
	// embedding, up to rounding at the provider, whatever stands beside it. It takes any
	// number of texts and splits them as Limits says. If one fails, all do.
	//
	// A text of nothing but white space is domain.ErrInvalid, and so is a purpose that is
	// none of ours. The error about a text names it as "texts[3]".
	Embed(ctx context.Context, texts []string, purpose Purpose) ([][]float32, error)

	// Limits says what one call of the provider takes.
	Limits() EmbedLimits

	// Close gives back what the embedder holds. It may be called twice, and waits for
	// calls under way.
	Close() error
}

// EmbedLimits is what one call of a provider takes; 0 means no limit.
type EmbedLimits struct {
	Texts  int // texts in one call
	Tokens int // tokens of all texts in one call, estimated where the tokenizer is not ours
	// TextTokens is how many tokens of one text are looked at. What is longer is cut, or
	// refused with domain.ErrInvalid if Refuse is set.
	TextTokens int
	Refuse     bool
}

// Embedders opens embedders by name.
type Embedders interface {
	// Open returns the embedder for ref, which the caller must not close: equal names
	// share one. It returns domain.ErrInvalid for a provider or a model that the
	// configuration does not have, and says which ones it has.
	Open(ctx context.Context, ref domain.EmbedderRef) (Embedder, error)

	// Default returns what databases get that name no embedder; ok is false if the
	// configuration has none.
	Default() (ref domain.EmbedderRef, ok bool)

	// Providers returns the names of the providers that the configuration has, sorted. It
	// asks none of them.
	Providers() []string

	// Close closes the embedders that were opened. It may be called twice.
	Close() error
}
