package encode

import (
	"github.com/memista/memista/internal/adapters/chromaapi/record"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// Columns writes records as columns.
type Columns struct {
	Include Include
	ID      func(c *domain.Chunk) string // the id of a record
	Limit   int64                        // bytes of an answer
}

// Get appends the answer of a get: one column of each part. It returns ErrTooLarge, and b as
// far as it was written, past the limit.
func (w *Columns) Get(b []byte, chunks []domain.Chunk) ([]byte, error) {
	list := rows{n: len(chunks), at: func(i int) *domain.Chunk { return &chunks[i] }}
	return w.write(b, []rows{list}, false)
}

// Query appends the answer of a query: of each part a column for each list of hits.
func (w *Columns) Query(b []byte, lists [][]domain.Hit) ([]byte, error) {
	all := make([]rows, len(lists))
	for i, hits := range lists {
		all[i] = rows{
			n: len(hits), at: func(j int) *domain.Chunk { return &hits[j].Chunk },
			distance: func(j int) float32 { return hits[j].Distance },
		}
	}
	return w.write(b, all, true)
}

// rows are the records of one list.
type rows struct {
	n        int
	at       func(i int) *domain.Chunk
	distance func(i int) float32
}

// column is a part of an answer: its name, and how it is written of one record.
type column struct {
	name  string
	asked bool
	write func(b []byte, r *rows, i int) []byte
}

func (w *Columns) columns(query bool) []column {
	all := []column{
		{"ids", true, func(b []byte, r *rows, i int) []byte { return wire.AppendString(b, w.ID(r.at(i))) }},
		{"embeddings", w.Include.Has(Embeddings), appendEmbedding},
		{"documents", w.Include.Has(Documents), appendDocument},
		{"uris", w.Include.Has(URIs), appendURI},
		{"metadatas", w.Include.Has(Metadatas), appendMetadata},
	}
	if query {
		all = append(all, column{"distances", w.Include.Has(Distances), func(b []byte, r *rows, i int) []byte {
			return wire.AppendFloat(b, r.distance(i))
		}})
	}
	return all
}

// write appends all columns of lists. Those of a query are lists of columns.
func (w *Columns) write(b []byte, lists []rows, query bool) ([]byte, error) {
	for i, c := range w.columns(query) {
		b = append(append(append(b, "{,"[min(i, 1)], '"'), c.name...), `":`...)
		if !c.asked {
			b = append(b, "null"...)
			continue
		}
		if query {
			b = append(b, '[')
		}
		for j := range lists {
			if j > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = w.list(b, &lists[j], c); err != nil {
				return b, err
			}
		}
		if query {
			b = append(b, ']')
		}
	}
	return w.Include.append(b), nil
}

// list appends one column of one list.
func (w *Columns) list(b []byte, r *rows, c column) ([]byte, error) {
	b = append(b, '[')
	for i := range r.n {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.write(b, r, i)
		if int64(len(b)) > w.Limit {
			return b, domain.AnswerTooLarge(w.Limit)
		}
	}
	return append(b, ']'), nil
}

func appendEmbedding(b []byte, r *rows, i int) []byte {
	if v := r.at(i).Embedding; len(v) > 0 {
		return wire.AppendFloats(b, v)
	}
	return append(b, "null"...)
}

func appendDocument(b []byte, r *rows, i int) []byte {
	c := r.at(i)
	if c.Text != "" {
		return wire.AppendString(b, c.Text)
	}
	return appendText(b, record.Of(c).Document)
}

func appendURI(b []byte, r *rows, i int) []byte { return appendText(b, record.Of(r.at(i)).URI) }

func appendText(b []byte, t record.Text) []byte {
	if !t.Set {
		return append(b, "null"...)
	}
	return wire.AppendString(b, t.Text)
}

// appendMetadata appends the metadata, which is null where it has no fields; but not of a
// record with a URI, which Chroma keeps there.
func appendMetadata(b []byte, r *rows, i int) []byte {
	switch rec := record.Of(r.at(i)); {
	case rec.Metadata != "":
		return wire.AppendJSON(b, rec.Metadata)
	case rec.URI.Set:
		return append(b, "{}"...)
	}
	return append(b, "null"...)
}
