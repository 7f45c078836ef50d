package decode

import (
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/qdrantapi/pointid"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Page asks for points, a page at a time.
type Page struct {
	Limit  int
	From   *collections.ID // the first point; nil: the first there is
	Filter *filterlang.Filter
	Order  *Order // nil: by id
	Parts
}

// ReadPage reads the body of POST …/points/scroll.
func ReadPage(body []byte, in *Collection) (p Page, err error) {
	p.Limit, p.Payload.All = DefaultLimit, true
	err = read(body, in, func(r *reader) error {
		return r.object(func(name string) (known bool, err error) {
			switch name {
			case "limit":
				p.Limit, err = r.limit()
			case "offset":
				var id collections.ID
				id, err = pointid.Read(&r.Scanner)
				p.From = &id
			case "filter":
				p.Filter, err = r.filter()
			case "order_by":
				var o Order
				o, err = r.order()
				p.Order = &o
			default:
				return r.part(name, &p.Parts)
			}
			return true, err
		})
	})
	if err == nil && p.Order != nil && p.From != nil {
		err = said.Wrong("Cannot use an `offset` when using `order_by`. The alternative for paging is to use `order_by.start_from` and a filter to exclude the IDs that you've already seen for the `order_by.start_from` value")
	}
	return p, err
}

// ReadCount reads the body of POST …/points/count.
func ReadCount(body []byte, in *Collection) (f *filterlang.Filter, err error) {
	if len(body) == 0 {
		return nil, nil
	}
	err = read(body, in, func(r *reader) error {
		return r.object(func(name string) (known bool, err error) {
			switch name {
			case "filter":
				f, err = r.filter()
			case "exact":
				_, err = r.Bool()
			default:
				return false, nil
			}
			return true, err
		})
	})
	return f, err
}

// Groups asks for the best points of each value of a field.
type Groups struct {
	By    payload.Path
	Size  int // points of a group
	Limit int // groups
}

// QueryGroups reads the body of POST …/points/query/groups.
func (d *Queries) QueryGroups(body []byte, in *Collection) (g Groups, err error) {
	return d.groups(body, in, d.r.query)
}

// SearchGroups reads the body of POST …/points/search/groups.
func (d *Queries) SearchGroups(body []byte, in *Collection) (g Groups, err error) {
	return d.groups(body, in, d.r.search)
}

func (d *Queries) groups(body []byte, in *Collection, query func(*Query, func(string) (bool, error)) error) (g Groups, err error) {
	g.Size, g.Limit = 3, DefaultLimit
	r := &d.r
	more := func(name string) (known bool, err error) {
		switch name {
		case "group_by":
			var list []payload.Path
			if list, err = r.paths(); err == nil && len(list) == 1 {
				g.By = list[0]
			}
		case "group_size":
			g.Size, err = r.limit()
		case "limit":
			g.Limit, err = r.limit()
		case "with_lookup":
			err = said.Unsupported("memista has no with_lookup: ask for the points of the other collection by their ids")
		default:
			return false, nil
		}
		return true, err
	}
	err = d.body(body, in, func() error {
		d.List = append(d.List, Query{})
		err := query(&d.List[0], more)
		if err == nil && g.By == nil {
			err = r.Errorf("missing field `group_by`")
		}
		return err
	})
	return g, err
}

// Facet asks for the values of a field.
type Facet struct {
	Key    payload.Path
	Limit  int
	Filter *filterlang.Filter
}

// ReadFacet reads the body of POST …/facet.
func ReadFacet(body []byte, in *Collection) (f Facet, err error) {
	f.Limit = DefaultLimit
	err = read(body, in, func(r *reader) error {
		err := r.object(func(name string) (known bool, err error) {
			switch name {
			case "key":
				var list []payload.Path
				if list, err = r.paths(); err == nil && len(list) == 1 {
					f.Key = list[0]
				}
			case "limit":
				f.Limit, err = r.limit()
			case "filter":
				f.Filter, err = r.filter()
			case "exact":
				_, err = r.Bool()
			default:
				return false, nil
			}
			return true, err
		})
		if err == nil && f.Key == nil {
			err = r.Errorf("missing field `key`")
		}
		return err
	})
	return f, err
}

// Matrix asks how near points of a sample are to each other.
type Matrix struct {
	Sample int // points
	Limit  int // neighbors of each
	Filter *filterlang.Filter
	Using  string
}

// ReadMatrix reads the body of POST …/points/search/matrix/pairs and …/offsets.
func ReadMatrix(body []byte, in *Collection) (m Matrix, err error) {
	m.Sample, m.Limit = DefaultLimit, 3
	err = read(body, in, func(r *reader) error {
		err := r.object(func(name string) (known bool, err error) {
			switch name {
			case "sample":
				m.Sample, err = r.count()
				if err == nil && m.Sample < 2 {
					err = said.Validation("sample", "must be 2 or larger")
				}
			case "limit":
				m.Limit, err = r.limit()
			case "filter":
				m.Filter, err = r.filter()
			case "using":
				m.Using, err = r.text()
			default:
				return false, nil
			}
			return true, err
		})
		if err == nil && !in.IsDense(m.Using) {
			err = said.NoVector(m.Using)
		}
		return err
	})
	return m, err
}
