package httpapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// parts says what of a chunk an answer carries, and in which form.
type parts struct {
	fields domain.Fields
	base64 bool // embeddings as base64 instead of as arrays
}

func (p parts) without(f domain.Fields) parts { return parts{p.fields &^ f, p.base64} }

// includes are the parts of a chunk that a caller can ask for.
var includes = map[string]domain.Fields{
	"text": domain.FieldText, "metadata": domain.FieldMetadata, "embedding": domain.FieldEmbedding,
}

// The forms of embeddings that a caller can ask for, the default first.
const (
	encodingArray  = "array"
	encodingBase64 = "base64"
)

var encodings = []string{encodingArray, encodingBase64}

const unknownInclude = "include takes text, metadata and embedding, nothing else"

// decodeInclude reads the list of the parts of a chunk to send.
func decodeInclude(s *wire.Scanner) (fields domain.Fields, err error) {
	err = s.Array(func(int) error {
		name, err := s.Text()
		if err != nil {
			return err
		}
		f, ok := includes[string(name)]
		if !ok {
			return s.Errorf(unknownInclude)
		}
		fields |= f
		return nil
	})
	return fields, err
}

// decodeEncoding reads in which form embeddings are to be sent.
func decodeEncoding(s *wire.Scanner) (asBase64 bool, err error) {
	name, err := word(s, encodings)
	return name == encodingBase64, err
}

// partsParams are the query parameters that queryParts reads.
var partsParams = []string{"include", "encoding"}

// queryParts returns what the query asks for, as in include=text,embedding&encoding=base64.
func queryParts(c *gin.Context) (parts, error) {
	p := parts{fields: domain.DefaultFields}
	if lists, ok := c.GetQueryArray("include"); ok {
		p.fields = 0
		for name := range strings.SplitSeq(strings.Join(lists, ","), ",") {
			f, ok := includes[name]
			if !ok && name != "" {
				return p, domain.Errorf(domain.ErrInvalid, unknownInclude)
			}
			p.fields |= f
		}
	}
	if encoding, ok := c.GetQuery("encoding"); ok {
		if !slices.Contains(encodings, encoding) {
			return p, domain.Errorf(domain.ErrInvalid, "encoding must be one of %s", strings.Join(encodings, ", "))
		}
		p.base64 = encoding == encodingBase64
	}
	return p, nil
}

// appendChunk appends the members of a chunk, without braces.
func appendChunk(b []byte, ch *domain.Chunk, p parts) []byte {
	b = strconv.AppendInt(append(b, `"chunk_id":`...), ch.ID, 10)
	b = append(b, `,"key":`...)
	if ch.Key == "" {
		b = append(b, "null"...)
	} else {
		b = wire.AppendString(b, ch.Key)
	}
	if p.fields.Has(domain.FieldText) {
		b = wire.AppendString(append(b, `,"text":`...), ch.Text)
	}
	if p.fields.Has(domain.FieldMetadata) {
		b = appendMetadata(append(b, `,"metadata":`...), ch.Metadata)
	}
	return p.appendEmbedding(b, ch.Embedding)
}

// appendEmbedding appends the member embedding, if it is asked for, in the form asked for.
func (p parts) appendEmbedding(b []byte, v []float32) []byte {
	switch {
	case !p.fields.Has(domain.FieldEmbedding):
		return b
	case p.base64:
		return wire.AppendBase64(append(b, `,"embedding":`...), v)
	}
	return wire.AppendFloats(append(b, `,"embedding":`...), v)
}

// appendMetadata appends m in the form it was sent.
func appendMetadata(b []byte, m domain.Metadata) []byte {
	switch m.Form {
	case domain.StringMetadata:
		return wire.AppendString(b, m.Text)
	case domain.ObjectMetadata:
		return wire.AppendJSON(b, m.Text)
	case domain.NoMetadata:
	}
	return append(b, "null"...)
}
