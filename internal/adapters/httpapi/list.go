package httpapi

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// list answers GET /v1/databases/{id}/chunks.
func (h *Handler) list(c *gin.Context) (err error) {
	in := app.List{Limit: app.DefaultList}
	if in.Database, err = databaseID(c); err != nil {
		return err
	}
	p, err := queryParts(c)
	if err != nil {
		return err
	}
	in.Fields = p.fields
	var limit int64
	if limit, err = numberParam(c, "limit", int64(in.Limit)); err != nil {
		return err
	}
	if limit == 0 {
		return domain.Errorf(domain.ErrInvalid, "limit must be at least 1")
	}
	in.Limit = int(min(limit, 1<<31-1))
	if in.After, err = numberParam(c, "after", 0); err != nil {
		return err
	}
	if raw := c.Query("filter"); raw != "" {
		f, err := domain.ParseFilter([]byte(raw))
		if err != nil {
			return err
		}
		in.Filter = &f
	}
	page, err := h.svc.List(c.Request.Context(), in)
	if err != nil {
		return err
	}
	b := append(make([]byte, 0, 64+256*len(page.Chunks)), `{"chunks":[`...)
	for i := range page.Chunks {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendStored(append(b, '{'), &page.Chunks[i], p), '}')
		if most := h.svc.Limits().Answer; int64(len(b)) > most {
			return domain.AnswerTooLarge(most)
		}
	}
	b = append(b, `],"next_after":`...)
	if page.Next == 0 {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, page.Next, 10)
	}
	send(c, http.StatusOK, append(b, "}\n"...))
	return nil
}

// numberParam returns the query parameter name, which is a whole number from 0 on.
func numberParam(c *gin.Context, name string, def int64) (int64, error) {
	text, ok := c.GetQuery(name)
	if !ok {
		return def, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, domain.Errorf(domain.ErrInvalid, "%s must be a whole number from 0 on", name)
	}
	return n, nil
}
