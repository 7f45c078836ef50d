package qdrantapi

import (
	"slices"
	"strconv"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/adapters/qdrantapi/find"
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/qdrantapi/pointid"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// retrieve answers POST …/points: the points with the given ids.
func (a *api) retrieve(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	var get decode.Retrieve
	err = a.body(c, func(body []byte) (err error) {
		get, err = decode.ReadRetrieve(body, t.in)
		return err
	})
	if err != nil {
		return err
	}
	p := a.points(t, get.Parts)
	found, err := a.finder(c, t).Points(c.Context(), get.IDs, p.Fields())
	if err != nil {
		return t.inWords(err)
	}
	return c.sendAppended(func(b []byte) ([]byte, error) { return appendRecords(b, p, found) })
}

// appendRecords appends a list of stored points.
func appendRecords(b []byte, p *encode.Points, list []domain.Chunk) ([]byte, error) {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.AppendRecord(b, &list[i])
		if err := p.Full(b); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// point answers GET …/points/{point}.
func (a *api) point(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	text, err := c.PathValue("point")
	if err != nil {
		return err
	}
	id, err := pointid.Parse(text)
	if err != nil {
		return err
	}
	p := a.points(t, decode.Parts{Payload: payload.Selector{All: true}, Vectors: decode.Vectors{All: true}})
	found, err := a.finder(c, t).Points(c.Context(), []collections.ID{id}, p.Fields())
	switch {
	case err != nil:
		return t.inWords(err)
	case len(found) == 0:
		return said.PointMissing(id)
	}
	return c.sendAppended(func(b []byte) ([]byte, error) { return p.AppendRecord(b, &found[0]), nil })
}

// count answers POST …/points/count.
func (a *api) count(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	var f *filterlang.Filter
	err = a.body(c, func(body []byte) (err error) {
		f, err = decode.ReadCount(body, t.in)
		return err
	})
	if err != nil {
		return err
	}
	n, err := a.uses.Count(c.Context(), t.ID, f)
	if err != nil {
		return t.inWords(err)
	}
	return c.sendJSON(`{"count":` + strconv.FormatInt(n, 10) + `}`)
}

// scroll answers POST …/points/scroll.
func (a *api) scroll(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	var page decode.Page
	err = a.body(c, func(body []byte) (err error) {
		page, err = decode.ReadPage(body, t.in)
		return err
	})
	if err != nil {
		return err
	}
	p := a.points(t, page.Parts)
	if page.Order != nil {
		list, err := a.finder(c, t).Ordered(c.Context(), page.Order, page.Filter, page.Limit, p.Fields())
		if err != nil {
			return t.inWords(err)
		}
		return c.sendAppended(func(b []byte) ([]byte, error) { return appendOrdered(b, p, list) })
	}
	list, next, err := a.finder(c, t).Page(c.Context(), &page, p.Fields())
	if err != nil {
		return t.inWords(err)
	}
	return c.sendAppended(func(b []byte) ([]byte, error) { return appendPage(b, p, list, next) })
}

// appendPage appends a page of points, as many as an answer has room for, and the id of the
// first one after it; next is that of the first one after list.
func appendPage(b []byte, p *encode.Points, list []domain.Chunk, next *collections.ID) ([]byte, error) {
	b = append(b, `{"points":[`...)
	for i := range list {
		before := len(b)
		if i > 0 {
			b = append(b, ',')
		}
		b = p.AppendRecord(b, &list[i])
		if err := p.Full(b); err != nil {
			if i == 0 {
				return b, err
			}
			b = b[:before]
			next = new(p.Keys.ID(list[i].Key, list[i].ID))
			break
		}
	}
	b = append(b, `],"next_page_offset":`...)
	if next == nil {
		return append(b, "null}"...), nil
	}
	return append(next.AppendJSON(b), '}'), nil
}

// appendOrdered appends a page of points in the order of a field.
func appendOrdered(b []byte, p *encode.Points, list []find.Ordered) ([]byte, error) {
	b = append(b, `{"points":[`...)
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.AppendRecord(b, &list[i].Chunk)
		b = append(b[:len(b)-1], `,"order_value":`...)
		b = append(find.AppendValue(b, list[i].Value), '}')
		if err := p.Full(b); err != nil {
			return b, err
		}
	}
	return append(b, `],"next_page_offset":null}`...), nil
}

// facet answers POST …/facet.
func (a *api) facet(c call) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	var in decode.Facet
	err = a.body(c, func(body []byte) (err error) {
		in, err = decode.ReadFacet(body, t.in)
		return err
	})
	if err != nil {
		return err
	}
	most := a.uses.Limits().Hits // values of kinds that are left out may come first
	counts, err := a.uses.CountValues(c.Context(), app.CountValues{
		Database: t.ID, Number: t.Number, Field: filter.FieldOf(in.Key).String(), Filter: in.Filter, Limit: most,
	})
	if err != nil {
		return t.inWords(err)
	}
	kept := slices.DeleteFunc(counts.Values, func(v app.ValueCount) bool {
		return v.Value.Kind == filterlang.NullValue || v.Value.Kind == filterlang.FloatValue // Qdrant counts texts, integers and truth values
	})
	if len(kept) < in.Limit && counts.Distinct > most {
		return said.Wrong("the field has %d different values, of which %d are counted: select fewer points with a filter, or set a limit of %d at most", counts.Distinct, most, len(kept))
	}
	kept = kept[:min(in.Limit, len(kept))]
	return c.sendAppended(func(b []byte) ([]byte, error) { return appendFacet(b, kept), nil })
}

// appendFacet appends values and how many points have each.
func appendFacet(b []byte, list []app.ValueCount) []byte {
	b = append(b, `{"hits":[`...)
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.Value.AppendJSON(append(b, `{"value":`...))
		b = append(strconv.AppendInt(append(b, `,"count":`...), int64(v.Chunks), 10), '}')
	}
	return append(b, "]}"...)
}
