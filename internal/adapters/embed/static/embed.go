package static

import (
	"context"
	"math"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// contextEvery is after how many texts the context is looked at: about a millisecond.
const contextEvery = 64

// Embed returns the embedding of each text: the weighted mean of the embeddings of its
// tokens, of length one if the model says so. The purpose makes no difference. A text that
// is empty, or of which the model knows no token, is ErrInvalid: the zero vector that it
// would have is not near anything. Of a long text its beginning counts.
func (e *Embedder) Embed(ctx context.Context, texts []string, purpose ports.Purpose) (out [][]float32, err error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // else a page that is gone ends the program
	defer func() {
		if fault := e.fault(recover()); fault != nil {
			out, err = nil, fault
		}
	}()
	if e.closed {
		return nil, domain.ErrClosed
	}
	if purpose != ports.PurposeDocument && purpose != ports.PurposeQuery {
		return nil, domain.Errorf(domain.ErrInvalid, "unknown purpose %d", purpose)
	}
	s := e.scratch.Get().(*tokenizer.Scratch)
	defer e.scratch.Put(s)
	dims := e.table.dims
	all := make([]float32, len(texts)*dims)
	out = make([][]float32, len(texts))
	for i, text := range texts {
		if i%contextEvery == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
		out[i] = all[i*dims : (i+1)*dims : (i+1)*dims]
		if err := e.embed(s, text, out[i]); err != nil {
			return nil, domain.At(err, "texts["+strconv.Itoa(i)+"]")
		}
	}
	return out, nil
}

// fault returns the error for a panic of reading a table that was cut short since it was
// opened, and goes on with any other panic.
func (e *Embedder) fault(panicked any) error {
	if panicked == nil {
		return nil
	}
	if _, ok := panicked.(interface{ Addr() uintptr }); !ok {
		panic(panicked)
	}
	return &domain.EmbedderError{
		Kind: domain.ErrEmbedder, Ref: domain.EmbedderRef{Provider: Provider, Model: e.model.Name},
		Message: "its table was written to since it was opened: bring the model again, and start memista anew",
	}
}

// embed writes the embedding of text to out, which is all zeros.
func (e *Embedder) embed(s *tokenizer.Scratch, text string, out []float32) error {
	if strings.TrimSpace(text) == "" {
		return domain.Errorf(domain.ErrInvalid, "a text that is empty has no embedding")
	}
	ids, err := e.tokenizer.Encode(s, beginning(text, e.maxChars))
	if err != nil {
		return err
	}
	known := 0
	for _, id := range ids {
		if id == e.tokenizer.Unknown() {
			continue
		}
		if known == e.maxTokens {
			break
		}
		known++
		e.table.add(out, id)
	}
	squares := 0.0
	for i := range out {
		out[i] /= float32(max(known, 1))
		squares += float64(out[i]) * float64(out[i])
	}
	switch length := math.Sqrt(squares); {
	case squares == 0:
		return domain.Errorf(domain.ErrInvalid, "the model %s knows no token of the text, which therefore has no embedding", e.model.Name)
	case math.IsNaN(length) || math.IsInf(length, 0):
		return &domain.EmbedderError{
			Kind: domain.ErrEmbedder, Ref: domain.EmbedderRef{Provider: Provider, Model: e.model.Name},
			Message: "its table has components that are not finite numbers",
		}
	case e.model.Normalised:
		for i := range out {
			out[i] = float32(float64(out[i]) / length)
		}
	}
	return nil
}

// beginning returns at most the first n characters of text.
func beginning(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
