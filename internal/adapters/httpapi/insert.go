package httpapi

import (
	"net/http"
	"strconv"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// insert answers POST /v1/insert.
func (a *api) insert(c *web.Call) error {
	in, err := a.decodeInsert(c, decode.Insert)
	if err == nil {
		err = c.Reach(in.Database)
	}
	if err != nil {
		return err
	}
	in.Metric = domain.InnerProduct // that of the original memista
	return a.store(c, in)
}

// insertInto answers POST /v1/databases/{id}/chunks.
func (a *api) insertInto(c *web.Call) error {
	database, err := databaseID(c)
	if err != nil {
		return err
	}
	in, err := a.decodeInsert(c, decode.InsertInto)
	if err != nil {
		return err
	}
	in.Database = database
	return a.store(c, in)
}

// heavyBody is from what size on an insert is decoded beside searches only where that
// leaves them a core: 64 KiB take a quarter of a millisecond.
const heavyBody = 64 << 10

// decodeInsert reads the body of an insert with fn.
func (a *api) decodeInsert(c *web.Call, fn func([]byte) (app.Insert, error)) (in app.Insert, err error) {
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
	return in, err
}

// store inserts and sends the ids.
func (a *api) store(c *web.Call, in app.Insert) error {
	ids, err := a.uses.Insert(c.Patient(), in)
	if err != nil {
		return err
	}
	b := append(make([]byte, 0, 32+12*len(ids)), `{"inserted_ids":[`...)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	c.Send(http.StatusOK, append(b, "]}\n"...))
	return nil
}
