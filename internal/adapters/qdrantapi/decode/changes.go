package decode

import (
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/qdrantapi/said"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain/filterlang"
)

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
