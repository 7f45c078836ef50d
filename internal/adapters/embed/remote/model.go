package remote

import (
	"context"
	"math"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
	"github.com/memista/memista/internal/ports"
)

// Model returns the model as its embeddings of fingerprint.Texts show it: Normalised
// is whether those have the length 1 to within a thousandth. One caller asks the provider,
// the others wait for it.
func (e *Embedder) Model(ctx context.Context) (domain.Model, error) {
	if err := e.client.Begin(); err != nil {
		return domain.Model{}, err
	}
	defer e.client.End()
	if m := e.model.Load(); m != nil {
		return *m, nil
	}
	select {
	case e.asking <- struct{}{}:
		defer func() { <-e.asking }()
	case <-ctx.Done():
		return domain.Model{}, ctx.Err()
	}
	if m := e.model.Load(); m != nil {
		return *m, nil
	}
	m, err := e.askModel(ctx)
	if err != nil {
		return domain.Model{}, err
	}
	e.model.Store(&m)
	return m, nil
}

func (e *Embedder) askModel(ctx context.Context) (domain.Model, error) {
	l := e.options.Limits
	l.TextTokens = 0 // how much of a text is looked at is not part of the model
	es, err := e.embed(ctx, fingerprint.Texts(), ports.PurposeDocument, l)
	if err != nil {
		return domain.Model{}, err
	}
	m := domain.Model{Provider: e.options.Provider, Name: e.options.Model, Dims: len(es[0]), Normalised: normalised(es)}
	if m.Fingerprint, err = fingerprint.Of(es); err != nil {
		return domain.Model{}, err
	}
	r, ok := e.protocol.(Reviser)
	if !ok {
		return m, nil
	}
	m.Revision, err = r.Revision(ctx, func(ctx context.Context, path string) ([]byte, error) {
		const most = 4 << 20
		return e.client.Call(ctx, path, nil, most)
	})
	return m, asError(err, e.options.ref())
}

func normalised(es [][]float32) bool {
	for _, v := range es {
		sum := 0.0
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		if math.Abs(math.Sqrt(sum)-1) > 1e-3 {
			return false
		}
	}
	return true
}
