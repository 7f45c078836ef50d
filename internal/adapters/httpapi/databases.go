package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
)

// databases answers GET /v1/databases, with those that the caller's key reaches.
func (a *api) databases(c *web.Call) error {
	in := app.ListDatabases{Reach: c.Reaches}
	in.After, _ = c.Query("after")
	in.Prefix, _ = c.Query("prefix")
	limit, err := limitParam(c, -1)
	if err != nil {
		return err
	}
	in.Limit = int(min(max(limit, 0), 1<<31-1))
	page, err := a.uses.ListDatabases(c.Context(), in)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, encode.DatabasesOf(page, in.Limit > 0))
}

// database answers GET /v1/databases/{id}.
func (a *api) database(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	info, err := a.uses.Database(c.Context(), id)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, encode.StatisticsOf(&info, codeOf))
}

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
