package embedding

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// errOthers is the error of a batch that failed because of a text of somebody else.
var errOthers = errors.New("a text of another caller was refused")

// request is one call of Embed.
type request struct {
	texts   []string
	purpose ports.Purpose
	dims    int // of the model
	keys    []ports.EmbeddingKey
	flights []flight
	out     [][]float32 // nil where nothing is known yet
}

func newRequest(m domain.Model, l ports.EmbedLimits, texts []string, purpose ports.Purpose) *request {
	n := len(texts)
	r := &request{texts: texts, purpose: purpose, dims: m.Dims, keys: make([]ports.EmbeddingKey, n), flights: make([]flight, n), out: make([][]float32, n)}
	for i, t := range texts {
		r.keys[i] = keyOf(m.Fingerprint, l.TextTokens, purpose, t)
	}
	return r
}

// keyOf hashes what an embedding depends on. How much of a text is looked at is part of it:
// no fingerprint shows that.
func keyOf(fingerprint string, textTokens int, purpose ports.Purpose, text string) ports.EmbeddingKey {
	h := sha256.New()
	var head []byte
	head = binary.AppendUvarint(head, uint64(len(fingerprint)))
	head = append(head, fingerprint...)
	head = binary.AppendUvarint(head, uint64(textTokens))
	head = binary.AppendVarint(head, int64(purpose))
	_, _ = h.Write(head)
	_, _ = h.Write([]byte(text))
	return ports.EmbeddingKey(h.Sum(nil))
}

// wait takes what the batches bring, and leaves them all.
func (r *request) wait(ctx context.Context, c *Cache, batches []*batch) error {
	defer func() {
		for _, b := range batches {
			c.leave(b)
		}
	}()
	for _, b := range batches {
		select {
		case <-b.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for i, f := range r.flights {
		if r.out[i] == nil && f.batch.err == nil {
			r.out[i] = slices.Clone(f.batch.embeddings[f.at])
		}
	}
	var foreign error
	for _, b := range batches {
		err := r.explain(b)
		if err != nil && !errors.Is(err, errOthers) {
			return err
		}
		if err != nil {
			foreign = err
		}
	}
	return foreign
}

// explain returns the error of b in terms of r: the text that it is about is another one
// here, or not of r at all.
func (r *request) explain(b *batch) error {
	at, ok := Place(b.err)
	if !ok || at >= len(b.keys) {
		return b.err
	}
	mine := slices.Index(r.keys, b.keys[at])
	if mine < 0 {
		return errOthers
	}
	return moved(b.err, mine)
}
