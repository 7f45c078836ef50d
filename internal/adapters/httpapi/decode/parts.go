package decode

import (
	"slices"
	"strings"

	"github.com/memista/memista/internal/adapters/httpapi/encode"
	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// includes are the parts of a chunk that a caller can ask for.
var includes = map[string]domain.Fields{
	"text": domain.FieldText, "metadata": domain.FieldMetadata, "embedding": domain.FieldEmbedding | domain.FieldVectors, "sparse": domain.FieldSparse,
}

// The forms of embeddings that a caller can ask for, the default first.
const (
	encodingArray  = "array"
	encodingBase64 = "base64"
)

var encodings = []string{encodingArray, encodingBase64}

const unknownInclude = "include takes text, metadata, embedding and sparse, nothing else"

// include reads the list of the parts of a chunk to send.
func include(s *wire.Scanner) (fields domain.Fields, err error) {
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

// encoding reads in which form embeddings are to be sent.
func encoding(s *wire.Scanner) (asBase64 bool, err error) {
	name, err := word(s, encodings)
	return name == encodingBase64, err
}

// PartsParams are the query parameters that Parts reads.
var PartsParams = []string{"include", "encoding"}

// Query has the parameters of a query.
type Query interface {
	Query(name string) (value string, ok bool)
	QueryAll(name string) (values []string, ok bool)
}

// Parts returns what the query asks for, as in include=text,embedding&encoding=base64.
func Parts(q Query) (encode.Parts, error) {
	p := encode.Parts{Fields: domain.DefaultFields}
	if lists, ok := q.QueryAll("include"); ok {
		p.Fields = 0
		for name := range strings.SplitSeq(strings.Join(lists, ","), ",") {
			f, ok := includes[name]
			if !ok && name != "" {
				return p, domain.Errorf(domain.ErrInvalid, unknownInclude)
			}
			p.Fields |= f
		}
	}
	if name, ok := q.Query("encoding"); ok {
		if !slices.Contains(encodings, name) {
			return p, domain.Errorf(domain.ErrInvalid, "encoding must be one of %s", strings.Join(encodings, ", "))
		}
		p.Base64 = name == encodingBase64
	}
	return p, nil
}
