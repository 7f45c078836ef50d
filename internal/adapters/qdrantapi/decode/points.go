package decode

import (
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
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

// Selection says which points are meant: those with IDs, or where these are nil those that
// Filter selects, of all with nil.
type Selection struct {
	IDs    []collections.ID
	Filter *filterlang.Filter

	given bool
}

// selects reads points and filter.
func (r *reader) selects(name string, sel *Selection) (known bool, err error) {
	switch name {
	case "points":
		sel.IDs, err = r.ids()
	case "filter":
		sel.Filter, err = r.filter()
	default:
		return false, nil
	}
	sel.given = true
	return true, err
}

func (r *reader) needSelection(sel *Selection) error {
	if sel.given {
		return nil
	}
	return r.Errorf("data did not match any variant of untagged enum PointsSelector: points or filter must be there")
}

// ReadDelete reads the body of POST …/points/delete, and that of …/points/payload/clear.
func ReadDelete(body []byte, in *Collection) (sel Selection, err error) {
	err = read(body, in, func(r *reader) error { return r.selection(&sel) })
	return sel, err
}

// selection reads points or a filter; a bare list is one of points.
func (r *reader) selection(sel *Selection) (err error) {
	if r.Next() == '[' {
		sel.given = true
		sel.IDs, err = r.ids()
		return err
	}
	err = r.object(func(name string) (bool, error) { return r.selects(name, sel) })
	if err == nil {
		err = r.needSelection(sel)
	}
	return err
}

// SetPayload is a change of payloads.
type SetPayload struct {
	Selection
	Payload string
	Key     payload.Path // into which it is merged; nil: the payload itself
}

// ReadSetPayload reads the body of POST and PUT …/points/payload.
func ReadSetPayload(body []byte, in *Collection) (set SetPayload, err error) {
	err = read(body, in, func(r *reader) error { return r.setPayload(&set) })
	return set, err
}

func (r *reader) setPayload(set *SetPayload) error {
	err := r.object(func(name string) (known bool, err error) {
		switch name {
		case "payload":
			set.Payload, err = r.payload()
		case "key":
			var list []payload.Path
			if list, err = r.paths(); err == nil && len(list) == 1 {
				set.Key = list[0]
			}
		default:
			return r.selects(name, &set.Selection)
		}
		return true, err
	})
	switch {
	case err != nil:
		return err
	case set.Payload == "":
		return r.Errorf("missing field `payload`")
	}
	return r.needSelection(&set.Selection)
}

// DeletePayload takes what paths lead to out of payloads.
type DeletePayload struct {
	Selection
	Keys *payload.Tree
}

// ReadDeletePayload reads the body of POST …/points/payload/delete.
func ReadDeletePayload(body []byte, in *Collection) (del DeletePayload, err error) {
	err = read(body, in, func(r *reader) error { return r.deletePayload(&del) })
	return del, err
}

func (r *reader) deletePayload(del *DeletePayload) error {
	err := r.object(func(name string) (known bool, err error) {
		if name == "keys" {
			del.Keys, err = r.tree()
			return true, err
		}
		return r.selects(name, &del.Selection)
	})
	switch {
	case err != nil:
		return err
	case del.Keys == nil:
		return r.Errorf("missing field `keys`")
	}
	return r.needSelection(&del.Selection)
}

// UpdateVectors gives points other vectors.
type UpdateVectors struct {
	Points []Point
	Filter *filterlang.Filter // only where the stored point meets it; nil: everywhere
}

// ReadUpdateVectors reads the body of PUT …/points/vectors.
func ReadUpdateVectors(body []byte, in *Collection) (up UpdateVectors, err error) {
	err = read(body, in, func(r *reader) error { return r.updateVectors(&up) })
	return up, err
}

func (r *reader) updateVectors(up *UpdateVectors) error {
	found := false
	err := r.object(func(name string) (known bool, err error) {
		switch name {
		case "points":
			found = true
			err = r.points(&up.Points)
		case "update_filter":
			up.Filter, err = r.filter()
		default:
			return false, nil
		}
		return true, err
	})
	if err == nil && !found {
		err = r.Errorf("missing field `points`")
	}
	return err
}

// DeleteVectors takes vectors away from points.
type DeleteVectors struct {
	Selection
	Names []string
}

// ReadDeleteVectors reads the body of POST …/points/vectors/delete.
func ReadDeleteVectors(body []byte, in *Collection) (del DeleteVectors, err error) {
	err = read(body, in, func(r *reader) error { return r.deleteVectors(&del) })
	return del, err
}

func (r *reader) deleteVectors(del *DeleteVectors) error {
	err := r.object(func(name string) (known bool, err error) {
		if name != "vector" && name != "vectors" {
			return r.selects(name, &del.Selection)
		}
		v, err := r.withVectors()
		del.Names = v.Names
		for _, n := range v.Names {
			if !r.in.has(n) {
				return true, said.NoVector(n)
			}
		}
		return true, err
	})
	switch {
	case err != nil:
		return err
	case len(del.Names) == 0:
		return said.Validation("vector", "at least one vector name must be given")
	}
	return r.needSelection(&del.Selection)
}

// clip keeps what was sent short in messages.
func clip(text string) string {
	const most = 64
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}
