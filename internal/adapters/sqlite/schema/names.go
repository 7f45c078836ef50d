package schema

import "strconv"

// IDBits is how many bits of an embedding's rowid are the chunk id; the others are the
// number of its database. That is room for 68 billion chunks in each of 134 million
// databases.
const (
	IDBits    = 36
	MaxID     = 1<<IDBits - 1
	MaxNumber = 1<<(63-IDBits) - 1
)

// TableName returns the quoted name of the table of database id. An id cannot contain a
// quote, so there is nothing to escape.
func TableName(id string) string { return `"chunks_` + id + `"` }

// DroppedName returns the quoted name that the table of a dropped database has until
// its space is given back.
func DroppedName(number int64) string { return `"dropped_` + strconv.FormatInt(number, 10) + `"` }

// RowID is where an embedding is kept.
func RowID(number, chunk int64) int64 { return number<<IDBits | chunk }

// IDList returns ids as a JSON array.
func IDList(ids []int64) string {
	b := make([]byte, 0, 12*len(ids)+2)
	b = append(b, '[')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(append(b, ']'))
}
