package httpapi

import (
	"net/http"
	"strconv"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/httpapi/decode"
	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/wire"
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
	b, err := a.chunks(page.Chunks, p)
	if err != nil {
		return err
	}
	b = append(b, `,"next_after":`...)
	if page.Next == 0 {
		b = append(b, "null"...)
	} else {
		b = strconv.AppendInt(b, page.Next, 10)
	}
	switch {
	case page.NextValue != nil:
		b = page.NextValue.AppendJSON(append(b, `,"next_from":`...))
	case page.NextKey != "":
		b = wire.AppendString(append(b, `,"next_from":`...), page.NextKey)
	case in.Sort != nil || in.Order == app.ByKey:
		b = append(b, `,"next_from":null`...)
	}
	c.Send(http.StatusOK, append(b, "}\n"...))
	return nil
}

// sortOf reads which field orders the chunks, if one does: from is then the first value.
func sortOf(c *web.Call, in *app.List) error {
	field, sorted := c.Query("sort")
	descending, said := c.Query("descending")
	switch {
	case said && !sorted:
		return domain.Errorf(domain.ErrInvalid, "descending is a part of sort, which names a field")
	case said && descending != "true" && descending != "false":
		return domain.Errorf(domain.ErrInvalid, "descending must be true or false")
	case !sorted:
		return nil
	}
	in.Sort = &app.Sort{Field: field, Descending: descending == "true"}
	if in.From != "" {
		v, err := filterlang.ParseValue(in.From)
		if err != nil {
			return domain.FieldErrorf(domain.ErrInvalid, "from", "%v", err)
		}
		in.Sort.From, in.From = &v, ""
	}
	return nil
}

// chunks begins an answer with list.
func (a *api) chunks(list []domain.Chunk, p encode.Parts) ([]byte, error) {
	limit := a.uses.Limits().Answer
	b := append(make([]byte, 0, 64+256*len(list)), `{"chunks":[`...)
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = encode.AppendStored(b, &list[i], p)
		if int64(len(b)) > limit {
			return nil, domain.AnswerTooLarge(limit)
		}
	}
	return append(b, ']'), nil
}

// sample answers POST /v1/databases/{id}/sample.
func (a *api) sample(c *web.Call) error {
	id, err := databaseID(c)
	if err != nil {
		return err
	}
	var in app.Sample
	var base64 bool
	err = c.Body(func(body []byte) (err error) {
		in, base64, err = decode.Sample(body)
		return err
	})
	if err != nil {
		return err
	}
	in.Database = id
	list, err := a.uses.Sample(c.Context(), in)
	if err != nil {
		return err
	}
	b, err := a.chunks(list, encode.Parts{Fields: in.Fields, Base64: base64})
	if err != nil {
		return err
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
	if in.Skip, err = skipParam(c); err != nil {
		return in, p, err
	}
	if order, ok := c.Query("order"); ok && order == "key" {
		in.Order = app.ByKey
	} else if ok && order != "id" {
		return in, p, domain.Errorf(domain.ErrInvalid, "order must be id or key")
	}
	in.From, _ = c.Query("from")
	if err := sortOf(c, &in); err != nil {
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
