package ingest

import (
	"context"
	"errors"
	"fmt"

	"github.com/memista/memista/api"
)

// flush stores the batch.
func (r *run) flush(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	failed := len(r.result.Failed)
	refused, err := r.store(ctx, r.batch)
	if err != nil {
		return err
	}
	if r.fresh && refused != nil { // all of them, and for one reason
		r.result.Failed = r.result.Failed[:failed]
		return fmt.Errorf("there is %w to make embeddings of these texts for the new database %q: %w", ErrNoEmbedder, r.id, refused)
	}
	r.batch = r.batch[:0]
	r.tell()
	return nil
}

// store inserts chunks, all or, if some are refused, the others: a model may know no word
// of a text. It returns the first refusal.
func (r *run) store(ctx context.Context, chunks []api.Chunk) (refused, err error) {
	_, err = r.s.Insert(ctx, r.id, chunks, nil)
	switch {
	case err == nil:
		return nil, r.inserted(ctx, chunks)
	case !errors.Is(err, api.ErrInvalid):
		return nil, err
	case len(chunks) == 1:
		r.fail(chunks[0].Key, err)
		delete(r.seen, chunks[0].Key) // what is stored under its key is gone from the file
		return err, nil
	}
	half := len(chunks) / 2
	for _, part := range [][]api.Chunk{chunks[:half], chunks[half:]} {
		why, err := r.store(ctx, part)
		if err != nil {
			return refused, err
		}
		if refused == nil {
			refused = why
		}
	}
	return refused, nil
}

// inserted counts chunks that are stored, and completes a new database.
func (r *run) inserted(ctx context.Context, chunks []api.Chunk) error {
	for _, c := range chunks {
		if len(c.Embedding) > 0 {
			r.result.Moved++
		} else {
			r.result.Embedded++
		}
	}
	if !r.fresh {
		return nil
	}
	r.fresh = false
	_, err := r.s.Update(context.WithoutCancel(ctx), r.id, api.Update{FullText: &r.o.FullText}) // belongs to making it
	if errors.Is(err, api.ErrUnsupported) {
		return nil
	}
	return err
}
