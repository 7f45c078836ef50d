package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/domain"
)

// Patch says what to change about a chunk. What is nil stays as it is.
type Patch struct {
	Text *string
	// Metadata is merged into that of the chunk; see domain.Metadata.Merge.
	Metadata  *domain.Metadata
	Embedding []float32
	TTL       *time.Duration // from now on; 0: forever
	// Sparse and Vectors are set under their names; nil: the chunk has none there any more. Those
	// of other names stay.
	Sparse  map[string]*domain.SparseVector
	Vectors map[string][]float32
}

// Patch changes parts of one chunk and returns the whole of it as it is then. Patches of
// one chunk never lose each other: each is made of the chunk that the one before it left.
// Durability and visibility are those of Insert.
func (s *Service) Patch(ctx context.Context, database string, ref Ref, p Patch) (domain.Chunk, error) {
	return through(ctx, s, database, func(database string) (domain.Chunk, error) { return s.patch(ctx, database, ref, p) })
}

func (s *Service) patch(ctx context.Context, database string, ref Ref, p Patch) (domain.Chunk, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return domain.Chunk{}, err
	}
	defer leave()
	if err := errors.Join(ref.Check(), p.Check(s.limits)); err != nil {
		return domain.Chunk{}, err
	}
	var whole *domain.Chunk
	done, err := s.change.Change(ctx, &Change{Database: database, Refs: []Ref{ref}, Make: func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
		if old == nil {
			return nil, ref.NotFound()
		}
		whole = old
		return old, p.Apply(old, s.now())
	}})
	if err != nil {
		return domain.Chunk{}, fmt.Errorf("patch %v of %q: %w", ref, database, err)
	}
	whole.Sequence = done.Sequence
	return *whole, nil
}

// Check refuses what is wrong with a patch of one chunk.
func (p Patch) Check(limits Limits) error {
	switch n := len(p.Embedding); {
	case p.Text == nil && p.Metadata == nil && p.Embedding == nil && p.TTL == nil && len(p.Sparse) == 0 && len(p.Vectors) == 0:
		return domain.Errorf(domain.ErrInvalid, "nothing to change: give a text, metadata, an embedding, sparse or named vectors, or a time to live")
	case p.Embedding != nil && n == 0:
		return domain.Errorf(domain.ErrInvalid, "embedding cannot be empty")
	case n > limits.Dims:
		return domain.Errorf(domain.ErrTooLarge, "embedding has %d dimensions, at most %d are allowed", n, limits.Dims)
	}
	if p.TTL != nil {
		if err := domain.CheckTTL(*p.TTL); err != nil {
			return err
		}
	}
	for name, v := range p.Sparse {
		if v == nil {
			continue
		}
		if err := v.Check(); err != nil {
			return domain.At(err, "sparse "+name)
		}
	}
	var words domain.Chunk
	if p.Text != nil {
		words.Text = *p.Text
	}
	if p.Metadata != nil {
		words.Metadata = *p.Metadata
	}
	return words.CheckWords()
}

// CheckMany checks what is to be done to any number of chunks. Metadata of another
// form than an object would replace all that each of them has.
func (p Patch) CheckMany(limits Limits) error {
	switch {
	case p.Text != nil || p.Embedding != nil || p.Sparse != nil || p.Vectors != nil:
		return domain.Errorf(domain.ErrInvalid, "text, embedding, sparse and named vectors are those of one chunk: they are changed by its id or key")
	case p.Metadata == nil && p.TTL == nil:
		return domain.Errorf(domain.ErrInvalid, "nothing to change: give metadata or a time to live")
	case p.Metadata != nil && p.Metadata.Form != domain.ObjectMetadata:
		return domain.Errorf(domain.ErrInvalid, "metadata for many chunks must be an object, whose fields are merged into theirs: another form would replace all that they have")
	}
	return p.Check(limits)
}

// Apply changes c as p says.
func (p Patch) Apply(c *domain.Chunk, now time.Time) error {
	p.expire(c, now)
	if p.Text != nil {
		c.Text = *p.Text
	}
	if p.Metadata != nil {
		merged, err := c.Metadata.Merge(*p.Metadata)
		if err != nil {
			return err
		}
		c.Metadata = merged
	}
	if p.Embedding != nil {
		c.Embedding = p.Embedding
	}
	p.applyVectors(c)
	return nil
}

// applyVectors changes the sparse and named vectors of c.
func (p Patch) applyVectors(c *domain.Chunk) {
	for name, v := range p.Sparse {
		switch {
		case v == nil:
			delete(c.Sparse, name)
		case c.Sparse == nil:
			c.Sparse = domain.SparseVectors{name: v.Sorted()}
		default:
			c.Sparse[name] = v.Sorted()
		}
	}
	for name, v := range p.Vectors {
		switch {
		case v == nil:
			delete(c.Vectors, name)
		case c.Vectors == nil:
			c.Vectors = domain.Vectors{name: v}
		default:
			c.Vectors[name] = v
		}
	}
}

// expire sets anew when c expires, if p says so.
func (p Patch) expire(c *domain.Chunk, now time.Time) {
	switch {
	case p.TTL == nil:
	case *p.TTL == 0:
		c.ExpiresAt = time.Time{}
	default:
		c.ExpiresAt = now.Add(*p.TTL).UTC().Truncate(time.Microsecond) // as it will be stored
	}
}

// PatchWhere changes the metadata and the time to live of the chunks that a filter selects,
// of all with a nil or empty one, and returns how many, also beside an error. Metadata must be
// an object. Many chunks are changed in several steps, each of which is durable. A chunk that
// was changed meanwhile so that the filter does not select it any more stays as it is; one
// that is inserted meanwhile may.
func (s *Service) PatchWhere(ctx context.Context, database string, f *filterlang.Filter, p Patch) (n int, err error) {
	return through(ctx, s, database, func(database string) (int, error) { return s.patchWhere(ctx, database, f, p) })
}

func (s *Service) patchWhere(ctx context.Context, database string, f *filterlang.Filter, p Patch) (n int, err error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := p.CheckMany(s.limits); err != nil {
		return 0, err
	}
	if f == nil {
		f = &filterlang.Filter{}
	}
	done, err := s.change.Change(ctx, &Change{Database: database, Filter: f, Make: func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
		return old, p.Apply(old, s.now())
	}})
	if err != nil {
		err = fmt.Errorf("patch in %q: %w", database, err)
	}
	return done.Changed, err
}

// Change changes chunks by a function of what they are, and returns how many were stored, with
// a filter also beside an error. Durability and visibility are those of Insert.
func (s *Service) Change(ctx context.Context, in Change) (changed int, err error) {
	return through(ctx, s, in.Database, func(database string) (int, error) {
		at := in
		at.Database = database
		if database != in.Database {
			at.Create = nil // an alias makes none
		}
		return s.changeIn(ctx, at)
	})
}

func (s *Service) changeIn(ctx context.Context, in Change) (changed int, err error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	done, err := s.change.Change(ctx, &in)
	if err != nil {
		err = fmt.Errorf("change in %q: %w", in.Database, err)
	}
	return done.Changed, err
}
