// Package encode writes the answers of the Qdrant API. It knows nothing of HTTP.
package encode

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/memista/memista/internal/adapters/qdrantapi/decode"
	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// Points writes points of one collection.
type Points struct {
	decode.Parts
	Keys   collections.KeyForm
	Metric domain.Metric
	Dense  string   // the name of the dense vector
	Named  bool     // vectors are written by name
	Sparse []string // the names of sparse vectors
	// Many are further dense vectors, which are written by name.
	Many domain.NamedVectors
	// TextAside says that texts are no part of payloads, as in databases that the Qdrant API
	// has not made: they are shown as the member text, unless there is another one.
	TextAside bool
	Limit     int64 // bytes of an answer
}

// Fields returns the parts of chunks that are needed.
func (p *Points) Fields() (f domain.Fields) {
	if p.Payload.Wants() {
		f |= domain.FieldMetadata
		if p.TextAside {
			f |= domain.FieldText
		}
	}
	if p.Vectors.Wants(p.Dense) {
		f |= domain.FieldEmbedding
	}
	for v := range p.Many.All() {
		if p.Vectors.Wants(v.Name) {
			f |= domain.FieldVectors
		}
	}
	if slices.ContainsFunc(p.Sparse, p.Vectors.Wants) {
		f |= domain.FieldSparse
	}
	return f
}

// AppendRecord appends a stored point.
func (p *Points) AppendRecord(b []byte, c *domain.Chunk) []byte {
	b = p.appendID(append(b, `{"id":`...), c)
	return append(p.appendParts(b, c), '}')
}

// AppendScored appends a point that was found, with its score.
func (p *Points) AppendScored(b []byte, c *domain.Chunk, score float32) []byte {
	b = p.appendID(append(b, `{"id":`...), c)
	b = strconv.AppendInt(append(b, `,"version":`...), c.Sequence, 10)
	b = wire.AppendFloat(append(b, `,"score":`...), score)
	return append(p.appendParts(b, c), '}')
}

// appendID appends the id of a point. Most are integers of less than 20 digits, which need
// not be read to be written.
func (p *Points) appendID(b []byte, c *domain.Chunk) []byte {
	const small = "u:0"
	if p.Keys == collections.KeyForm(collection.PointKeys) && len(c.Key) == len("u:")+20 && strings.HasPrefix(c.Key, small) {
		digits := strings.TrimLeft(c.Key[len(small):len(c.Key)-1], "0")
		digits = c.Key[len(c.Key)-1-len(digits):]
		if strings.Trim(digits, "0123456789") == "" {
			return append(b, digits...)
		}
	}
	return p.Keys.ID(c.Key, c.ID).AppendJSON(b)
}

// Full reports that b, an answer, has more bytes than are allowed.
func (p *Points) Full(b []byte) error {
	if int64(len(b)) > p.Limit {
		return p.TooLarge()
	}
	return nil
}

// TooLarge is the error for an answer that would have more bytes than are allowed.
func (p *Points) TooLarge() error {
	return domain.Errorf(domain.ErrTooLarge, "the answer would have more than %d bytes, which is as much as is allowed: ask for fewer points at once, or for less of each with with_payload and with_vector", p.Limit)
}

func (p *Points) appendParts(b []byte, c *domain.Chunk) []byte {
	if p.Payload.Wants() {
		b = p.Payload.Append(append(b, `,"payload":`...), p.PayloadOf(c))
	}
	if p.Vectors.All || len(p.Vectors.Names) > 0 {
		b = p.appendVectors(append(b, `,"vector":`...), c)
	}
	return b
}

// PayloadOf returns the payload of a point: the metadata of its chunk, if that is an object.
func (p *Points) PayloadOf(c *domain.Chunk) string {
	object, ok := c.Metadata.Fields()
	if !p.TextAside || c.Text == "" {
		if !ok {
			return ""
		}
		return object
	}
	return payload.WithText(object, c.Text)
}

// appendVectors appends the vectors that are asked for: an array where that is the only one
// and has no name, else an object by names.
func (p *Points) appendVectors(b []byte, c *domain.Chunk) []byte {
	dense := len(c.Embedding) > 0 && p.Vectors.Wants(p.Dense)
	sparse := false
	for name := range c.Sparse {
		sparse = sparse || p.Vectors.Wants(name)
	}
	for name := range c.Vectors {
		sparse = sparse || p.Vectors.Wants(name)
	}
	if dense && !p.Named && !sparse {
		return appendDense(b, c.Embedding, p.Metric)
	}
	b = append(b, '{')
	if dense {
		b = appendDense(append(wire.AppendString(b, p.Dense), ':'), c.Embedding, p.Metric)
	}
	for v := range p.Many.All() {
		one, ok := c.Vectors[v.Name]
		if !ok || !p.Vectors.Wants(v.Name) {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = appendDense(append(wire.AppendString(b, v.Name), ':'), one, v.Metric)
	}
	return append(p.appendSparse(b, c), '}')
}

// appendSparse appends the sparse vectors that are asked for, as members of an object that is begun.
func (p *Points) appendSparse(b []byte, c *domain.Chunk) []byte {
	for _, name := range p.Sparse {
		v, ok := c.Sparse[name]
		if !ok || !p.Vectors.Wants(name) {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(wire.AppendString(b, name), `:{"indices":[`...)
		for i, n := range v.Indices {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendUint(b, uint64(n), 10)
		}
		b = append(wire.AppendFloats(append(b, `],"values":`...), v.Values), '}')
	}
	return b
}

// appendDense appends a vector, of length one where only its direction counts: so Qdrant
// keeps it.
func appendDense(b []byte, v []float32, m domain.Metric) []byte {
	if m != domain.Cosine {
		return wire.AppendFloats(b, v)
	}
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.Abs(sum-1) < 1e-6 {
		return wire.AppendFloats(b, v)
	}
	length := math.Sqrt(sum)
	b = append(b, '[')
	for i, x := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendFloat(b, float32(float64(x)/length))
	}
	return append(b, ']')
}

// Score returns the score of a hit as Qdrant has it: the distance itself under Euclid.
func Score(m domain.Metric, h *domain.Hit) float32 {
	if m == domain.L2 && (h.Places == nil || h.Places.Vector.Rank > 0) {
		return float32(math.Sqrt(float64(h.Distance)))
	}
	return h.Score
}

// Begin begins the envelope of an answer.
func Begin(b []byte) []byte { return append(b, `{"result":`...) }

// End ends the envelope; began is when the request came.
func End(b []byte, began time.Time) []byte {
	b = append(b, `,"status":"ok","time":`...)
	b = strconv.AppendFloat(b, time.Since(began).Seconds(), 'f', 9, 64)
	return append(b, "}\n"...)
}

// AppendError appends the envelope of a failure.
func AppendError(b []byte, text string) []byte {
	b = wire.AppendString(append(b, `{"status":{"error":`...), text)
	return append(b, "},\"time\":0.0}\n"...)
}

// AppendUpdate appends what has become of a change; id counts changes.
func AppendUpdate(b []byte, id uint64) []byte {
	b = strconv.AppendUint(append(b, `{"operation_id":`...), id, 10)
	return append(b, `,"status":"completed"}`...)
}
