package httpapi

import (
	"math/bits"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// deleteMany answers POST /v1/databases/{id}/delete.
func (h *Handler) deleteMany(c *gin.Context) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var d deletion
	if err := withBody(c, h.opts.BodyLimit, d.decode); err != nil {
		return err
	}
	var n int
	ctx := c.Request.Context()
	switch {
	case d.ids != nil:
		n, err = h.svc.Delete(ctx, id, d.ids)
	case d.keys != nil:
		n, err = h.svc.DeleteKeys(ctx, id, d.keys)
	default:
		n, err = h.svc.DeleteWhere(ctx, id, d.filter) // nil is all
	}
	if err != nil {
		return err
	}
	return sendValue(c, http.StatusOK, deleted{Deleted: n})
}

// deletion says what to delete: one of its fields, or all.
type deletion struct {
	ids    []int64
	keys   []string
	filter *domain.Filter
}

var deleteFields = []string{"ids", "keys", "filter", "all"}

func (d *deletion) decode(body []byte) error {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(deleteFields, func(field int) (err error) {
		switch deleteFields[field] {
		case "ids":
			d.ids = []int64{}
			err = s.Array(func(int) error {
				id, err := s.Int()
				d.ids = append(d.ids, id)
				return err
			})
		case "keys":
			d.keys = []string{}
			err = s.Array(func(int) error {
				key, err := s.Text()
				d.keys = append(d.keys, string(key))
				return err
			})
		case "filter":
			d.filter, err = decodeFilter(&s)
			if err == nil && d.filter.IsAll() {
				err = s.Errorf(`a filter cannot be empty here: to delete all chunks send {"all":true}`)
			}
		case "all":
			var all bool
			all, err = s.Bool()
			if err == nil && !all {
				err = s.Errorf("must be true: leave it out otherwise")
			}
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err == nil && bits.OnesCount32(seen) != 1 {
		err = domain.Errorf(domain.ErrInvalid, "exactly one of ids, keys, filter and all must be there")
	}
	return err
}
