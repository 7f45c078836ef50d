package sqlite

import (
	"database/sql/driver"
	"strings"

	"github.com/memista/memista/internal/adapters/sqlite/conn"
	"github.com/memista/memista/internal/adapters/sqlite/named"
	"github.com/memista/memista/internal/adapters/sqlite/schema"
	"github.com/memista/memista/internal/adapters/sqlite/sparse"
	"github.com/memista/memista/internal/domain"
)

// rowsPerStatement is how many rows one INSERT takes; DESIGN.md has the figures.
const rowsPerStatement = 16

// row is one chunk to store.
type row struct {
	chunk     *domain.Chunk
	id        int64
	sequence  int64
	crc       uint32
	embedding []byte // nil: there is none
	keeps     bool   // the embedding is stored already
	sparse    []byte // encoded; nil: none
	vectors   []byte // encoded named ones; nil: none
}

// rowWriter stores the rows of one batch, several to a statement.
type rowWriter struct {
	c       *conn.Conn
	number  int64
	slot    schema.Slot
	table   string
	sparse  bool // chunks of the database may have sparse vectors
	named   bool // they may have named vectors
	pending []row
	replace bool // one of the pending rows may be there already
}

// add stores r, at the latest with the next flush.
func (w *rowWriter) add(r row, replaces bool) error {
	w.pending = append(w.pending, r)
	w.replace = w.replace || replaces
	if len(w.pending) < rowsPerStatement {
		return nil
	}
	return w.flush()
}

// flush stores what is pending.
func (w *rowWriter) flush() error {
	n := len(w.pending)
	if n == 0 {
		return nil
	}
	var err error
	if n == rowsPerStatement {
		err = w.insert(w.pending)
	} else {
		for i := 0; i < n && err == nil; i++ {
			err = w.insert(w.pending[i : i+1])
		}
	}
	if err == nil && w.sparse {
		err = w.insertSparse()
	}
	for i := 0; i < n && err == nil && w.named; i++ {
		err = named.Write(w.c, w.number, w.pending[i].id, w.pending[i].vectors, w.replace)
	}
	clear(w.pending)
	w.pending, w.replace = w.pending[:0], false
	return err
}

func (w *rowWriter) insert(rows []row) error {
	verb := "INSERT INTO "
	if w.replace {
		verb = "INSERT OR REPLACE INTO "
	}
	args := make([]any, 0, 8*rowsPerStatement)
	for i := range rows {
		args = rows[i].appendColumns(args)
	}
	err := w.c.Exec(verb+w.table+" (chunk_id, key, text, metadata, form, expires_at, sequence, crc) VALUES "+
		values("(?,?,?,?,?,?,?,?)", len(rows)), args...)
	if err != nil {
		return err
	}
	args = args[:0]
	for i := range rows {
		switch {
		case rows[i].keeps:
		case rows[i].embedding == nil:
			return w.insertSome(verb, rows)
		default:
			args = append(args, w.slot.RowID(w.number, rows[i].id), rows[i].embedding)
		}
	}
	if len(args) == 0 {
		return nil
	}
	return w.c.Exec(verb+"embeddings (id, embedding) VALUES "+values("(?,?)", len(args)/2), args...)
}

// insertSome stores the embeddings of rows of which not all have one.
func (w *rowWriter) insertSome(verb string, rows []row) error {
	for i := range rows {
		var err error
		id := w.slot.RowID(w.number, rows[i].id)
		switch {
		case rows[i].keeps:
		case rows[i].embedding != nil:
			err = w.c.Exec(verb+"embeddings (id, embedding) VALUES (?,?)", id, rows[i].embedding)
		case w.replace:
			err = w.c.Exec("DELETE FROM embeddings WHERE id = ?", id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// insertSparse stores the sparse vectors of what is pending.
func (w *rowWriter) insertSparse() error {
	rows := make([]sparse.Row, len(w.pending))
	for i := range w.pending {
		rows[i] = sparse.Row{ID: w.pending[i].id, Vectors: w.pending[i].sparse}
	}
	return sparse.Write(w.c, w.number, rows, w.replace)
}

// values is one, n times.
func values(one string, n int) string {
	if n == 1 {
		return one
	}
	return strings.Repeat(one+",", n-1) + one
}

func (r *row) appendColumns(args []any) []any {
	var key, metadata, expires driver.Value
	c := r.chunk
	if c.Key != "" {
		key = c.Key
	}
	if c.Metadata.Form != domain.NoMetadata {
		metadata = c.Metadata.Text
	}
	if !c.ExpiresAt.IsZero() {
		expires = c.ExpiresAt.UnixMicro()
	}
	form := int64(c.Metadata.Form)
	if r.embedding == nil {
		form |= schema.NoEmbedding
	}
	return append(args, r.id, key, c.Text, metadata, form, expires, r.sequence, int64(r.crc))
}
