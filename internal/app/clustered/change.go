package clustered

import (
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
	"github.com/memista/memista/internal/domain/filterlang"
)

// refuseSet refuses what needs a lease.
func refuseSet(what string) error {
	return capability.Refuse(capability.CompareAndSet, what+" needs a lease on the database, which a cluster gives where cluster_lease is on")
}

// insertUnless is insert for chunks whose keys must not exist, or that are passed over then.
func (s *Service) insertUnless(ctx context.Context, e *catalog.Entry, in app.Insert) ([]int64, error) {
	if s.leases == nil {
		return nil, refuseSet("on_conflict")
	}
	chunks := slices.Clone(in.Chunks)
	e, err := s.prepare(ctx, e, chunks)
	if err != nil {
		return nil, err
	}
	ctx, done, err := s.lease(ctx, e, true)
	if err != nil {
		return nil, err
	}
	defer done()
	var refs []app.Ref
	for i := range chunks {
		if chunks[i].Key != "" {
			refs = append(refs, app.Ref{Key: chunks[i].Key})
		}
	}
	found, err := s.get(ctx, e, refs, 0)
	if err != nil {
		return nil, err
	}
	there := make(map[string]int64, len(found))
	for i := range found {
		there[found[i].Key] = found[i].ID
	}
	ids := make([]int64, len(chunks))
	var fresh []domain.Chunk
	var places []int
	for i := range chunks {
		id, is := there[chunks[i].Key]
		switch {
		case !is || chunks[i].Key == "":
			fresh, places = append(fresh, chunks[i]), append(places, i)
		case in.OnConflict == domain.Refuse:
			return nil, domain.At(domain.Errorf(domain.ErrConflict, "key '%s' exists already, as chunk %d", chunks[i].Key, id), intake.Place(i))
		default:
			ids[i] = id
		}
	}
	if len(fresh) == 0 {
		return ids, nil
	}
	made, err := s.put(ctx, e, fresh)
	for k, i := range places {
		if err == nil {
			ids[i] = made[k]
		}
	}
	return ids, err
}

// Patch changes parts of one chunk and returns the whole of it as it is then.
func (s *Service) Patch(ctx context.Context, database string, ref app.Ref, p app.Patch) (domain.Chunk, error) {
	if s.leases == nil {
		return domain.Chunk{}, refuseSet("a patch")
	}
	if err := errors.Join(ref.Check(), p.Check(s.limits)); err != nil {
		return domain.Chunk{}, err
	}
	var whole *domain.Chunk
	_, err := s.Change(ctx, app.Change{Database: database, Refs: []app.Ref{ref}, Make: func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
		if old == nil {
			return nil, ref.NotFound()
		}
		whole = old
		return old, p.Apply(old, s.now())
	}})
	if err != nil {
		return domain.Chunk{}, err
	}
	return *whole, nil
}

// PatchWhere changes the metadata and the time to live of the chunks that a filter selects.
func (s *Service) PatchWhere(ctx context.Context, database string, f *filterlang.Filter, p app.Patch) (int, error) {
	if s.leases == nil {
		return 0, refuseSet("a patch")
	}
	if err := p.CheckMany(s.limits); err != nil {
		return 0, err
	}
	if f == nil {
		f = &filterlang.Filter{}
	}
	return s.Change(ctx, app.Change{Database: database, Filter: f, Make: func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
		return old, p.Apply(old, s.now())
	}})
}

// changePage is how many chunks are changed together where a filter says which.
const changePage = 256

// Change changes chunks by a function of what they are, under the lease on their database; see
// app.Change. It makes no database. If the cluster fails in the middle some of the chunks may be
// changed.
func (s *Service) Change(ctx context.Context, in app.Change) (changed int, err error) {
	if s.leases == nil {
		return 0, refuseSet("a change of chunks that depends on what they are")
	}
	refs, err := s.checkChange(&in)
	if err != nil {
		return 0, err
	}
	_, err = on(ctx, s, in.Database, in.Number, func(e *catalog.Entry) (int, error) {
		if in.Filter == nil {
			n, err := s.changeRefs(ctx, e, &in, refs)
			changed += n
			return n, err
		}
		var page []app.Ref
		flush := func() error {
			n, err := s.changeRefs(ctx, e, &in, page)
			page, changed = page[:0], changed+n
			return err
		}
		err := s.each(ctx, e, in.Filter, 0, 0, func(c *domain.Chunk) (bool, error) {
			ref := app.Ref{Key: c.Key}
			if c.Key == "" {
				ref.ID = c.ID
			}
			if page = append(page, ref); len(page) < changePage {
				return true, nil
			}
			return true, flush()
		})
		if err == nil {
			err = flush()
		}
		return changed, err
	})
	if err != nil {
		err = fmt.Errorf("change in %q: %w", in.Database, err)
	}
	return changed, err
}

// checkChange refuses what is wrong with a change whatever its database, and returns the chunks
// that it names.
func (s *Service) checkChange(in *app.Change) ([]app.Ref, error) {
	if err := domain.CheckID(in.Database); err != nil {
		return nil, err
	}
	refs, named := in.Refs, 0
	for _, is := range []bool{len(in.Keys) > 0, len(in.Refs) > 0, in.Filter != nil} {
		if is {
			named++
		}
	}
	for _, key := range in.Keys {
		refs = append(refs, app.Ref{Key: key})
	}
	switch {
	case named != 1:
		return nil, domain.Errorf(domain.ErrInvalid, "a change names chunks by keys, by ids and keys, or by a filter, and only by one of these")
	case len(refs) > s.limits.Chunks:
		return nil, domain.Errorf(domain.ErrTooLarge, "%d chunks in one change, at most %d are allowed", len(refs), s.limits.Chunks)
	}
	at := make(map[app.Ref]int, len(refs))
	for i, r := range refs {
		if err := r.Check(); err != nil {
			return nil, placed(err, refs, i)
		}
		if j, twice := at[r]; twice {
			return nil, placed(domain.Errorf(domain.ErrInvalid, "%v is the same as that of %s", r, intake.Place(j)), refs, i)
		}
		at[r] = i
	}
	return refs, s.query.CheckFilter(in.Filter)
}

// placed says in the message of err which chunk it is about, where there are several.
func placed(err error, refs []app.Ref, i int) error {
	if err == nil || len(refs) < 2 {
		return err
	}
	return domain.At(err, intake.Place(i))
}

// changeRefs changes the chunks that refs name, all before any is stored.
func (s *Service) changeRefs(ctx context.Context, e *catalog.Entry, in *app.Change, refs []app.Ref) (int, error) {
	if len(refs) == 0 {
		return 0, nil
	}
	ctx, done, err := s.lease(ctx, e, true)
	if err != nil {
		return 0, err
	}
	defer done()
	old, err := s.old(ctx, e, refs)
	if err != nil {
		return 0, err
	}
	var next []domain.Chunk
	var embed []int // of next, that get an embedding of their text
	for i, was := range old {
		c, retext, err := s.made(in, e, refs[i], i, was)
		if err != nil {
			return 0, placed(err, refs, i)
		}
		if c == nil {
			continue
		}
		if retext {
			c.Embedding = nil
			embed = append(embed, len(next))
		}
		next = append(next, *c)
	}
	if len(next) == 0 {
		return 0, nil
	}
	if e, err = s.embedSome(ctx, e, next, embed); err != nil {
		return 0, err
	}
	if _, err := s.name(ctx, e, next); err != nil {
		return 0, err
	}
	if err := s.store(ctx, e, next); err != nil {
		return 0, err
	}
	return len(next), nil
}

// old returns the whole chunks that refs name, in their order, nil for those that are not there.
func (s *Service) old(ctx context.Context, e *catalog.Entry, refs []app.Ref) ([]*domain.Chunk, error) {
	rows, err := s.get(ctx, e, refs, domain.WholeChunk)
	if err != nil {
		return nil, err
	}
	byID, byKey := make(map[int64]*domain.Chunk, len(rows)), make(map[string]*domain.Chunk, len(rows))
	for i := range rows {
		byID[rows[i].ID] = &rows[i]
		if rows[i].Key != "" {
			byKey[rows[i].Key] = &rows[i]
		}
	}
	list, taken := make([]*domain.Chunk, len(refs)), map[int64]int{}
	for i, r := range refs {
		c := byKey[r.Key]
		if r.ID != 0 {
			c = byID[r.ID]
		}
		if c == nil {
			continue
		}
		if j, twice := taken[c.ID]; twice {
			return nil, placed(domain.Errorf(domain.ErrInvalid, "%v is the chunk of %s", r, intake.Place(j)), refs, i)
		}
		list[i], taken[c.ID] = c, i
	}
	return list, nil
}

// made asks what becomes of the chunk was; nil: nothing. It reports whether that needs an
// embedding of its text.
func (s *Service) made(in *app.Change, e *catalog.Entry, ref app.Ref, i int, was *domain.Chunk) (c *domain.Chunk, retext bool, err error) {
	if in.Filter != nil {
		if was == nil || !in.Filter.Matches(was) {
			return nil, false, nil
		}
		i = -1
	}
	var before domain.Chunk
	if was != nil {
		before = *was
	}
	if c, err = in.Make(i, was); err != nil || c == nil {
		return nil, false, err
	}
	next := *c
	next.ID, next.Key = before.ID, before.Key
	if was == nil {
		if ref.ID != 0 {
			return nil, false, ref.NotFound()
		}
		next.Key = ref.Key
	}
	if err := domain.CheckTTL(next.TTL); err != nil {
		return nil, false, err
	}
	switch {
	case next.TTL > 0:
		next.ExpiresAt = s.now().Add(next.TTL)
	case was == nil && next.ExpiresAt.IsZero() && e.TTL > 0:
		next.ExpiresAt = s.now().Add(e.TTL)
	}
	next.TTL = 0
	if was != nil {
		*c = next // whoever returned it may look at it again
	}
	retexts := was == nil || before.Text != next.Text
	same := was != nil && len(next.Embedding) > 0 && len(before.Embedding) == len(next.Embedding) && &before.Embedding[0] == &next.Embedding[0]
	return &next, needsEmbedding(e, &next, same, retexts), next.CheckWords()
}

// needsEmbedding reports whether the database is to make the embedding of c: there is none, or
// it is of the text that was there.
func needsEmbedding(e *catalog.Entry, c *domain.Chunk, same, retexts bool) bool {
	switch {
	case e.Embedder.Provider == "":
		return false
	case len(c.Embedding) > 0:
		return same && retexts
	}
	return !e.OptionalEmbeddings || retexts && c.Text != ""
}

// embedSome gives the chunks at places embeddings of their texts, and refuses chunks that do not
// fit the database.
func (s *Service) embedSome(ctx context.Context, e *catalog.Entry, chunks []domain.Chunk, places []int) (*catalog.Entry, error) {
	if err := s.checkChunks(chunks); err != nil {
		return nil, alone(err, len(chunks))
	}
	some := make([]domain.Chunk, len(places))
	for k, i := range places {
		some[k] = chunks[i]
	}
	if len(some) > 0 {
		if err := s.embed.Chunks(ctx, e.Database, some); err != nil {
			return nil, alone(err, len(chunks))
		}
	}
	for k, i := range places {
		chunks[i].Embedding = some[k].Embedding
	}
	if err := intake.CheckVectors(chunks, e.Settings); err != nil {
		return nil, alone(err, len(chunks))
	}
	return s.decideDims(ctx, e, chunks)
}

// alone takes the place out of an error about the only chunk there is.
func alone(err error, n int) error {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || n > 1 {
		return err
	}
	own := *e
	own.Place = ""
	return &own
}

// store stores chunks that have ids and their time of expiry.
func (s *Service) store(ctx context.Context, e *catalog.Entry, chunks []domain.Chunk) error {
	for i := range chunks {
		if c := &chunks[i]; !c.ExpiresAt.IsZero() {
			c.ExpiresAt = c.ExpiresAt.UTC().Truncate(time.Microsecond)
		}
	}
	if err := s.cluster.Put(ctx, e.Room, chunks); err != nil {
		return fmt.Errorf("not all of %d chunks are stored, and those with keys may be: %w", len(chunks), err)
	}
	return nil
}
