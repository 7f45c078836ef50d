package httpapi

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// insert answers POST /v1/insert.
func (h *Handler) insert(c *gin.Context) error {
	var in app.Insert
	err := withBody(c, h.opts.InsertBodyLimit, func(body []byte) (err error) {
		return h.decode(c, body, func() error {
			in, err = decodeInsert(body)
			return err
		})
	})
	if err == nil {
		err = reach(c, in.Database)
	}
	if err != nil {
		return err
	}
	in.Metric = domain.InnerProduct // that of the original memista
	return h.store(c, in)
}

// insertInto answers POST /v1/databases/{id}/chunks.
func (h *Handler) insertInto(c *gin.Context) error {
	database, err := databaseID(c)
	if err != nil {
		return err
	}
	var in app.Insert
	err = withBody(c, h.opts.InsertBodyLimit, func(body []byte) (err error) {
		return h.decode(c, body, func() error {
			in, err = decodeInsertInto(body)
			return err
		})
	})
	if err != nil {
		return err
	}
	in.Database = database
	return h.store(c, in)
}

// heavyBody is from what size on an insert is decoded beside searches only where that
// leaves them a core: 64 KiB take a quarter of a millisecond.
const heavyBody = 64 << 10

// decode calls fn, which decodes body.
func (h *Handler) decode(c *gin.Context, body []byte, fn func() error) error {
	if len(body) < heavyBody {
		return fn()
	}
	return h.svc.Heavily(c.Request.Context(), fn)
}

// store inserts and sends the ids.
func (h *Handler) store(c *gin.Context, in app.Insert) error {
	ids, err := h.svc.Insert(c.Request.Context(), in)
	if err != nil {
		return err
	}
	b := append(make([]byte, 0, 32+12*len(ids)), `{"inserted_ids":[`...)
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	send(c, http.StatusOK, append(b, "]}\n"...))
	return nil
}

// The fields of an insert. The original route names the database in its body, the
// other one in its path.
var (
	insertFields     = []string{"database_id", "chunks", "on_conflict"}
	insertIntoFields = insertFields[1:]
	chunkFields      = []string{"embedding", "text", "metadata", "key", "ttl_seconds"}
)

// decodeInsert reads the body of POST /v1/insert. The result holds nothing of body.
func decodeInsert(body []byte) (app.Insert, error) { return decodeInsertOf(body, insertFields, 0b11) }

// decodeInsertInto reads the body of POST /v1/databases/{id}/chunks.
func decodeInsertInto(body []byte) (app.Insert, error) {
	return decodeInsertOf(body, insertIntoFields, 0b1)
}

func decodeInsertOf(body []byte, fields []string, needed uint32) (in app.Insert, err error) {
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

// chunkDecoder reads chunks. Their embeddings lie one after the other in few large
// blocks of memory: one allocation for many, and the order in which they are used.
type chunkDecoder struct {
	wire.Scanner
	floats []float32 // the embedding being read
	block  []float32 // filled up to its length
}

func (d *chunkDecoder) chunks() ([]domain.Chunk, error) {
	chunks := []domain.Chunk{}
	err := d.Array(func(i int) error {
		start := d.Offset()
		var ch domain.Chunk
		if err := d.chunk(&ch); err != nil {
			return err
		}
		if i == 0 {
			chunks = make([]domain.Chunk, 0, 1+d.Remaining()/(d.Offset()-start))
		}
		chunks = append(chunks, ch)
		return nil
	})
	return chunks, err
}

func (d *chunkDecoder) chunk(ch *domain.Chunk) error {
	start := d.Offset()
	seen, err := d.Object(chunkFields, func(field int) (err error) {
		switch field {
		case 0:
			d.floats, err = d.Vector(d.floats[:0])
			ch.Embedding = d.keep(d.floats, start)
		case 1:
			ch.Text, err = d.stringOrNull()
		case 2:
			ch.Metadata, err = d.metadata()
		case 3:
			ch.Key, err = d.key()
		case 4:
			ch.TTL, err = ttl(&d.Scanner)
		}
		return err
	})
	if err == nil && seen&1 == 0 {
		err = d.Errorf("field embedding is missing")
	}
	return err
}

// keep copies v into the current block. A new block is made as large as the rest of the
// body can need if it goes on like the chunk that began at start.
func (d *chunkDecoder) keep(v []float32, start int) []float32 {
	n := len(d.block)
	if n+len(v) > cap(d.block) {
		more := d.Remaining() / max(1, d.Offset()-start)
		d.block, n = make([]float32, 0, len(v)*(1+more)), 0
	}
	d.block = append(d.block, v...)
	return d.block[n:len(d.block):len(d.block)]
}

func (d *chunkDecoder) string() (string, error) {
	b, err := d.Text()
	return string(b), err
}

func (d *chunkDecoder) stringOrNull() (string, error) {
	if d.Null() {
		return "", nil
	}
	return d.string()
}

// key reads a caller's key; null is none.
func (d *chunkDecoder) key() (string, error) {
	if d.Null() {
		return "", nil
	}
	key, err := d.string()
	if err == nil && key == "" {
		err = d.Errorf("a key cannot be empty: leave it out or send null for none")
	}
	return key, err
}

// metadata reads metadata in any of its forms.
func (d *chunkDecoder) metadata() (domain.Metadata, error) {
	switch d.Next() {
	case 'n':
		if d.Null() {
			return domain.Metadata{}, nil
		}
	case '"':
		s, err := d.string()
		return domain.MetadataString(s), err
	case '{':
		raw, err := d.Value()
		return domain.Metadata{Form: domain.ObjectMetadata, Text: string(raw)}, err
	}
	return domain.Metadata{}, d.Errorf("metadata must be a JSON object, a string or null")
}

// required reports the first of fields whose bit is in want and not in seen.
func required(fields []string, seen, want uint32) error {
	for i, name := range fields {
		if want&^seen&(1<<i) != 0 {
			return domain.Errorf(domain.ErrInvalid, "field %s is missing", name)
		}
	}
	return nil
}
