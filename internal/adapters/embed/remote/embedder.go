package remote

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

var _ ports.Embedder = (*Embedder)(nil)

// Embedder embeds texts by calls of a provider. It is safe for concurrent use.
type Embedder struct {
	options  Options
	protocol Protocol
	client   *provider.Client
	dims     atomic.Int64                 // of every answer; 0 before the first
	model    atomic.Pointer[domain.Model] // nil until the provider was asked
	asking   chan struct{}                // has room for the one who asks for the model
}

// New returns an embedder. Nothing is sent yet. It is ErrInvalid for options that cannot
// work.
func New(o Options, p Protocol) (*Embedder, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	client, err := provider.New(o.provider(p.Hint))
	if err != nil {
		return nil, err
	}
	e := &Embedder{options: o, protocol: p, client: client, asking: make(chan struct{}, 1)}
	e.dims.Store(int64(o.Dims))
	return e, nil
}

// Limits returns the limits that the embedder was made with.
func (e *Embedder) Limits() ports.EmbedLimits { return e.options.Limits }

// Embed returns the embedding of each text, as ports.Embedder has it.
//
// What the provider refuses as too long or too much is sent again in halves; a single text
// in half its length, or refused if Limits say so.
func (e *Embedder) Embed(ctx context.Context, texts []string, purpose ports.Purpose) ([][]float32, error) {
	if err := e.client.Begin(); err != nil {
		return nil, err
	}
	defer e.client.End()
	return e.embed(ctx, texts, purpose, e.options.Limits)
}

// Close waits for calls under way; those that wait for their turn or for another try end
// with ErrClosed.
func (e *Embedder) Close() error {
	e.client.Close()
	return nil
}

func (e *Embedder) embed(ctx context.Context, texts []string, purpose ports.Purpose, l ports.EmbedLimits) ([][]float32, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	prefix, err := e.prefix(purpose)
	if err != nil {
		return nil, err
	}
	fits, err := fit(texts, prefix, l)
	if err != nil {
		return nil, err
	}
	out := make([][]float32, len(texts))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(e.client.Concurrency())
	for _, p := range split(fits, prefix, l) {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error { return e.embedPart(inner, p, out) })
	}
	err = g.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, asError(err, e.options.ref())
	}
	return out, nil
}

func (e *Embedder) prefix(purpose ports.Purpose) (string, error) {
	switch purpose {
	case ports.PurposeDocument:
		return e.options.DocumentPrefix, nil
	case ports.PurposeQuery:
		return e.options.QueryPrefix, nil
	default:
		return "", domain.Errorf(domain.ErrInvalid, "unknown purpose %d of an embedding", purpose)
	}
}
