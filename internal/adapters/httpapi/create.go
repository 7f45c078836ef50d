package httpapi

import (
	"net/http"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/domain"
)

// create answers PUT /v1/databases/{id}: 201 where it made the database, 200 where one
// with these settings existed.
func (a *api) create(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var set domain.Settings
	err = c.Body(func(body []byte) (err error) {
		set, err = decode.Settings(body)
		return err
	})
	if err != nil {
		return err
	}
	db, created, err := a.uses.Create(c.Patient(), id, set)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if created {
		status = http.StatusCreated
	}
	return c.SendValue(status, encode.DatabaseOf(db))
}
