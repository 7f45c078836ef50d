package weaviate

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/adapters/weaviate/where"
	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
)

// Bounds of what is sent at once: of one request, and how many requests of a call are under
// way together.
const (
	batchChunks = 1000
	batchBytes  = 8 << 20
	together    = 4
)

// Put implements ports.Cluster.
func (s *Store) Put(ctx context.Context, r ports.Room, chunks []domain.Chunk) error {
	if err := s.check(); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(together)
	for len(chunks) > 0 {
		n, size := 0, int64(0)
		for n < len(chunks) && n < batchChunks && (n == 0 || size < batchBytes) {
			size += chunks[n].Size()
			n++
		}
		some := chunks[:n]
		chunks = chunks[n:]
		g.Go(func() error { return s.putSome(ctx, r, some) })
	}
	return g.Wait()
}

func (s *Store) putSome(ctx context.Context, r ports.Room, chunks []domain.Chunk) error {
	objects := make([]wire.Object, len(chunks))
	for i := range chunks {
		objects[i] = objectOf(r, &chunks[i])
	}
	results, err := s.client.Put(ctx, placeOf(r), objects)
	if err != nil {
		return err
	}
	failed := 0
	for _, e := range results {
		if e != nil {
			failed++
			err = e
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d chunks were not stored: %w", failed, len(chunks), err)
	}
	return nil
}

// Get implements ports.Cluster.
func (s *Store) Get(ctx context.Context, r ports.Room, refs []domain.Ref, fields domain.Fields) ([]domain.Chunk, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	ids, err := s.uuidsOf(ctx, r, refs)
	if err != nil {
		return nil, err
	}
	objects, found, err := s.client.Objects(ctx, placeOf(r), ids, fields.Has(domain.FieldEmbedding))
	if err != nil {
		return nil, err
	}
	list := make([]domain.Chunk, 0, len(refs))
	for i := range objects {
		if !found[i] {
			continue
		}
		c, err := chunkOf(&objects[i], fields)
		if err != nil {
			return nil, err
		}
		if refs[i].ID != 0 || refs[i].Key == c.Key {
			list = append(list, c)
		}
	}
	return list, nil
}

// uuidsOf returns the UUIDs of the chunks that refs name. For an id of a chunk with a key the
// key is looked for: its UUID says more than the id.
func (s *Store) uuidsOf(ctx context.Context, r ports.Room, refs []domain.Ref) ([]uuid.UUID, error) {
	ids := make([]uuid.UUID, len(refs))
	var asked []string
	at := map[int64][]int{}
	for i, ref := range refs {
		switch {
		case ref.ID == 0:
			id, rest := nameOf(r, ref.Key)
			ids[i] = uuidFrom(id, rest)
		case ref.ID&keyed == 0:
			ids[i] = uuidFrom(ref.ID, 0)
		default:
			ids[i] = uuidFrom(ref.ID, 0) // of no chunk
			asked, at[ref.ID] = append(asked, idText(ref.ID)), append(at[ref.ID], i)
		}
	}
	for len(asked) > 0 {
		some := asked[:min(len(asked), batchChunks)]
		asked = asked[len(some):]
		filter := wire.HasAny(propID, some)
		found, err := s.client.Search(ctx, wire.Query{Place: placeOf(r), Filter: &filter, Limit: len(some), Properties: []string{propID, propKey, propEnd}})
		if err != nil {
			return nil, err
		}
		for i := range found {
			c, err := chunkOf(&found[i].Object, 0)
			if err != nil {
				return nil, err
			}
			for _, i := range at[c.ID] {
				ids[i] = uuidOf(r, c.ID, c.Key)
			}
		}
	}
	return ids, nil
}

// Delete implements ports.Cluster.
func (s *Store) Delete(ctx context.Context, r ports.Room, chunks []domain.Chunk) error {
	if err := s.check(); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4 * together)
	for i := range chunks {
		id := uuidOf(r, chunks[i].ID, chunks[i].Key)
		g.Go(func() error { return s.client.Delete(ctx, placeOf(r), id) })
	}
	return g.Wait()
}

// Scan implements ports.Cluster.
func (s *Store) Scan(ctx context.Context, r ports.Room, after int64, limit int, fields domain.Fields) (page []domain.Chunk, more bool, err error) {
	if err := s.check(); err != nil {
		return nil, false, err
	}
	from := uuid.Nil
	if after > 0 {
		from = uuidFrom(after, 1<<64-1)
	}
	objects, err := s.client.List(ctx, placeOf(r), from, limit, fields.Has(domain.FieldEmbedding))
	if err != nil {
		return nil, false, err
	}
	for i := range objects {
		c, err := chunkOf(&objects[i], fields)
		if err != nil {
			return nil, false, err
		}
		page = append(page, c)
	}
	return page, len(objects) == limit, nil
}

// Count implements ports.Cluster. It is also exact where none of the chunks is there about
// which terms leave a doubt.
func (s *Store) Count(ctx context.Context, r ports.Room, f *filterlang.Filter, now int64) (n int64, exact bool, err error) {
	if err := s.check(); err != nil {
		return 0, false, err
	}
	selected := where.Selection{Doubt: where.Set{None: true}}
	if f != nil {
		selected = where.Select(f)
	}
	most := filterOf(selected.Most)
	gone := wire.Compare(propEnd, wire.LessEqual, now)
	if most != nil {
		gone = wire.And(*most, gone)
	}
	var expired, doubtful int64
	g, inner := errgroup.WithContext(ctx)
	count := func(n *int64, f *wire.Filter) {
		g.Go(func() (err error) {
			*n, err = s.client.Count(inner, placeOf(r), f)
			return err
		})
	}
	count(&n, most)
	count(&expired, &gone)
	if !selected.Exact() {
		count(&doubtful, filterOf(selected.Doubt))
	}
	err = g.Wait()
	return max(0, n-expired), doubtful == 0, err
}

// DeleteExpired implements ports.Cluster.
func (s *Store) DeleteExpired(ctx context.Context, r ports.Room, now int64) error {
	if err := s.check(); err != nil {
		return err
	}
	// One with a key may be stored again between the look and the delete, which would lose it.
	gone := wire.And(wire.Compare(propEnd, wire.LessEqual, now), wire.Compare(propKey, wire.IsNull, true))
	for {
		done, err := s.client.DeleteWhere(ctx, placeOf(r), gone, false)
		if err != nil || done.Deleted == 0 {
			return err
		}
	}
}
