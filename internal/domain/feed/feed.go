// Package feed has the words for databases that leave a server: what changed in one since a
// moment, and how its writers are kept out while another server takes its place.
package feed

import (
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/memista/memista/internal/domain"
)

// ID names a feed: 128 random bits.
type ID [16]byte

// Cursor is a place in the changes of a database. Whoever has taken over all changes up to it
// has the database as it was at Sequence, and of the batch that follows the deletes and the
// first Part chunks.
type Cursor struct {
	Feed        ID
	Incarnation domain.Incarnation
	Sequence    int64
	Hash        domain.Hash // running hash at Sequence
	Part        int64
}

// cursorBytes is how many bytes a cursor has.
const cursorBytes = 16 + 16 + 8 + 16 + 8

// String returns c as callers have it: a text that says nothing to them.
func (c Cursor) String() string {
	b := make([]byte, 0, cursorBytes)
	b = append(append(b, c.Feed[:]...), c.Incarnation[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Sequence))
	b = append(b, c.Hash[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Part))
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor is the reverse of String; what String never returns is ErrInvalid.
func ParseCursor(text string) (Cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != cursorBytes {
		return Cursor{}, domain.Errorf(domain.ErrInvalid, "after must be the next of an earlier answer")
	}
	var c Cursor
	copy(c.Feed[:], b)
	copy(c.Incarnation[:], b[16:])
	c.Sequence = int64(binary.LittleEndian.Uint64(b[32:]))
	copy(c.Hash[:], b[40:])
	c.Part = int64(binary.LittleEndian.Uint64(b[56:]))
	if c.Sequence < 0 || c.Part < 0 {
		return Cursor{}, domain.Errorf(domain.ErrInvalid, "after must be the next of an earlier answer")
	}
	return c, nil
}

// The times for which changes are kept after a feed was last read.
const (
	DefaultKeep = time.Hour
	MaxKeep     = 7 * 24 * time.Hour
)

// Read asks for the changes after a place.
type Read struct {
	After    Cursor
	Limit    int           // about how many changes at most; at least 1
	Fields   domain.Fields // of the chunks
	MaxBytes int64         // of the chunks; more are ErrTooLarge
	Keep     time.Duration // how long changes are kept from now on
}

// Page is what changed: the deletes come before the chunks. A chunk is as it was when the page
// was read, which may be later than Next; it comes again then.
type Page struct {
	Chunks  []domain.Chunk // new and changed ones
	Deleted []int64
	Keys    []string // those that deleted chunks had; a chunk of Chunks may have one by now
	Next    Cursor
	More    bool // there were changes after Next when the page was read
}

// StartOver is the ErrStartOver for a feed that is not kept any more.
func StartOver(id string) error {
	return domain.Errorf(domain.ErrStartOver, "the changes of '%s' after that place are not kept any more: begin with another feed, and take all chunks again", id)
}
