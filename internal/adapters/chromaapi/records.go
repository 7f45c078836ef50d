package chromaapi

import (
	"context"
	"net/http"

	"github.com/memista/memista/internal/adapters/chromaapi/decode"
	"github.com/memista/memista/internal/adapters/chromaapi/record"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// heavyBody is from what size on records are decoded beside searches only where that leaves
// them a core: 64 KiB take a quarter of a millisecond.
const heavyBody = 64 << 10

// records reads the body of what stores records with fn, and the collection they are for.
// There may be none.
func (a *api) records(c *web.Call, fn func([]byte) (decode.Records, error)) (col collection.Collection, in decode.Records, err error) {
	if col, err = a.find(c); err != nil {
		return col, in, err
	}
	err = c.InsertBody(func(body []byte) error {
		decode := func() (err error) {
			in, err = fn(body)
			return err
		}
		if len(body) < heavyBody {
			return decode()
		}
		return a.uses.Heavily(c.Context(), decode)
	})
	if err == nil {
		err = a.checkDims(c.Context(), col, in.Dims())
	}
	if err == nil {
		err = in.Check()
	}
	return col, in, err
}

// checkDims refuses embeddings of another length than those in col, in the words that
// clients look for; 0 is of none.
func (a *api) checkDims(ctx context.Context, col collection.Collection, dims int) error {
	if dims == 0 {
		return nil
	}
	set, err := a.cols.Settings(ctx, col)
	if err != nil {
		return gone(err, col)
	}
	if set.Dims != 0 && set.Dims != dims {
		return wrongDims(set.Dims, dims)
	}
	return nil
}

// add answers POST /collections/{uuid}/add: records whose id exists stay as they are, also
// within one request.
func (a *api) add(v version) func(*web.Call) error {
	return func(c *web.Call) error {
		col, in, err := a.records(c, decode.Added)
		if err != nil {
			return err
		}
		if in.Len() > 0 {
			err = a.insert(c, col, &in)
		}
		if err != nil {
			return err
		}
		send(c, http.StatusCreated, v.stored)
		return nil
	}
}

func (a *api) insert(c *web.Call, col collection.Collection, in *decode.Records) error {
	keys := keysOf(col)
	taken, err := a.elsewhere(c.Context(), col, in.IDs)
	if err != nil {
		return gone(err, col)
	}
	chunks := make([]domain.Chunk, 0, in.Len())
	seen := make(map[string]bool, in.Len())
	for i, id := range in.IDs {
		key := keys.key(id)
		if seen[key] || taken[id] {
			continue
		}
		seen[key] = true
		ch, r := domain.Chunk{Key: key}, in.At(i)
		if err := r.Into(&ch); err != nil {
			return err
		}
		chunks = append(chunks, ch)
	}
	if len(chunks) == 0 {
		return nil
	}
	_, err = a.uses.Insert(c.Patient(), app.Insert{Database: col.ID, Number: col.Number, MustExist: true, Chunks: chunks, OnConflict: domain.Skip})
	return gone(err, col)
}

// upsert answers POST /collections/{uuid}/upsert.
func (a *api) upsert(v version) func(*web.Call) error {
	return func(c *web.Call) error { return a.change(c, v, decode.Upserted, true) }
}

// update answers POST /collections/{uuid}/update, which passes over ids that do not exist.
func (a *api) update(v version) func(*web.Call) error {
	return func(c *web.Call) error { return a.change(c, v, decode.Updated, false) }
}

// change changes the records that the body names, and makes those that do not exist if so
// said.
func (a *api) change(c *web.Call, v version, fn func([]byte) (decode.Records, error), makes bool) error {
	col, in, err := a.records(c, fn)
	if err != nil {
		return err
	}
	if in.Len() > 0 {
		refs, places, err := a.placesOf(c.Context(), col, in.IDs)
		if err != nil {
			return gone(err, col)
		}
		_, err = a.uses.Change(c.Patient(), app.Change{Database: col.ID, Number: col.Number, Refs: refs, Make: func(i int, old *domain.Chunk) (*domain.Chunk, error) {
			return changed(old, &in, places[i], makes)
		}})
		if err != nil {
			return gone(err, col)
		}
	}
	send(c, http.StatusOK, v.stored)
	return nil
}

// changed returns what becomes of a chunk by the records of in at places, one after the
// other; nil if there is none and it is not to be made.
func changed(old *domain.Chunk, in *decode.Records, places []int, makes bool) (*domain.Chunk, error) {
	var r record.Record
	next := &domain.Chunk{}
	switch {
	case old != nil:
		r, next = record.Of(old), old
	case !makes:
		return nil, nil
	}
	changes := make([]*record.Record, len(places))
	for k, i := range places {
		changes[k] = new(in.At(i))
	}
	if err := r.Change(changes...); err != nil {
		return nil, err
	}
	return next, r.Into(next)
}
