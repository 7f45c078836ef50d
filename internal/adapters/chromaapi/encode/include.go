package encode

import (
	"slices"

	"github.com/memista/memista/internal/adapters/web/wire"
	"github.com/memista/memista/internal/domain"
)

// Part is a column that a caller can ask for.
type Part uint8

// The parts, in the order of their names.
const (
	Distances Part = iota
	Documents
	Embeddings
	Metadatas
	URIs
)

var partNames = []string{"distances", "documents", "embeddings", "metadatas", "uris"}

// ParsePart returns the part with a name.
func ParsePart(name []byte) (Part, bool) {
	i := slices.IndexFunc(partNames, func(p string) bool { return p == string(name) })
	return Part(max(i, 0)), i >= 0
}

// Include is the list of parts that a caller asks for, as it was sent.
type Include []Part

// What a get and a query answer where nothing is said.
var (
	GetDefault   = Include{Documents, Metadatas}
	QueryDefault = Include{Documents, Metadatas, Distances}
)

// Has reports whether p is asked for.
func (in Include) Has(p Part) bool { return slices.Contains(in, p) }

// Fields returns what has to be read of chunks. The metadata says whether an empty text is a
// document.
func (in Include) Fields() (fields domain.Fields) {
	if in.Has(Documents) {
		fields |= domain.FieldText | domain.FieldMetadata
	}
	if in.Has(Metadatas) || in.Has(URIs) {
		fields |= domain.FieldMetadata
	}
	if in.Has(Embeddings) {
		fields |= domain.FieldEmbedding
	}
	return fields
}

// append appends the member include, and the brace that ends the answer.
func (in Include) append(b []byte) []byte {
	b = append(b, `,"include":[`...)
	for i, p := range in {
		if i > 0 {
			b = append(b, ',')
		}
		b = wire.AppendString(b, partNames[p])
	}
	return append(b, "]}\n"...)
}
