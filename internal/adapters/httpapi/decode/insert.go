package decode

import (
	"slices"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// The fields of an insert. The original route names the database in its body, the
// other one in its path.
var (
	insertFields     = []string{"database_id", "chunks", "on_conflict"}
	insertIntoFields = insertFields[1:]
)

// Insert reads the body of POST /v1/insert.
func Insert(body []byte) (app.Insert, error) { return insert(body, insertFields, 0b11) }

// InsertInto reads the body of POST /v1/databases/{id}/chunks.
func InsertInto(body []byte) (app.Insert, error) { return insert(body, insertIntoFields, 0b1) }

func insert(body []byte, fields []string, needed uint32) (in app.Insert, err error) {
	var d chunkDecoder
	d.Reset(body)
	seen, err := d.Object(fields, func(field int) (err error) {
		switch fields[field] {
		case "database_id":
			in.Database, err = d.string()
		case "chunks":
			in.Chunks, err = d.chunks()
		case "on_conflict":
			in.OnConflict, err = d.onConflict()
		}
		return err
	})
	if err == nil {
		err = d.End()
	}
	if err == nil {
		err = required(fields, seen, needed)
	}
	return in, err
}

// conflicts are the words for what to do with keys that exist, in the order of
// domain.Conflict.
var conflicts = []string{domain.Replace: "replace", domain.Refuse: "error", domain.Skip: "skip"}

// onConflict reads what to do with keys that exist; null is the default.
func (d *chunkDecoder) onConflict() (domain.Conflict, error) {
	if d.Null() {
		return domain.Replace, nil
	}
	name, err := word(&d.Scanner, conflicts)
	return domain.Conflict(max(0, slices.Index(conflicts, name))), err
}
