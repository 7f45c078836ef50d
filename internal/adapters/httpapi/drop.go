package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/web"
)

// drop answers DELETE /v1/drop, in the words of the original.
func (a *api) drop(c *web.Call) error {
	var id string
	err := c.Body(func(body []byte) (err error) {
		id, err = decode.Drop(body)
		return err
	})
	if err == nil {
		err = c.Reach(id)
	}
	if err != nil {
		return err
	}
	if _, err := a.uses.Drop(c.Context(), id); err != nil {
		return err
	}
	c.Send(http.StatusOK, []byte(`{"status":"success","message":"Table and index dropped successfully"}`+"\n"))
	return nil
}

// dropDatabase answers DELETE /v1/databases/{id}.
func (a *api) dropDatabase(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	existed, err := a.uses.Drop(c.Context(), id)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, dropped{Dropped: existed})
}

type dropped struct {
	Dropped bool `json:"dropped"` // false: there was no such database
}
