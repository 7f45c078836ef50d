package collections

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
)

// idKind is what an ID is.
type idKind uint8

// The kinds of ids. The zero ID is the empty text.
const (
	anyText idKind = iota
	number
	uuid
)

// ID is the id of a point or a record as callers know it: an unsigned integer, a UUID, or
// any other text. Two spellings of a UUID are two values: compare the keys.
type ID struct {
	kind idKind
	n    uint64
	text string // as it was sent; of a number ""
}

// Number returns the id that is an integer.
func Number(n uint64) ID { return ID{kind: number, n: n} }

// Text returns the id that a text is: the decimal digits of an integer, without leading
// zeros, are that integer, and a UUID in any spelling is that UUID.
func Text(s string) ID {
	if n, ok := parseNumber(s); ok {
		return Number(n)
	}
	if _, ok := collection.ParseUUID(s); ok {
		return ID{kind: uuid, text: s}
	}
	return ID{text: s}
}

// parseNumber reads what strconv.FormatUint writes.
func parseNumber(s string) (uint64, bool) {
	if s == "" || len(s) > 20 || s[0] < '0' || s[0] > '9' || s[0] == '0' && len(s) > 1 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil
}

// Number returns the integer that i is; ok is false if it is none.
func (i ID) Number() (n uint64, ok bool) { return i.n, i.kind == number }

// String returns i as a text: an integer in decimal, a UUID in lower case with dashes, and
// other texts as they are.
func (i ID) String() string {
	switch i.kind {
	case number:
		return strconv.FormatUint(i.n, 10)
	case uuid:
		u, _ := collection.ParseUUID(i.text)
		return u.String()
	case anyText:
	}
	return i.text
}

// AppendJSON appends i to b as JSON: an integer as a number, all else as a string.
func (i ID) AppendJSON(b []byte) []byte {
	if i.kind == number {
		return strconv.AppendUint(b, i.n, 10)
	}
	quoted, _ := json.Marshal(i.String()) // of a string it cannot fail
	return append(b, quoted...)
}

// KeyForm says how ids become keys of chunks.
type KeyForm collection.Keys

// Prefixes of keys in the form of points. Integers sort as numbers, before UUIDs, before
// other texts.
const (
	numberKey = "u:"
	uuidKey   = "x:"
	textKey   = "z:"
)

func (f KeyForm) points() bool { return f == KeyForm(collection.PointKeys) }

// Key returns the key of the chunk that has the id i: of points "u:" and the integer in 20
// digits, "x:" and the UUID, or "z:" and the text; raw the text as it was sent.
func (f KeyForm) Key(i ID) string {
	switch {
	case !f.points() && i.kind == number:
		return i.String()
	case !f.points():
		return i.text
	case i.kind == number:
		return fmt.Sprintf(numberKey+"%020d", i.n)
	case i.kind == uuid:
		return uuidKey + i.String()
	}
	return textKey + i.text
}

// ID returns the id of the chunk with a key, or without one with a chunk id. A key that Key
// does not return, which was written through memista's own API, is an id by itself.
func (f KeyForm) ID(key string, chunkID int64) ID {
	if key == "" {
		return Number(uint64(chunkID))
	}
	if !f.points() {
		if n, ok := parseNumber(key); ok {
			return Number(n)
		}
		return ID{text: key}
	}
	if len(key) >= len(numberKey) {
		i := Text(key[len(numberKey):])
		if n, err := strconv.ParseUint(key[len(numberKey):], 10, 64); key[:len(numberKey)] == numberKey && err == nil {
			i = Number(n)
		}
		if f.Key(i) == key {
			return i
		}
	}
	return ID{text: key}
}

// Fallback names the chunks that i may mean where none has Key(i), in the order of
// preference: one whose key was written through memista's own API, or is a UUID in its usual
// spelling, and one without a key by its chunk id; one that has a key is not meant by that.
// Every stored chunk is found by Key or Fallback of the id that ID returns for it, unless
// another chunk is found before.
func (f KeyForm) Fallback(i ID) []domain.Ref {
	var refs []domain.Ref
	key := i.String()
	if i.kind == uuid && f.points() && i.text != key {
		refs = append(refs, domain.Ref{Key: i.text})
	}
	if key != f.Key(i) && domain.CheckKey(key) == nil && key != "" {
		refs = append(refs, domain.Ref{Key: key})
	}
	if i.kind == number && i.n > 0 && i.n <= math.MaxInt64 {
		refs = append(refs, domain.Ref{ID: int64(i.n)})
	}
	return refs
}
