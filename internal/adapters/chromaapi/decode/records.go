package decode

import (
	"math"

	"github.com/memista/memista/internal/adapters/chromaapi/record"
	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/adapters/web/wire"
)

// Records are the columns of a request that stores records: each is nil, or as long as IDs.
type Records struct {
	IDs        []string
	Embeddings [][]float32 // nil: that of a record stays as it is
	Documents  []record.Text
	Metadatas  []string // JSON objects; "": none
	URIs       []record.Text
}

// Len returns how many records there are.
func (r *Records) Len() int { return len(r.IDs) }

// At returns what the request says of record i.
func (r *Records) At(i int) (rec record.Record) {
	if r.Embeddings != nil {
		rec.Embedding = r.Embeddings[i]
	}
	if r.Documents != nil {
		rec.Document = r.Documents[i]
	}
	if r.Metadatas != nil {
		rec.Metadata = r.Metadatas[i]
	}
	if r.URIs != nil {
		rec.URI = r.URIs[i]
	}
	return rec
}

// Dims returns how many components the embeddings have, 0 where there are none.
func (r *Records) Dims() int {
	for _, v := range r.Embeddings {
		if v != nil {
			return len(v)
		}
	}
	return 0
}

var recordFields = []string{"ids", "embeddings", "documents", "metadatas", "uris"}

// recordsDecoder reads records. Their embeddings lie one after the other in few large blocks
// of memory.
type recordsDecoder struct {
	wire.Scanner
	Records
	meta   metadataReader
	bare   bool      // embeddings may be null, or missing
	floats []float32 // the embedding being read
	block  []float32 // filled up to its length
}

// Added reads the body of an add.
func Added(body []byte) (Records, error) { return records(body, false, false) }

// Upserted reads the body of an upsert.
func Upserted(body []byte) (Records, error) { return records(body, false, true) }

// Updated reads the body of an update.
func Updated(body []byte) (Records, error) { return records(body, true, true) }

func records(body []byte, bare, nulls bool) (Records, error) {
	d := recordsDecoder{bare: bare, meta: metadataReader{nulls: nulls}}
	seen, err := object(&d.Scanner, body, recordFields, d.column)
	switch {
	case err != nil:
	case seen&1 == 0:
		err = missing("ids")
	case seen&2 == 0 && !bare:
		err = missing("embeddings")
	default:
		err = d.checkDims()
	}
	return d.Records, err
}

func (d *recordsDecoder) column(field int) (err error) {
	switch recordFields[field] {
	case "ids":
		d.IDs, err = texts(&d.Scanner)
	case "embeddings":
		err = d.embeddings()
	case "documents":
		d.Documents, err = d.texts()
	case "metadatas":
		err = d.metadatas()
	case "uris":
		d.URIs, err = d.texts()
	}
	return err
}

// embeddings reads a list of embeddings: arrays of numbers, or base64 of float32.
func (d *recordsDecoder) embeddings() error {
	d.Embeddings = [][]float32{}
	return d.Array(func(i int) (err error) {
		if d.bare && d.Null() {
			d.Embeddings = append(d.Embeddings, nil)
			return nil
		}
		start, coded := d.Offset(), d.Next() == '"'
		d.floats, err = d.Vector(d.floats[:0])
		if err != nil && coded {
			return refusal.Invalid("Invalid base64 string: %v", err)
		}
		if err != nil {
			return err
		}
		if coded {
			if err := finite(i, d.floats); err != nil {
				return err
			}
		}
		d.Embeddings = append(d.Embeddings, d.keep(d.floats, start))
		return nil
	})
}

// finite refuses what only base64 can say.
func finite(i int, v []float32) error {
	for _, f := range v {
		if f-f != 0 {
			word := "inf"
			if math.IsNaN(float64(f)) {
				word = "NaN"
			}
			return refusal.Invalid("Non-finite float value at embedding index %d: %s", i, word)
		}
	}
	return nil
}

// keep copies v into the current block. A new block is made as large as the rest of the
// body can need if it goes on like the embedding that began at start.
func (d *recordsDecoder) keep(v []float32, start int) []float32 {
	if len(v) == 0 {
		return []float32{} // and not nil, which is none
	}
	n := len(d.block)
	if n+len(v) > cap(d.block) {
		more := d.Remaining() / max(1, d.Offset()-start)
		d.block, n = make([]float32, 0, len(v)*(1+more)), 0
	}
	d.block = append(d.block, v...)
	return d.block[n:len(d.block):len(d.block)]
}

// texts reads a list of strings and nulls.
func (d *recordsDecoder) texts() ([]record.Text, error) {
	list := make([]record.Text, 0, len(d.IDs))
	err := d.Array(func(int) error {
		if d.Null() {
			list = append(list, record.Text{})
			return nil
		}
		b, err := d.Text()
		list = append(list, record.Some(string(b)))
		return err
	})
	return list, err
}

func (d *recordsDecoder) metadatas() error {
	d.Metadatas = make([]string, 0, len(d.IDs))
	return d.Array(func(i int) error {
		if d.Null() {
			d.Metadatas = append(d.Metadatas, "")
			return nil
		}
		if d.Next() != '{' {
			return d.Errorf("expected an object")
		}
		raw, err := d.Value()
		if err != nil {
			return err
		}
		d.meta.place = func(string) error {
			return refusal.Invalid("Validation error: metadatas: Invalid metadata at index %d", i)
		}
		d.Metadatas = append(d.Metadatas, string(raw))
		return d.meta.read(raw)
	})
}

// Check refuses columns that do not fit each other, and ids that none can have. The length of
// embeddings is looked at before.
func (r *Records) Check() error {
	n := len(r.IDs)
	for _, column := range []struct {
		there bool
		len   int
	}{
		{r.Embeddings != nil, len(r.Embeddings)}, {r.Documents != nil, len(r.Documents)},
		{r.Metadatas != nil, len(r.Metadatas)}, {r.URIs != nil, len(r.URIs)},
	} {
		if column.there && column.len != n {
			return refusal.Invalid("Inconsistent number of IDs, embeddings, documents, URIs and metadatas")
		}
	}
	for _, id := range r.IDs {
		if id == "" {
			return refusal.Invalid("Empty ID, ID must have at least one character")
		}
	}
	return nil
}

func (d *recordsDecoder) checkDims() error {
	dims := d.Dims()
	for _, v := range d.Embeddings {
		switch {
		case v == nil:
		case len(v) == 0:
			return refusal.Invalid("Validation error: embeddings: Each embedding must have at least 1 dimension")
		case len(v) != dims:
			return refusal.Invalid("Inconsistent dimensions in provided embeddings")
		}
	}
	return nil
}
