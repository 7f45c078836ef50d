package change

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/memista/memista/internal/app/live"
	"github.com/memista/memista/internal/domain"
)

// batch is what becomes of a page.
type batch struct {
	p     *page
	info  domain.Database // before
	at    time.Time       // when it was read, and when it is written
	items []item
}

// item is what becomes of one chunk.
type item struct {
	*domain.Chunk
	place   int  // in the page
	fresh   bool // no chunk was there
	ages    bool // it expires when its database says
	same    bool // the embedding is the one that was there
	stays   bool // so are the named vectors
	retexts bool // the text is not the one that was there
}

// creates reports whether the database is to be made.
func (b *batch) creates() bool { return b.info.Number == 0 }

// ask asks what becomes of the chunks old, for as long as the caller waits.
func (b *batch) ask(ctx context.Context, old []*domain.Chunk) error {
	for i, c := range old {
		if err := ctx.Err(); err != nil {
			return err
		}
		at := i
		if f := b.p.in.Filter; f != nil {
			if c == nil || !f.Matches(c) {
				continue
			}
			at = -1
		}
		it := item{place: i, fresh: c == nil}
		var was domain.Chunk
		if c != nil {
			was = *c
			was.Vectors = maps.Clone(c.Vectors) // which Make may change
		}
		var err error
		if it.Chunk, err = b.p.in.Make(at, c); err != nil {
			return err
		}
		if it.Chunk == nil {
			continue
		}
		if err := it.settle(&was, b.p.refs[i], b.at); err != nil {
			return b.p.in.at(err, i)
		}
		b.items = append(b.items, it)
	}
	return nil
}

// settle gives it what no Make changes: the id and key of was, which is what it was before, or
// of ref, which names it.
func (it *item) settle(was *domain.Chunk, ref domain.Ref, at time.Time) error {
	it.ID, it.Key = was.ID, was.Key
	if it.fresh {
		if ref.ID != 0 {
			return ref.NotFound()
		}
		it.Key = ref.Key
	}
	if err := domain.CheckTTL(it.TTL); err != nil {
		return err
	}
	switch {
	case it.TTL > 0:
		it.ExpiresAt = at.Add(it.TTL)
	case it.fresh && it.ExpiresAt.IsZero():
		it.ages = true
	}
	it.TTL = 0
	if !it.ExpiresAt.IsZero() {
		it.ExpiresAt = it.ExpiresAt.UTC().Truncate(time.Microsecond) // as it will be stored
	}
	it.same = !it.fresh && sameSlice(was.Embedding, it.Embedding)
	it.stays = !it.fresh && maps.EqualFunc(was.Vectors, it.Vectors, sameSlice)
	it.retexts = it.fresh || was.Text != it.Text
	return errors.Join(it.CheckWords(), it.Sparse.Check())
}

func sameSlice(a, b []float32) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }

// complete gives every item its embedding and checks what is to be stored. Before that it
// completes the settings of a database that is to be made.
func (b *batch) complete(ctx context.Context) error {
	if b.creates() {
		chunks := make([]domain.Chunk, len(b.items))
		for i, it := range b.items {
			chunks[i] = *it.Chunk
		}
		if err := b.p.c.Complete(ctx, &b.info.Settings, chunks); err != nil {
			return err
		}
	}
	if err := b.p.made.give(b); err != nil {
		return err
	}
	return b.check()
}

// check refuses embeddings that do not fit the database; with its dimension still open, the
// first one decides.
func (b *batch) check() error {
	dims := b.info.Dims
	for _, it := range b.items {
		if err := b.info.CheckVectors(it.Vectors); err != nil {
			return b.p.in.at(err, it.place)
		}
		v := it.Embedding
		var err error
		switch n := len(v); {
		case it.same:
			continue
		case n == 0 && b.info.OptionalEmbeddings:
			continue
		case n == 0:
			err = domain.Errorf(domain.ErrInvalid, "embedding cannot be empty")
		case n > b.p.c.Limits.Dims:
			err = domain.Errorf(domain.ErrTooLarge, "embedding has %d dimensions, at most %d are allowed", n, b.p.c.Limits.Dims)
		case dims != 0 && n != dims:
			err = domain.DimensionMismatch(dims, n)
		default:
			dims = n
			err = b.info.CheckEmbedding(v)
		}
		if err != nil {
			return b.p.in.at(err, it.place)
		}
	}
	return nil
}

// write stores b if everything is as it was read, else it is errMoved, and returns the
// sequence of the database then. With alone the caller keeps other writers out.
func (b *batch) write(ctx context.Context, alone bool) (int64, error) {
	w := domain.Batch{Database: b.info.ID, OnConflict: domain.Refuse, IfSequence: b.info.Sequence, At: b.at}
	w.Put, w.SameEmbedding, w.SameVectors = make([]domain.Chunk, len(b.items)), make([]bool, len(b.items)), make([]bool, len(b.items))
	indexes := false
	for i, it := range b.items {
		w.Put[i], w.SameEmbedding[i], w.SameVectors[i] = *it.Chunk, it.same, it.stays
		indexes = indexes || !it.same || !it.stays
	}
	if b.creates() {
		w.Create = &b.info.Settings
	}
	w.Check = func(now domain.Database) error { return b.agree(now, w.Put) }
	if indexes && !alone {
		if err := b.p.c.Live.WaitForBuffer(ctx, b.info.ID); err != nil {
			return 0, err
		}
	}
	write := b.p.c.Live.Write
	if alone {
		write = b.p.writeAlone
	}
	done, err := write(ctx, w)
	switch {
	case alone && errors.Is(err, domain.ErrConflict):
		return 0, err // nobody has changed anything meanwhile, so it would be so again
	case moved(err):
		return 0, errMoved
	}
	return done.Database.Sequence, err
}

// writeAlone stores a batch while the caller keeps other writers out.
func (p *page) writeAlone(ctx context.Context, w domain.Batch) (domain.Commit, error) {
	return p.c.Repository.Write(ctx, w, func(c domain.Commit) { p.c.Live.Committed(w, c) })
}

// agree refuses the batch of put if the database has by now another life, metric or embedder
// than it was made for, and gives the chunks that live as long as it says their time of expiry.
func (b *batch) agree(now domain.Database, put []domain.Chunk) error {
	if !b.creates() && !now.SameLife(b.info) || now.Metric != b.info.Metric || now.Embedder != b.info.Embedder ||
		b.creates() && now.Sequence > 0 {
		return live.ErrGone
	}
	for i, it := range b.items {
		if it.ages && now.TTL > 0 {
			put[i].ExpiresAt = b.at.Add(now.TTL)
		}
	}
	return nil
}
