package decode

import (
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

var chunkFields = []string{"embedding", "text", "metadata", "key", "ttl_seconds", "sparse", "vectors"}

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
	_, err := d.Object(chunkFields, func(field int) error { return d.part(ch, field, start) })
	return err
}

// part reads one of chunkFields of the chunk that begins at start.
func (d *chunkDecoder) part(ch *domain.Chunk, field, start int) (err error) {
	switch field {
	case 0:
		if d.Null() {
			return nil
		}
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
	case 5:
		ch.Sparse, err = sparseVectors(&d.Scanner)
	case 6:
		ch.Vectors, err = vectors(&d.Scanner, false)
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
