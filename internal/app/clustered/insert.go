package clustered

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/clustered/catalog"
	"github.com/memista/memista/internal/app/intake"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

// Insert stores a batch of chunks and returns their ids in order. When it returns, as many
// nodes have them as the consistency of the cluster says. What is wrong with a chunk refuses
// the batch before anything is stored; if the cluster fails in the middle, chunks with keys may
// be stored, and those without may stay behind under ids that nobody was told.
func (s *Service) Insert(ctx context.Context, in app.Insert) ([]int64, error) {
	if err := domain.CheckID(in.Database); err != nil {
		return nil, err
	}
	if err := s.checkChunks(in.Chunks); err != nil {
		return nil, err
	}
	if in.OnConflict != domain.Replace && s.leases == nil && slices.ContainsFunc(in.Chunks, hasKey) {
		return nil, refuseSet("on_conflict")
	}
	put := func(e *catalog.Entry) ([]int64, error) { return s.insert(ctx, e, in) }
	ids, err := on(ctx, s, in.Database, in.Number, put)
	if errors.Is(err, domain.ErrNotFound) && !in.MustExist && in.Number == 0 {
		ids, err = s.insertFirst(ctx, in, put)
	}
	if err != nil {
		return nil, fmt.Errorf("insert into %q: %w", in.Database, err)
	}
	return ids, nil
}

func hasKey(c domain.Chunk) bool { return c.Key != "" }

// checkChunks refuses what is wrong with chunks whatever the database.
func (s *Service) checkChunks(chunks []domain.Chunk) error {
	if err := intake.CheckShape(chunks, s.limits); err != nil {
		return err
	}
	for i := range chunks {
		switch c := &chunks[i]; {
		case len(c.Sparse) > 0:
			return domain.At(capability.Refuse(capability.Sparse, "a cluster has no sparse vectors"), intake.Place(i))
		case len(c.Vectors) > 0:
			return domain.At(capability.Refuse(capability.NamedVectors, "a cluster has one embedding of each chunk, and none under a name"), intake.Place(i))
		}
	}
	return nil
}

// insertFirst makes the database for the chunks of in.
func (s *Service) insertFirst(ctx context.Context, in app.Insert, put func(e *catalog.Entry) ([]int64, error)) ([]int64, error) {
	leave, err := s.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	set := domain.Settings{Metric: cmp.Or(in.Metric, domain.DefaultMetric)}
	if _, err := domain.ParseMetric(string(set.Metric)); err != nil {
		return nil, err
	}
	if err := s.embed.ChooseFor(ctx, &set, in.Chunks); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(in.Chunks, intake.WantsEmbedding) || set.Embedder.Provider == "" {
		// Nothing is made for chunks that are refused.
		if err := s.embed.Chunks(ctx, domain.Database{ID: in.Database, Settings: set}, in.Chunks); err != nil {
			return nil, err
		}
		if err := intake.CheckVectors(in.Chunks, set); err != nil {
			return nil, err
		}
		set.Dims = len(in.Chunks[0].Embedding)
	}
	_, _, failed := s.catalog.Create(ctx, in.Database, set)
	if failed != nil && !errors.Is(failed, domain.ErrConflict) {
		return nil, failed
	}
	e, err := s.catalog.Resolve(ctx, in.Database) // somebody else may have made it otherwise
	if err != nil {
		return nil, cmp.Or(failed, err)
	}
	return put(e)
}

// insert stores the chunks of in.
func (s *Service) insert(ctx context.Context, e *catalog.Entry, in app.Insert) ([]int64, error) {
	if in.OnConflict != domain.Replace && slices.ContainsFunc(in.Chunks, hasKey) {
		return s.insertUnless(ctx, e, in)
	}
	chunks := slices.Clone(in.Chunks)
	e, err := s.prepare(ctx, e, chunks)
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.lease(ctx, e, slices.ContainsFunc(chunks, hasKey))
	if err != nil {
		return nil, err
	}
	defer done()
	return s.put(ctx, e, chunks)
}

// prepare gives chunks the embeddings that they lack, and refuses those that do not fit the
// database. The first embedding says what its dimension is.
func (s *Service) prepare(ctx context.Context, e *catalog.Entry, chunks []domain.Chunk) (*catalog.Entry, error) {
	if err := s.embed.Chunks(ctx, e.Database, chunks); err != nil {
		return nil, err
	}
	return s.fit(ctx, e, chunks)
}

// fit refuses chunks that do not fit the database; the first embedding says what its dimension is.
func (s *Service) fit(ctx context.Context, e *catalog.Entry, chunks []domain.Chunk) (*catalog.Entry, error) {
	if err := intake.CheckVectors(chunks, e.Settings); err != nil {
		return nil, err
	}
	return s.decideDims(ctx, e, chunks)
}

// decideDims gives the database the dimension of the first embedding of chunks, if it has none.
func (s *Service) decideDims(ctx context.Context, e *catalog.Entry, chunks []domain.Chunk) (*catalog.Entry, error) {
	at := slices.IndexFunc(chunks, intake.HasEmbedding)
	if e.Dims != 0 || at < 0 {
		return e, nil
	}
	e, err := s.catalog.Alter(ctx, e, func(now domain.Settings) (domain.Settings, error) {
		now.Dims = cmp.Or(now.Dims, len(chunks[at].Embedding))
		return now, nil
	})
	if err != nil {
		return nil, err
	}
	return e, intake.CheckVectors(chunks, e.Settings)
}

// put stores chunks that were prepared, which get ids where they have none.
func (s *Service) put(ctx context.Context, e *catalog.Entry, chunks []domain.Chunk) ([]int64, error) {
	now := s.now()
	intake.SetExpiry(chunks, e.TTL, now)
	list, err := s.name(ctx, e, chunks)
	if err != nil {
		return nil, err
	}
	if err := s.store(ctx, e, chunks); err != nil {
		s.takeBack(e, chunks)
		return nil, err
	}
	return list, nil
}

// name gives chunks ids and returns them.
func (s *Service) name(ctx context.Context, e *catalog.Entry, chunks []domain.Chunk) ([]int64, error) {
	list := make([]int64, len(chunks))
	nameless := 0
	for i := range chunks {
		c := &chunks[i]
		if c.Key != "" {
			c.ID = s.cluster.IDOfKey(e.Room, c.Key)
		} else if c.ID == 0 {
			nameless++
		}
		list[i] = c.ID
	}
	if nameless == 0 {
		return list, nil
	}
	fresh, err := s.ids.Some(ctx, nameless)
	if err != nil {
		return nil, err
	}
	for i := range chunks {
		if list[i] == 0 {
			list[i], chunks[i].ID = fresh[0], fresh[0]
			fresh = fresh[1:]
		}
	}
	return list, nil
}

// takeBackTime is how long the cluster may take to delete what was stored in part.
const takeBackTime = 10 * time.Second

// takeBack deletes, of chunks of which not all were stored, those whose ids nobody knows. Those
// with keys stay: what was there before is gone.
func (s *Service) takeBack(e *catalog.Entry, chunks []domain.Chunk) {
	nameless := slices.DeleteFunc(slices.Clone(chunks), hasKey)
	if len(nameless) == 0 {
		return
	}
	s.work.Go(func() {
		ctx, cancel := context.WithTimeout(s.ctx, takeBackTime)
		defer cancel()
		if err := s.cluster.Delete(ctx, e.Room, nameless); err != nil {
			s.report("chunks of an insert that failed may be left in "+e.ID, err)
		}
	})
}
