package ingest

import (
	"context"
	"errors"

	"github.com/memista/memista/api"
)

// flush stores the batch.
func (r *run) flush(ctx context.Context) error {
	if len(r.batch) == 0 {
		return nil
	}
	if err := r.store(ctx, r.batch); err != nil {
		return err
	}
	r.batch = r.batch[:0]
	r.tell()
	return nil
}

// store inserts chunks, all or, if some are refused, the others: a model may know no word
// of a text.
func (r *run) store(ctx context.Context, chunks []api.Chunk) error {
	_, err := r.s.Insert(ctx, r.id, chunks, nil)
	switch {
	case err == nil:
		r.inserted(chunks)
		return nil
	case !errors.Is(err, api.ErrInvalid):
		return err
	case len(chunks) == 1:
		r.fail(chunks[0].Key, err)
		delete(r.seen, chunks[0].Key) // what is stored under its key is gone from the file
		return nil
	}
	half := len(chunks) / 2
	if err := r.store(ctx, chunks[:half]); err != nil {
		return err
	}
	return r.store(ctx, chunks[half:])
}

// inserted counts chunks that are stored.
func (r *run) inserted(chunks []api.Chunk) {
	for _, c := range chunks {
		if len(c.Embedding) > 0 {
			r.result.Moved++
		} else {
			r.result.Embedded++
		}
	}
}
