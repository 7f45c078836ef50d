package httpapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// count answers POST /v1/databases/{id}/count.
func (h *Handler) count(c *gin.Context) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var f *domain.Filter
	err = withBody(c, h.opts.BodyLimit, func(body []byte) (err error) {
		f, err = decodeCountBody(body)
		return err
	})
	if err != nil {
		return err
	}
	n, err := h.svc.Count(c.Request.Context(), id, f)
	if err != nil {
		return err
	}
	return sendValue(c, http.StatusOK, counted{Count: n})
}

type counted struct {
	Count int64 `json:"count"`
}

var countFields = []string{"filter"}

// decodeCountBody reads the body of a count; an empty one counts all.
func decodeCountBody(body []byte) (f *domain.Filter, err error) {
	if len(body) == 0 {
		return nil, nil
	}
	var s wire.Scanner
	s.Reset(body)
	_, err = s.Object(countFields, func(int) error {
		if s.Null() {
			return nil
		}
		f, err = decodeFilter(&s)
		return err
	})
	if err == nil {
		err = s.End()
	}
	return f, err
}
