package qdrantapi

import (
	"strconv"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/encode"
	"github.com/memista/memista/internal/adapters/qdrantapi/find"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/adapters/web/wire"
)

// form is how a list of hits is written, and what reads the body that asks for it.
type form struct {
	open, close string
	read        func(d *decode.Queries, body []byte, in *decode.Collection) error
}

// The forms of the query API, and of the routes before it.
var (
	inObject = form{open: `{"points":`, close: "}"}
	bare     = form{}
)

func (f form) by(read func(d *decode.Queries, body []byte, in *decode.Collection) error) form {
	f.read = read
	return f
}

// query answers POST …/points/query.
func (a *api) query(c call) error {
	return a.answer(c, inObject.by((*decode.Queries).Query), false)
}

// queryBatch answers POST …/points/query/batch.
func (a *api) queryBatch(c call) error {
	return a.answer(c, inObject.by((*decode.Queries).QueryBatch), true)
}

// search answers POST …/points/search.
func (a *api) search(c call) error { return a.answer(c, bare.by((*decode.Queries).Search), false) }

// searchBatch answers POST …/points/search/batch.
func (a *api) searchBatch(c call) error {
	return a.answer(c, bare.by((*decode.Queries).SearchBatch), true)
}

// recommend answers POST …/points/recommend.
func (a *api) recommend(c call) error {
	return a.answer(c, bare.by((*decode.Queries).Recommend), false)
}

// recommendBatch answers POST …/points/recommend/batch.
func (a *api) recommendBatch(c call) error {
	return a.answer(c, bare.by((*decode.Queries).RecommendBatch), true)
}

// discover answers POST …/points/discover: there is none.
func (a *api) discover(call) error {
	return said.Unsupported("memista has no queries by discover and context")
}

// answer answers the queries in the body, with one list for each, in an array if there may
// be several.
func (a *api) answer(c call, f form, several bool) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	d := decode.NewQueries()
	defer d.Free()
	if err := a.body(c, func(body []byte) error { return f.read(d, body, t.in) }); err != nil {
		return err
	}
	finder := a.finder(c, t)
	if err := finder.Check(d.List); err != nil {
		return t.inWords(err)
	}
	ctx := c.Context()
	if t.settings.Embedder.Provider != "" {
		ctx = c.Patient()
	}
	lists := make([][]find.Hit, len(d.List))
	size := int64(0)
	for i := range d.List {
		p := a.points(t, d.List[i].Parts)
		if lists[i], err = finder.Run(ctx, &d.List[i], p.Fields()); err != nil {
			return t.inWords(err)
		}
		for j := range lists[i] {
			size += lists[i][j].Size()
		}
		if size > p.Limit {
			return p.TooLarge()
		}
	}
	return c.sendAppended(func(b []byte) ([]byte, error) {
		if several {
			b = append(b, '[')
		}
		for i := range lists {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, f.open...)
			if b, err = appendHits(b, a.points(t, d.List[i].Parts), lists[i]); err != nil {
				return b, err
			}
			b = append(b, f.close...)
		}
		if several {
			b = append(b, ']')
		}
		return b, nil
	})
}

// appendHits appends a list of points that were found.
func appendHits(b []byte, p *encode.Points, hits []find.Hit) ([]byte, error) {
	b = append(b, '[')
	for i := range hits {
		if i > 0 {
			b = append(b, ',')
		}
		b = p.AppendScored(b, &hits[i].Chunk, hits[i].Score)
		if err := p.Full(b); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// queryGroups answers POST …/points/query/groups.
func (a *api) queryGroups(c call) error { return a.groups(c, (*decode.Queries).QueryGroups) }

// searchGroups answers POST …/points/search/groups.
func (a *api) searchGroups(c call) error { return a.groups(c, (*decode.Queries).SearchGroups) }

func (a *api) groups(c call, read func(d *decode.Queries, body []byte, in *decode.Collection) (decode.Groups, error)) error {
	t, err := a.find(c)
	if err != nil {
		return err
	}
	d := decode.NewQueries()
	defer d.Free()
	var g decode.Groups
	err = a.body(c, func(body []byte) (err error) {
		g, err = read(d, body, t.in)
		return err
	})
	if err != nil {
		return err
	}
	p, finder := a.points(t, d.List[0].Parts), a.finder(c, t)
	if err := finder.Check(d.List); err != nil {
		return t.inWords(err)
	}
	groups, err := finder.Groups(c.Context(), &d.List[0], g, p.Fields())
	if err != nil {
		return t.inWords(err)
	}
	return c.sendAppended(func(b []byte) ([]byte, error) {
		b = append(b, `{"groups":[`...)
		for i := range groups {
			if i > 0 {
				b = append(b, ',')
			}
			b = groups[i].Value.AppendJSON(append(b, `{"id":`...))
			if b, err = appendHits(append(b, `,"hits":`...), p, groups[i].Hits); err != nil {
				return b, err
			}
			b = append(b, '}')
		}
		return append(b, "]}"...), nil
	})
}

// matrixPairs answers POST …/points/search/matrix/pairs.
func (a *api) matrixPairs(c call) error {
	t, rows, err := a.matrix(c)
	if err != nil {
		return err
	}
	return c.sendAppended(func(b []byte) ([]byte, error) {
		b = append(b, `{"pairs":[`...)
		first := true
		for i := range rows {
			for _, n := range rows[i].Near {
				if !first {
					b = append(b, ',')
				}
				first = false
				b = t.in.Keys.ID(rows[i].Key, rows[i].ID).AppendJSON(append(b, `{"a":`...))
				b = t.in.Keys.ID(rows[n.At].Key, rows[n.At].ID).AppendJSON(append(b, `,"b":`...))
				b = append(wire.AppendFloat(append(b, `,"score":`...), n.Score), '}')
			}
		}
		return append(b, "]}"...), nil
	})
}

// matrixOffsets answers POST …/points/search/matrix/offsets.
func (a *api) matrixOffsets(c call) error {
	t, rows, err := a.matrix(c)
	if err != nil {
		return err
	}
	each := func(b []byte, name string, fn func(b []byte, row int, n find.Near) []byte) []byte {
		b = append(append(append(b, '"'), name...), `":[`...)
		first := true
		for i := range rows {
			for _, n := range rows[i].Near {
				if !first {
					b = append(b, ',')
				}
				first = false
				b = fn(b, i, n)
			}
		}
		return append(b, "],"...)
	}
	return c.sendAppended(func(b []byte) ([]byte, error) {
		b = append(b, '{')
		b = each(b, "offsets_row", func(b []byte, row int, _ find.Near) []byte { return strconv.AppendInt(b, int64(row), 10) })
		b = each(b, "offsets_col", func(b []byte, _ int, n find.Near) []byte { return strconv.AppendInt(b, int64(n.At), 10) })
		b = each(b, "scores", func(b []byte, _ int, n find.Near) []byte { return wire.AppendFloat(b, n.Score) })
		b = append(b, `"ids":[`...)
		for i := range rows {
			if i > 0 {
				b = append(b, ',')
			}
			b = t.in.Keys.ID(rows[i].Key, rows[i].ID).AppendJSON(b)
		}
		return append(b, "]}"...), nil
	})
}

// matrix reads the body and compares the points of a sample.
func (a *api) matrix(c call) (*target, []find.Row, error) {
	t, err := a.find(c)
	if err != nil {
		return nil, nil, err
	}
	var m decode.Matrix
	err = a.body(c, func(body []byte) (err error) {
		m, err = decode.ReadMatrix(body, t.in)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	rows, err := a.finder(c, t).Matrix(c.Context(), &m)
	return t, rows, t.inWords(err)
}
