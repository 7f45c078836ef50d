package remote

import (
	"context"
	"errors"

	"github.com/memista/memista/internal/adapters/provider"
)

// Protocol is how a provider is asked. It is called by several goroutines at once.
type Protocol interface {
	// Path is added to the address.
	Path() string

	// Request returns what is sent, as JSON, to embed texts.
	Request(texts []string) any

	// Answer reads the embeddings of n texts, in the order of the texts. What it returns is
	// checked by CheckEmbeddings. Its error says in words what is wrong.
	Answer(body []byte, n int) ([][]float32, error)

	// Adapt is told of a call that was refused, and reports whether Request now makes
	// another one that may do.
	Adapt(Refusal) bool

	// Hint says what to do about a refusal; empty if there is nothing to add.
	Hint(Refusal) string
}

// Refusal is an answer with a status that is not 2xx.
type Refusal = provider.Refusal

// Reviser is a Protocol whose provider can tell the revision of the model.
type Reviser interface {
	// Revision asks get for paths below the address. Its error is that of get.
	Revision(ctx context.Context, get func(ctx context.Context, path string) ([]byte, error)) (string, error)
}

// IsRefused reports whether err, of the get of a Reviser, is an answer with this status.
func IsRefused(err error, status int) bool {
	f, ok := errors.AsType[*provider.Failure](err)
	return ok && f.Refusal != nil && f.Refusal.Status == status
}
