package httpapi

import (
	"net/http"
	"strconv"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// count answers POST /v1/databases/{id}/count.
func (a *api) count(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var f *filterlang.Filter
	err = c.Body(func(body []byte) (err error) {
		f, err = decode.Count(body)
		return err
	})
	if err != nil {
		return err
	}
	n, err := a.uses.Count(c.Context(), id, f)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, counted{Count: n})
}

// recall answers POST /v1/databases/{id}/recall.
func (a *api) recall(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var in app.RecallAsk
	err = c.Body(func(body []byte) (err error) {
		in, err = decode.Recall(body)
		return err
	})
	if err != nil {
		return err
	}
	in.Database = id
	found, err := a.uses.Recall(c.Context(), in)
	if err != nil {
		return err
	}
	return c.SendValue(http.StatusOK, encode.RecallOf(&found))
}

type counted struct {
	Count int64 `json:"count"`
}

// countValues answers POST /v1/databases/{id}/values.
func (a *api) countValues(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var in app.CountValues
	err = c.Body(func(body []byte) (err error) {
		in, err = decode.CountValues(body)
		return err
	})
	if err != nil {
		return err
	}
	in.Database = id
	found, err := a.uses.CountValues(c.Context(), in)
	if err != nil {
		return err
	}
	limit := a.uses.Limits().Answer
	b := []byte(`{"values":[`)
	for i, v := range found.Values {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.Value.AppendJSON(append(b, `{"value":`...))
		b = append(strconv.AppendInt(append(b, `,"chunks":`...), int64(v.Chunks), 10), '}')
		if int64(len(b)) > limit {
			return domain.AnswerTooLarge(limit)
		}
	}
	b = strconv.AppendInt(append(b, `],"distinct":`...), int64(found.Distinct), 10)
	c.Send(http.StatusOK, append(b, "}\n"...))
	return nil
}
