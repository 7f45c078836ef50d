package chromaapi

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/memista/memista/internal/adapters/chromaapi/decode"
	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/filterlang"
)

// deleteRecords answers POST /collections/{uuid}/delete.
func (a *api) deleteRecords(v version) func(*web.Call) error {
	return func(c *web.Call) error {
		col, err := a.find(c)
		if err != nil {
			return err
		}
		var in decode.Delete
		err = c.InsertBody(func(body []byte) (err error) {
			in, err = decode.ReadDelete(body, v.lenient)
			return err
		})
		if err == nil {
			err = checkDelete(&in)
		}
		if err != nil {
			return err
		}
		if v.listsDeleted {
			return a.deleteAndList(c, col, &in)
		}
		n, err := a.delete(c.Context(), col, &in)
		if err != nil {
			return gone(err, col)
		}
		send(c, http.StatusOK, `{"deleted":`+strconv.Itoa(n)+`}`)
		return nil
	}
}

// checkDelete refuses a delete that does not say what of.
func checkDelete(in *decode.Delete) error {
	where := len(in.Filters) > 0
	switch {
	case in.IDs != nil && len(in.IDs) == 0 && !where:
		return refusal.Invalid("Validation error: ids, where: Either ids or where must be specified")
	case in.Limit >= 0 && !where:
		return refusal.Invalid("Validation error: limit, where: limit can only be specified when a where clause is provided")
	}
	return nil
}

// delete deletes the records that in names and returns how many: where only ids are given, as
// many as these are.
func (a *api) delete(ctx context.Context, col collection.Collection, in *decode.Delete) (int, error) {
	f := in.Filter()
	switch {
	case f == nil && in.IDs == nil, in.Limit == 0:
		return 0, nil
	case f != nil && in.IDs == nil && in.Limit < 0:
		return a.uses.Remove(ctx, app.Removal{Database: col.ID, Number: col.Number, Filter: f})
	case f != nil:
		chunks, err := a.selected(ctx, col, in.IDs, f, part{limit: in.Limit}, 0)
		if err != nil {
			return 0, err
		}
		return a.deleteThose(ctx, col, chunks, f)
	}
	chunks, err := a.chunksOf(ctx, col, in.IDs, 0)
	if err == nil {
		_, err = a.deleteThose(ctx, col, chunks, nil)
	}
	return len(in.IDs), err
}

// deleteAtOnce is how many chunks one filter of ids may have.
const deleteAtOnce = 5_000

// deleteThose deletes those of chunks that f, if it is not nil, still selects, and returns
// how many those were.
func (a *api) deleteThose(ctx context.Context, col collection.Collection, chunks []domain.Chunk, f *filterlang.Filter) (n int, err error) {
	for those := range slices.Chunk(chunks, deleteAtOnce) {
		in := app.Removal{Database: col.ID, Number: col.Number}
		if f == nil {
			in.IDs = idsOf(those)
		} else {
			in.Filter = both(f, those)
		}
		some, err := a.uses.Remove(ctx, in)
		n += some
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// deleteAndList deletes the records that in names, and answers with their ids.
func (a *api) deleteAndList(c *web.Call, col collection.Collection, in *decode.Delete) error {
	f := in.Filter()
	var chunks []domain.Chunk
	var err error
	if f != nil || in.IDs != nil {
		chunks, err = a.selected(c.Context(), col, in.IDs, f, part{limit: in.Limit}, 0)
	}
	if err == nil {
		_, err = a.deleteThose(c.Context(), col, chunks, f)
	}
	if err != nil {
		return gone(err, col)
	}
	k := keysOf(col)
	b := []byte{'['}
	for i := range chunks {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendString(b, k.id(&chunks[i]))
	}
	c.Send(http.StatusOK, append(b, "]\n"...))
	return nil
}
