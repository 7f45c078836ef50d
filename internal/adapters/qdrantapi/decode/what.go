package decode

import (
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
)

// what reads the member query: a target, or an object that names what is to be done.
func (r *reader) what(q *Query) (err error) {
	q.Kind = Nearest
	if r.Next() != '{' {
		q.Target, err = r.target()
		return err
	}
	raw, err := r.Value() // twice, for its members say what it is, in any order
	if err != nil {
		return err
	}
	again := reader{in: r.in}
	again.Reset(raw)
	done := false
	err = again.object(func(name string) (known bool, err error) {
		known, err = again.action(name, q)
		done = done || known
		return known, err
	})
	if err != nil || done {
		return err
	}
	again.Reset(raw)
	q.Target.Vector, err = again.made()
	return err
}

// action reads a member of query that says what is to be done.
func (r *reader) action(name string, q *Query) (known bool, err error) {
	switch name {
	case "nearest":
		q.Target, err = r.target()
	case "mmr":
		q.MMR, err = r.mmr()
	case "fusion":
		q.Kind = Fusion
		err = r.fusion(q)
	case "rrf":
		q.Kind = Fusion
		err = r.rrf(q)
	case "order_by":
		q.Kind = OrderBy
		q.Order, err = r.order()
	case "sample":
		q.Kind = Sample
		var how string
		if how, err = r.text(); err == nil && how != "random" {
			err = r.Errorf("unknown variant `%s`, expected `random`", clip(how))
		}
	case "recommend":
		err = r.recommend(q)
	case "discover", "context", "formula", "relevance_feedback":
		err = said.Unsupported("memista has no queries by %s", name)
	default:
		return false, nil
	}
	return true, err
}

func (r *reader) mmr() (*MMR, error) {
	m := &MMR{Diversity: 0.5}
	err := r.object(func(name string) (known bool, err error) {
		switch name {
		case "diversity":
			var f float32
			f, err = r.Float()
			if m.Diversity = float64(f); err == nil && (f < 0 || f > 1) {
				err = said.Validation("query.mmr.diversity", "must be between 0 and 1")
			}
		case "candidates_limit":
			m.Candidates, err = r.count()
		default:
			return false, nil
		}
		return true, err
	})
	return m, err
}

func (r *reader) fusion(q *Query) error {
	how, err := r.text()
	switch {
	case err != nil:
	case how == "dbsf":
		q.Fuse.Distribution = true
	case how != "rrf":
		err = r.Errorf("unknown variant `%s`, expected `rrf` or `dbsf`", clip(how))
	}
	return err
}

func (r *reader) rrf(q *Query) error {
	return r.object(func(name string) (known bool, err error) {
		switch name {
		case "k":
			q.Fuse.K, err = r.count()
			if err == nil && q.Fuse.K == 0 {
				err = said.Validation("query.rrf.k", "value 0 invalid, must be 1 or larger")
			}
		case "weights":
			err = r.Array(func(int) error {
				w, err := r.Float()
				if err == nil && w < 0 {
					err = said.Validation("query.rrf.weights", "must not be negative")
				}
				q.Fuse.Weights = append(q.Fuse.Weights, float64(w))
				return err
			})
		default:
			return false, nil
		}
		return true, err
	})
}

// order reads the name of a field, or {"key", "direction", "start_from"}.
func (r *reader) order() (o Order, err error) {
	key := func() error {
		text, err := r.text()
		if err == nil {
			o.Key, err = payload.ParsePath(text)
		}
		return err
	}
	if r.Next() == '"' {
		return o, key()
	}
	err = r.object(func(name string) (known bool, err error) {
		switch name {
		case "key":
			err = key()
		case "direction":
			var way string
			if way, err = r.text(); err == nil && way != "asc" && way != "desc" {
				err = r.Errorf("unknown variant `%s`, expected `asc` or `desc`", clip(way))
			}
			o.Descending = way == "desc"
		case "start_from":
			if next := r.Next(); next != '"' && next != '-' && (next < '0' || next > '9') {
				return true, r.Errorf("start_from is a number or a time")
			}
			o.From, err = r.raw()
		default:
			return false, nil
		}
		return true, err
	})
	if err == nil && o.Key == nil {
		err = r.Errorf("missing field `key`")
	}
	return o, err
}

// recommend reads examples of what is wanted, and of what is not.
func (r *reader) recommend(q *Query) error {
	q.Kind = Recommend
	return r.object(func(name string) (bool, error) { return r.example(name, q) })
}

func (r *reader) example(name string, q *Query) (known bool, err error) {
	var list *[]Target
	switch name {
	case "positive":
		list = &q.Positive
	case "negative":
		list = &q.Negative
	case "strategy":
		how, err := r.text()
		if err == nil && how != "average_vector" {
			err = said.Unsupported("memista recommends by the strategy average_vector only")
		}
		return true, err
	default:
		return false, nil
	}
	one := func(int) error {
		t, err := r.target()
		if err == nil && (t.Sparse != nil || t.Words != nil) {
			err = said.Unsupported("memista recommends by dense vectors only")
		}
		*list = append(*list, t)
		return err
	}
	return true, r.Array(one)
}

// search reads the older form of a query.
func (r *reader) search(q *Query, more func(string) (bool, error)) error {
	q.Kind = Nearest
	found := false
	err := r.object(func(name string) (known bool, err error) {
		if more != nil {
			if known, err = more(name); known || err != nil {
				return known, err
			}
		}
		switch name {
		case "vector":
			found = true
			err = r.searchVector(q)
		case "top":
			q.Limit, err = r.limit()
		default:
			return r.common(name, q)
		}
		return true, err
	})
	switch {
	case err != nil:
		return err
	case !found:
		return r.Errorf("missing field `vector`")
	}
	return r.checkQuery(q)
}

// searchVector reads an array, or {"name": …, "vector": […]}.
func (r *reader) searchVector(q *Query) (err error) {
	if r.Next() == '[' {
		q.Target.Dense, err = r.dense()
		return err
	}
	found := false
	err = r.object(func(name string) (known bool, err error) {
		switch name {
		case "name":
			q.Using, err = r.text()
		case "vector":
			found = true
			q.Target, err = r.target()
		default:
			return false, nil
		}
		return true, err
	})
	if err == nil && (!found || q.Target.ByID) {
		err = r.Errorf("data did not match any variant of untagged enum NamedVectorStruct")
	}
	return err
}

// recommendBody reads the older form of a recommendation.
func (r *reader) recommendBody(q *Query, more func(string) (bool, error)) error {
	q.Kind = Recommend
	err := r.object(func(name string) (known bool, err error) {
		if more != nil {
			if known, err = more(name); known || err != nil {
				return known, err
			}
		}
		switch name {
		case "using":
			q.Using, err = r.text()
		case "lookup_from":
			err = said.Unsupported("memista looks for what is near to points of the same collection only: lookup_from is not supported")
		default:
			if known, err = r.example(name, q); !known && err == nil {
				return r.common(name, q)
			}
		}
		return true, err
	})
	if err == nil {
		err = r.checkQuery(q)
	}
	return err
}
