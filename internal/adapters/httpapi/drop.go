package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
)

// drop answers DELETE /v1/drop, in the words of the original.
func (h *Handler) drop(c *gin.Context) error {
	var id string
	err := withBody(c, h.opts.BodyLimit, func(body []byte) (err error) {
		id, err = decodeDrop(body)
		return err
	})
	if err == nil {
		err = reach(c, id)
	}
	if err != nil {
		return err
	}
	if _, err := h.svc.Drop(c.Request.Context(), id); err != nil {
		return err
	}
	send(c, http.StatusOK, []byte(`{"status":"success","message":"Table and index dropped successfully"}`+"\n"))
	return nil
}

var dropFields = []string{"database_id"}

func decodeDrop(body []byte) (id string, err error) {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(dropFields, func(int) error {
		b, err := s.Text()
		id = string(b)
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err == nil {
		err = required(dropFields, seen, 1)
	}
	return id, err
}

// dropDatabase answers DELETE /v1/databases/{id}.
func (h *Handler) dropDatabase(c *gin.Context) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	existed, err := h.svc.Drop(c.Request.Context(), id)
	if err != nil {
		return err
	}
	return sendValue(c, http.StatusOK, dropped{Dropped: existed})
}

type dropped struct {
	Dropped bool `json:"dropped"` // false: there was no such database
}
