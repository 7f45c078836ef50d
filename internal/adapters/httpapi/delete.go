package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/web"
)

type deleted struct {
	Deleted int `json:"deleted"`
}

// deleteChunk answers DELETE of one chunk.
func (a *api) deleteChunk(name naming) func(*web.Call) error {
	return func(c *web.Call) error {
		database, ref, err := name.named(c)
		if err != nil {
			return err
		}
		if err := a.uses.DeleteChunk(c.Context(), database, ref); err != nil {
			return err
		}
		return c.SendValue(http.StatusOK, deleted{Deleted: 1})
	}
}

// deleteMany answers POST /v1/databases/{id}/delete.
func (a *api) deleteMany(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var d decode.Deletion
	if err := c.Body(d.Decode); err != nil {
		return err
	}
	var n int
	switch ctx := c.Context(); {
	case d.IDs != nil:
		n, err = a.uses.Delete(ctx, id, d.IDs)
	case d.Keys != nil:
		n, err = a.uses.DeleteKeys(ctx, id, d.Keys)
	default:
		n, err = a.uses.DeleteWhere(ctx, id, d.Filter) // nil is all
	}
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, deleted{Deleted: n})
}
