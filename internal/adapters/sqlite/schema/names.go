package schema

import "strconv"

// IDBits is how many bits of an embedding's rowid are the chunk id; the others are the
// number of its database, and the slot. That is room for 68 billion chunks in each of 134 million
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

// NoEmbedding is added to the form of a chunk's metadata where the chunk may be without an
// embedding: one that has none in the slot that is in use is not damaged. Others always have
// one.
const NoEmbedding = 4

// Slot says which embeddings of a database are meant: it has those that are in use, and may
// have others in the other slot, which are made to take their place.
type Slot int64

// Other is the slot beside s.
func (s Slot) Other() Slot { return 1 - s }

// RowID is where the embedding of a chunk is kept: the sign is the slot.
func (s Slot) RowID(number, chunk int64) int64 { return int64(s)<<63 | number<<IDBits | chunk }

// RowIDs are the first and the last place of the embeddings of a database.
func (s Slot) RowIDs(number int64) (first, last int64) {
	return s.RowID(number, 0), s.RowID(number, MaxID)
}

// EmbeddingOf is the SQL for where the embedding of the chunk c is kept, of the database d
// with that number: in the slot that is in use.
func EmbeddingOf(number int64) string {
	return "c.chunk_id + " + strconv.FormatInt(Slot(0).RowID(number, 0), 10) + " + (d.slot << 63)"
}

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
