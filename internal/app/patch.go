package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// Patch says what to change about a chunk. What is nil stays as it is.
type Patch struct {
	Text *string
	// Metadata is merged into that of the chunk; see domain.Metadata.Merge.
	Metadata  *domain.Metadata
	Embedding []float32
	TTL       *time.Duration // from now on; 0: forever
}

// Patch changes parts of one chunk and returns the whole of it as it is then. Patches of
// one chunk never lose each other: each is made of the chunk that the one before it left.
// Durability and visibility are those of Insert.
func (s *Service) Patch(ctx context.Context, database string, ref Ref, p Patch) (domain.Chunk, error) {
	leave, err := s.live.Enter()
	if err != nil {
		return domain.Chunk{}, err
	}
	defer leave()
	if err := ref.Check(); err != nil {
		return domain.Chunk{}, err
	}
	if err := s.checkPatch(p); err != nil {
		return domain.Chunk{}, err
	}
	// Before the turn, so that no other patch waits for an embedder.
	made, err := s.embedPatch(ctx, database, ref, p)
	if err != nil {
		return domain.Chunk{}, err
	}
	release, err := s.patching.Hold(ctx, chunkName{database, ref})
	if err != nil {
		return domain.Chunk{}, err
	}
	defer release()
	for {
		c, err := s.patchOnce(ctx, database, ref, p, made)
		// Whoever has changed or removed the chunk meanwhile has got on, so trying again
		// comes to an end; that the chunk is gone is found out by reading it.
		if !errors.Is(err, errMoved) {
			return c, err
		}
		if err := ctx.Err(); err != nil {
			return domain.Chunk{}, err
		}
	}
}

// chunkName is what patches of one chunk wait for each other by. One that is patched by id
// and by key has two names, which only costs work: the repository decides.
type chunkName struct {
	database string
	ref      Ref
}

// errMoved says that a chunk was changed or removed between reading and writing it.
var errMoved = errors.New("chunk has changed meanwhile")

func (s *Service) checkPatch(p Patch) error {
	switch n := len(p.Embedding); {
	case p.Text == nil && p.Metadata == nil && p.Embedding == nil && p.TTL == nil:
		return domain.Errorf(domain.ErrInvalid, "nothing to change: give a text, metadata, an embedding or a time to live")
	case p.Embedding != nil && n == 0:
		return domain.Errorf(domain.ErrInvalid, "embedding cannot be empty")
	case n > s.limits.Dims:
		return domain.Errorf(domain.ErrTooLarge, "embedding has %d dimensions, at most %d are allowed", n, s.limits.Dims)
	}
	if p.TTL != nil {
		if err := domain.CheckTTL(*p.TTL); err != nil {
			return err
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

// checkPatchOfMany checks what is to be done to any number of chunks. Metadata of another
// form than an object would replace all that each of them has.
func (s *Service) checkPatchOfMany(p Patch) error {
	switch {
	case p.Text != nil || p.Embedding != nil:
		return domain.Errorf(domain.ErrInvalid, "text and embedding are those of one chunk: they are changed by its id or key")
	case p.Metadata == nil && p.TTL == nil:
		return domain.Errorf(domain.ErrInvalid, "nothing to change: give metadata or a time to live")
	case p.Metadata != nil && p.Metadata.Form != domain.ObjectMetadata:
		return domain.Errorf(domain.ErrInvalid, "metadata for many chunks must be an object, whose fields are merged into theirs: another form would replace all that they have")
	}
	return s.checkPatch(p)
}

// patchOnce reads the chunk, and writes it if nobody has changed it since; else errMoved.
func (s *Service) patchOnce(ctx context.Context, database string, ref Ref, p Patch, made madeEmbedding) (domain.Chunk, error) {
	info, err := s.live.Find(ctx, database)
	if err != nil {
		return domain.Chunk{}, err
	}
	c, err := s.live.Chunk(ctx, info, ref, domain.DefaultFields|domain.FieldEmbedding)
	if err != nil {
		return domain.Chunk{}, err
	}
	seen, now := c.Sequence, s.now()
	p.expire(&c, now)
	if p.needsEmbedding(&c, info) {
		if made.by != info.Embedder {
			made.embedding, err = s.embedOne(ctx, info, *p.Text, ports.PurposeDocument)
		}
		if err != nil {
			return domain.Chunk{}, err
		}
		p.Embedding = made.embedding
	}
	if err := p.apply(&c, info.Settings); err != nil {
		return domain.Chunk{}, err
	}
	if err := s.live.WaitForBuffer(ctx, database); err != nil {
		return domain.Chunk{}, err
	}
	batch := domain.Batch{Database: database, Put: []domain.Chunk{c}, IfSequence: seen, Check: unaltered(info), At: now}
	done, err := s.live.Write(ctx, batch)
	switch {
	case errors.Is(err, domain.ErrConflict) || errors.Is(err, domain.ErrNotFound) || errors.Is(err, live.ErrGone):
		return domain.Chunk{}, errMoved
	case err != nil:
		return domain.Chunk{}, fmt.Errorf("patch %v of %q: %w", ref, database, err)
	}
	c.Sequence = done.Database.Sequence
	return c, nil
}

// madeEmbedding is the embedding of the text of a patch, and the embedder that made it; the
// zero one is none.
type madeEmbedding struct {
	by        domain.Embedder
	embedding []float32
}

// needsEmbedding reports whether p gives c, a chunk of db, a text of which db has to have an
// embedding.
func (p Patch) needsEmbedding(c *domain.Chunk, db domain.Database) bool {
	return p.Embedding == nil && p.Text != nil && *p.Text != c.Text && db.Embedder.Provider != ""
}

// embedPatch makes the embedding that p needs, if the chunk stays as it is now.
func (s *Service) embedPatch(ctx context.Context, database string, ref Ref, p Patch) (made madeEmbedding, err error) {
	if p.Text == nil || p.Embedding != nil {
		return made, nil
	}
	info, err := s.live.Find(ctx, database)
	if err != nil || info.Embedder.Provider == "" {
		return made, err
	}
	c, err := s.live.Chunk(ctx, info, ref, domain.FieldText)
	if err != nil || !p.needsEmbedding(&c, info) {
		return made, err
	}
	made.by = info.Embedder
	made.embedding, err = s.embedOne(ctx, info, *p.Text, ports.PurposeDocument)
	return made, err
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

// apply changes c, a chunk of a database with settings set, as p says.
func (p Patch) apply(c *domain.Chunk, set domain.Settings) error {
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
	if p.Embedding == nil {
		return nil
	}
	if set.Dims != 0 && len(p.Embedding) != set.Dims { // there is none yet where no chunk has an embedding
		return domain.DimensionMismatch(set.Dims, len(p.Embedding))
	}
	if err := set.CheckEmbedding(p.Embedding); err != nil {
		return err
	}
	c.Embedding = p.Embedding
	return nil
}

// patchPage is how many chunks are changed in one transaction where a filter says which.
const patchPage = 256

// PatchWhere changes the metadata and the time to live of the chunks that a filter selects,
// of all with a nil or empty one, and returns how many, also beside an error. Metadata must be
// an object. Many chunks are changed in several steps, each of which is durable. A chunk that
// was changed meanwhile so that the filter does not select it any more stays as it is; one
// that is inserted meanwhile may.
func (s *Service) PatchWhere(ctx context.Context, database string, f *filterlang.Filter, p Patch) (n int, err error) {
	leave, err := s.live.Enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if err := errors.Join(s.checkPatchOfMany(p), s.query.CheckFilter(f)); err != nil {
		return 0, err
	}
	info, err := s.live.Find(ctx, database)
	if err != nil {
		return 0, err
	}
	if f == nil {
		f = &filterlang.Filter{}
	}
	sel, err := s.query.Select(ctx, info, f)
	if err != nil {
		return 0, fmt.Errorf("patch in %q: %w", database, err)
	}
	for ids := range sel.Pages(0, patchPage) {
		changed, err := s.patchIDs(ctx, info, f, ids, p)
		if n += changed; err != nil {
			return n, fmt.Errorf("patch in %q: %w", database, err)
		}
	}
	return n, nil
}

// patchIDs changes those of ids that f still selects, in as many transactions as are needed
// to have no more than an answer's bytes of them in memory, and returns how many.
func (s *Service) patchIDs(ctx context.Context, of domain.Database, f *filterlang.Filter, ids []int64, p Patch) (int, error) {
	for {
		n, err := s.patchPage(ctx, of, f, ids, p)
		switch {
		case errors.Is(err, errMoved) && ctx.Err() != nil:
			return 0, ctx.Err()
		case errors.Is(err, errMoved):
			continue
		case errors.Is(err, domain.ErrTooLarge) && len(ids) > 1:
			half := len(ids) / 2
			if n, err = s.patchIDs(ctx, of, f, ids[:half], p); err != nil {
				return n, err
			}
			more, err := s.patchIDs(ctx, of, f, ids[half:], p)
			return n + more, err
		}
		return n, err
	}
}

// patchPage changes those of ids that f still selects, or none and returns errMoved if one
// of them is changed or removed before that is done. Several that are larger together than
// an answer may be are domain.ErrTooLarge.
func (s *Service) patchPage(ctx context.Context, of domain.Database, f *filterlang.Filter, ids []int64, p Patch) (int, error) {
	info, err := s.live.Find(ctx, of.ID) // each time, for its embedder may change
	if err == nil && !info.SameLife(of) {
		err = domain.DatabaseNotFound(of.ID)
	}
	if err != nil {
		return 0, err
	}
	sel := domain.Selection{IDs: ids}
	if len(ids) > 1 { // one is as large as it was let in
		sel.MaxBytes = s.limits.Answer
	}
	rows, err := s.live.Chunks(ctx, info, sel, domain.DefaultFields|domain.FieldEmbedding)
	if err != nil {
		return 0, err
	}
	now := s.now()
	kept, newest := rows[:0], int64(0)
	for _, c := range rows {
		newest = max(newest, c.Sequence)
		if !f.Matches(&c) {
			continue
		}
		p.expire(&c, now)
		if err := p.apply(&c, info.Settings); err != nil {
			return 0, err
		}
		kept = append(kept, c)
	}
	if len(kept) == 0 {
		return 0, nil
	}
	if err := s.live.WaitForBuffer(ctx, info.ID); err != nil {
		return 0, err
	}
	batch := domain.Batch{Database: info.ID, Put: kept, IfSequence: newest, Check: unaltered(info), At: now}
	_, err = s.live.Write(ctx, batch)
	switch {
	case errors.Is(err, domain.ErrConflict) || errors.Is(err, domain.ErrNotFound) || errors.Is(err, live.ErrGone):
		return 0, errMoved
	case err != nil:
		return 0, err
	}
	return len(kept), nil
}
