package httpapi

import (
	"net/http"
	"strconv"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// list answers GET /v1/databases/{id}/chunks.
func (a *api) list(c *web.Call) error {
	in, p, err := listOf(c)
	if err != nil {
		return err
	}
	page, err := a.uses.List(c.Context(), in)
	if err != nil {
		return err
	}
	limit := a.uses.Limits().Answer
	b := append(make([]byte, 0, 64+256*len(page.Chunks)), `{"chunks":[`...)
	for i := range page.Chunks {
		if i > 0 {
			b = append(b, ',')
		}
		b = encode.AppendStored(b, &page.Chunks[i], p)
		if int64(len(b)) > limit {
			return domain.AnswerTooLarge(limit)
		}
	}
	b = append(b, `],"next_after":`...)
	if page.Next == 0 {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, page.Next, 10)
	}
	c.Send(http.StatusOK, append(b, "}\n"...))
	return nil
}

// listOf reads what the query asks for.
func listOf(c *web.Call) (in app.List, p encode.Parts, err error) {
	if in.Database, err = databaseID(c); err != nil {
		return in, p, err
	}
	if p, err = decode.Parts(c); err != nil {
		return in, p, err
	}
	in.Fields = p.Fields
	limit, err := limitParam(c, app.DefaultList)
	if err != nil {
		return in, p, err
	}
	in.Limit = int(min(limit, 1<<31-1))
	if in.After, err = numberParam(c, "after", 0); err != nil {
		return in, p, err
	}
	if raw, _ := c.Query("filter"); raw != "" {
		f, err := filterlang.Parse([]byte(raw))
		if err != nil {
			return in, p, err
		}
		in.Filter = &f
	}
	return in, p, nil
}
