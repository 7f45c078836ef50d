package decode

import (
	"github.com/memista/memista/internal/adapters/qdrantapi/pointid"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain/filterlang"
)

// Point is a point to be stored.
type Point struct {
	ID      collections.ID
	Vector  Vector
	Payload string // a JSON object; "": none
}

// Upsert is points to be stored.
type Upsert struct {
	Points []Point
	Filter *filterlang.Filter // only where the stored point meets it; nil: everywhere
	Mode   string             // upsert, insert_only or update_only
}

// ReadUpsert reads the body of PUT …/points.
func ReadUpsert(body []byte, in *Collection) (up Upsert, err error) {
	err = read(body, in, func(r *reader) error { return r.upsert(&up) })
	return up, err
}

func (r *reader) upsert(up *Upsert) error {
	found := false
	err := r.object(func(name string) (known bool, err error) {
		switch name {
		case "points":
			found = true
			err = r.points(&up.Points)
		case "batch":
			found = true
			err = r.batch(&up.Points)
		case "update_filter":
			up.Filter, err = r.filter()
		case "update_mode":
			up.Mode, err = r.text()
			if err == nil && up.Mode != "upsert" && up.Mode != "insert_only" && up.Mode != "update_only" {
				err = r.Errorf("unknown variant `%s`, expected one of `upsert`, `insert_only`, `update_only`", clip(up.Mode))
			}
		default:
			return false, nil
		}
		return true, err
	})
	if err == nil && !found {
		err = r.Errorf("missing field `points` or `batch`")
	}
	return err
}

// points reads a list of points.
func (r *reader) points(list *[]Point) error {
	return r.Array(func(i int) error {
		start := r.Offset()
		var p Point
		id, vector := false, false
		err := r.object(func(name string) (known bool, err error) {
			switch name {
			case "id":
				p.ID, err = pointid.Read(&r.Scanner)
				id = true
			case "vector", "vectors":
				p.Vector, err = r.vectors()
				vector = true
			case "payload":
				p.Payload, err = r.payload()
			default:
				return false, nil
			}
			return true, err
		})
		switch {
		case err != nil:
			return err
		case !id:
			return r.Errorf("missing field `id`")
		case !vector:
			return r.Errorf("missing field `vector`")
		}
		if i == 0 {
			*list = make([]Point, 0, 1+r.Remaining()/(r.Offset()-start))
		}
		*list = append(*list, p)
		return nil
	})
}

// batch reads points by columns.
func (r *reader) batch(list *[]Point) error {
	var ids []collections.ID
	var vectors []Vector
	var payloads []string
	err := r.object(func(name string) (known bool, err error) {
		switch name {
		case "ids":
			ids, err = r.ids()
		case "vectors":
			vectors, err = r.columns()
		case "payloads":
			err = r.Array(func(int) error {
				object := ""
				if !r.Null() {
					if object, err = r.payload(); err != nil {
						return err
					}
				}
				payloads = append(payloads, object)
				return nil
			})
		default:
			return false, nil
		}
		return true, err
	})
	switch {
	case err != nil:
		return err
	case len(vectors) != len(ids) || payloads != nil && len(payloads) != len(ids):
		return said.Validation("batch", "number of ids, vectors and payloads must be equal")
	}
	points := make([]Point, len(ids))
	for i := range points {
		points[i] = Point{ID: ids[i], Vector: vectors[i]}
		if payloads != nil {
			points[i].Payload = payloads[i]
		}
	}
	*list = points
	return nil
}

// columns reads the vectors of a batch: an array of them, or an array for each name.
func (r *reader) columns() (list []Vector, err error) {
	if r.Next() == '[' {
		err = r.Array(func(int) error {
			v, err := r.vectors()
			list = append(list, v)
			return err
		})
		return list, err
	}
	names := 0
	err = r.object(func(name string) (bool, error) {
		n := 0
		err := r.Array(func(i int) error {
			if names == 0 {
				list = append(list, Vector{})
			}
			n++
			if i >= len(list) {
				return said.Validation("batch.vectors", "the vectors of all names must be equally many")
			}
			if r.Null() {
				return nil
			}
			return r.named(name, &list[i])
		})
		if err == nil && n != len(list) {
			err = said.Validation("batch.vectors", "the vectors of all names must be equally many")
		}
		names++
		return true, err
	})
	return list, err
}

// ids reads a list of ids.
func (r *reader) ids() (list []collections.ID, err error) {
	list = []collections.ID{}
	err = r.Array(func(int) error {
		id, err := pointid.Read(&r.Scanner)
		list = append(list, id)
		return err
	})
	return list, err
}

// Retrieve asks for points by their ids.
type Retrieve struct {
	IDs []collections.ID
	Parts
}

// ReadRetrieve reads the body of POST …/points.
func ReadRetrieve(body []byte, in *Collection) (get Retrieve, err error) {
	get.Payload.All = true
	err = read(body, in, func(r *reader) error {
		err := r.object(func(name string) (known bool, err error) {
			if name == "ids" {
				get.IDs, err = r.ids()
				return true, err
			}
			return r.part(name, &get.Parts)
		})
		if err == nil && get.IDs == nil {
			err = r.Errorf("missing field `ids`")
		}
		return err
	})
	return get, err
}

// clip keeps what was sent short in messages.
func clip(text string) string {
	const most = 64
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
