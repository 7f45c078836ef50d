package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
)

// patchChunk answers PATCH of one chunk, with the chunk as it is then.
func (a *api) patchChunk(name naming) func(*web.Call) error {
	return func(c *web.Call) error {
		database, ref, err := name.named(c)
		if err != nil {
			return err
		}
		p, err := decode.Parts(c)
		if err != nil {
			return err
		}
		var patch app.Patch
		err = c.InsertBody(func(body []byte) (err error) {
			patch, err = decode.Patch(body)
			return err
		})
		if err != nil {
			return err
		}
		ch, err := a.uses.Patch(c.Patient(), database, ref, patch)
		if err != nil {
			return err
		}
		sendChunk(c, &ch, p)
		return nil
	}
}

type patched struct {
	Patched int `json:"patched"`
}

// patchMany answers POST /v1/databases/{id}/patch.
func (a *api) patchMany(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var d decode.Patches
	if err := c.Body(d.Decode); err != nil {
		return err
	}
	n, err := a.uses.PatchWhere(c.Context(), id, d.Filter, d.Patch) // nil is all
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, patched{Patched: n})
}
