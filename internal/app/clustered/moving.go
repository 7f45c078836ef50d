package clustered

import (
	"context"
	"fmt"
	"slices"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/app/intake"
	"github.com/memista/memista/internal/app/moving"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// firstKeyed is the lowest id that chunks with keys have here.
const firstKeyed = 1 << 62

// Load stores chunks as they are elsewhere: keys and times of expiry stay, and no embedding is
// made. The id of a chunk with a key is made of the key, so it is another one here; those without
// a key keep theirs. What it did twice it did once; if it fails in the middle, a part is stored.
func (s *Service) Load(ctx context.Context, in app.Load) (app.Loaded, error) {
	if err := in.Check(s.limits); err != nil {
		return app.Loaded{}, err
	}
	if len(in.Chunks) > 0 {
		if err := s.checkChunks(in.Chunks); err != nil {
			return app.Loaded{}, err
		}
		if err := moving.CheckIDs(in.Chunks); err != nil {
			return app.Loaded{}, err
		}
	}
	for i := range in.Chunks {
		if c := &in.Chunks[i]; c.Key == "" && c.ID >= firstKeyed {
			return app.Loaded{}, domain.At(domain.Errorf(domain.ErrTooLarge, "ids of chunks without a key are less than %d here, not %d", int64(firstKeyed), c.ID), intake.Place(i))
		}
	}
	done, err := on(ctx, s, in.Database, 0, func(e *catalog.Entry) (app.Loaded, error) { return s.load(ctx, e, in) })
	if err != nil {
		return app.Loaded{}, fmt.Errorf("load into %q: %w", in.Database, err)
	}
	return done, nil
}

func (s *Service) load(ctx context.Context, e *catalog.Entry, in app.Load) (out app.Loaded, err error) {
	ctx, done, err := s.lease(ctx, e, true)
	if err != nil {
		return out, err
	}
	defer done()
	refs := make([]app.Ref, 0, len(in.Delete)+len(in.DeleteKeys))
	for _, id := range in.Delete {
		if id > 0 && id < firstKeyed { // others are none, or those of keys
			refs = append(refs, app.Ref{ID: id})
		}
	}
	for _, key := range in.DeleteKeys {
		refs = append(refs, app.Ref{Key: key})
	}
	if len(refs) > 0 {
		if out.Deleted, err = s.deleteThose(ctx, e, refs, nil); err != nil {
			return out, err
		}
	}
	if len(in.Chunks) == 0 {
		return out, nil
	}
	chunks := slices.Clone(in.Chunks)
	if e, err = s.fit(ctx, e, chunks); err != nil {
		return out, err
	}
	if _, err := s.name(ctx, e, chunks); err != nil {
		return out, err
	}
	if err := s.cluster.Put(ctx, e.Room, chunks); err != nil {
		return out, fmt.Errorf("not all of %d chunks are stored: %w", len(chunks), err)
	}
	out.Stored = len(chunks)
	return out, nil
}

// CarriedNames returns what databases are called by other surfaces.
func (s *Service) CarriedNames(ctx context.Context) (collection.Names, error) {
	leave, err := s.enter()
	if err != nil {
		return collection.Names{}, err
	}
	defer leave()
	return s.catalog.AllNames(ctx)
}

// PutNames adds names to those that are there, all or none; see ports.NameCarrier.
func (s *Service) PutNames(ctx context.Context, n collection.Names) error {
	leave, err := s.enter()
	if err != nil {
		return err
	}
	defer leave()
	if err := s.catalog.PutNames(ctx, n, s.names.Forget); err != nil {
		return fmt.Errorf("put names: %w", err)
	}
	return nil
}
