package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// alter answers PATCH /v1/databases/{id}: 200 with the database where it has the settings
// now, 202 with the job that gives it them.
func (a *api) alter(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var change domain.Alteration
	err = c.Body(func(body []byte) (err error) {
		change, err = decode.Alteration(body)
		return err
	})
	if err != nil {
		return err
	}
	done, err := a.uses.Alter(c.Context(), id, change)
	if err != nil {
		return err
	}
	if done.Job != nil {
		return sendNewJob(c, http.StatusAccepted, *done.Job)
	}
	return c.SendValue(http.StatusOK, encode.DatabaseOf(done.Database))
}
