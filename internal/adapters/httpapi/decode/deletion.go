package decode

import (
	"math/bits"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// Deletion says what to delete: one of its fields, or all where each is nil.
type Deletion struct {
	IDs    []int64
	Keys   []string
	Filter *filterlang.Filter
}

var deleteFields = []string{"ids", "keys", "filter", "all"}

// Decode reads the body of POST /v1/databases/{id}/delete.
func (d *Deletion) Decode(body []byte) error {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(deleteFields, func(field int) (err error) {
		switch deleteFields[field] {
		case "ids":
			d.IDs = []int64{}
			err = s.Array(func(int) error {
				id, err := s.Int()
				d.IDs = append(d.IDs, id)
				return err
			})
		case "keys":
			d.Keys = []string{}
			err = s.Array(func(int) error {
				key, err := s.Text()
				d.Keys = append(d.Keys, string(key))
				return err
			})
		case "filter":
			d.Filter, err = filterOfSome(&s, `to delete all chunks send {"all":true}`)
		case "all":
			err = justTrue(&s)
		}
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err == nil && bits.OnesCount32(seen) != 1 {
		err = domain.Errorf(domain.ErrInvalid, "exactly one of ids, keys, filter and all must be there")
	}
	return err
}

var dropFields = []string{"database_id"}

// Drop reads the body of DELETE /v1/drop.
func Drop(body []byte) (id string, err error) {
	var s wire.Scanner
	s.Reset(body)
	seen, err := s.Object(dropFields, func(int) error {
		b, err := s.Text()
		id = string(b)
		return err
	})
	if err == nil {
		err = s.End()
	}
	if err == nil {
		err = required(dropFields, seen, 1)
	}
	return id, err
}
