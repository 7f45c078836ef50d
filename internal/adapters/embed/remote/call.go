package remote

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/internal/adapters/provider"
	"github.com/memista/memista/internal/domain"
)

// embedPart puts the embeddings of p in their places in out.
func (e *Embedder) embedPart(ctx context.Context, p part, out [][]float32) error {
	es, err := e.embedAtOnce(ctx, p.sent())
	if err == nil {
		copy(out[p.first:], es)
		return nil
	}
	f, ok := errors.AsType[*provider.Failure](err)
	if !ok || !f.TooMuch() {
		return err
	}
	if len(p.texts) > 1 {
		a, b := p.halves()
		if err := e.embedPart(ctx, a, out); err != nil {
			return err
		}
		return e.embedPart(ctx, b, out)
	}
	if e.options.Limits.Refuse {
		return refuse(p.first, "a text is too long: "+f.Message)
	}
	if p, ok = p.shorter(); !ok {
		return err
	}
	return e.embedPart(ctx, p, out)
}

// embedAtOnce makes one call for all texts, or a second one if the protocol can make a
// better one.
func (e *Embedder) embedAtOnce(ctx context.Context, texts []string) ([][]float32, error) {
	call := func() ([]byte, error) {
		return e.client.Call(ctx, e.protocol.Path(), e.protocol.Request(texts), e.most(len(texts)))
	}
	body, err := call()
	if f, ok := errors.AsType[*provider.Failure](err); ok && f.Refusal != nil && e.protocol.Adapt(*f.Refusal) {
		body, err = call()
	}
	if err != nil {
		return nil, err
	}
	return e.read(body, len(texts))
}

// most returns how large the answer for n texts may be.
func (e *Embedder) most(n int) int64 {
	if e.options.AnswerBytes > 0 {
		return e.options.AnswerBytes
	}
	const (
		perComponent = 32 // bytes of a float64 with 17 digits, its exponent and what stands around
		around       = 1 << 20
	)
	dims := e.dims.Load()
	if dims == 0 {
		dims = domain.MaxDims
	}
	return around + int64(n)*dims*perComponent
}

// read returns the embeddings of n texts in an answer.
func (e *Embedder) read(body []byte, n int) (es [][]float32, err error) {
	err = e.client.Read(body, func(body []byte) error {
		if es, err = e.protocol.Answer(body, n); err != nil {
			return err
		}
		if err = CheckEmbeddings(es, n); err != nil || n == 0 {
			return err
		}
		dims := int64(len(es[0]))
		if e.dims.CompareAndSwap(0, dims); e.dims.Load() != dims {
			return fmt.Errorf("embeddings of %d components instead of %d", dims, e.dims.Load())
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return es, nil
}
