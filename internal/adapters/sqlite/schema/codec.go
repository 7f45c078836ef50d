package schema

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/memista/memista/internal/domain"
)

// EncodeEmbedding returns v as little-endian float32, bit for bit.
func EncodeEmbedding(v []float32) []byte {
	b := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(x))
	}
	return b
}

// DecodeEmbedding is the reverse of EncodeEmbedding.
func DecodeEmbedding(b []byte) ([]float32, error) {
	if len(b)%4 != 0 {
		return nil, fmt.Errorf("embedding of %d bytes: %w", len(b), domain.ErrCorrupt)
	}
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum is the CRC-32C over key, text, form and text of the metadata, time of expiry
// and embedding, each of variable length with its length in front as 4 little-endian
// bytes; the time is in microseconds, 0 for never.
func Checksum(c *domain.Chunk, embedding []byte) uint32 {
	var b [8]byte
	crc := uint32(0)
	field := func(s []byte) {
		binary.LittleEndian.PutUint32(b[:4], uint32(len(s)))
		crc = crc32.Update(crc, castagnoli, b[:4])
		crc = crc32.Update(crc, castagnoli, s)
	}
	field([]byte(c.Key))
	field([]byte(c.Text))
	crc = crc32.Update(crc, castagnoli, []byte{byte(c.Metadata.Form)})
	field([]byte(c.Metadata.Text))
	expires := int64(0)
	if !c.ExpiresAt.IsZero() {
		expires = c.ExpiresAt.UnixMicro()
	}
	binary.LittleEndian.PutUint64(b[:], uint64(expires))
	crc = crc32.Update(crc, castagnoli, b[:])
	field(embedding)
	return crc
}

// ChangeKind says what a change did, in the running hash.
type ChangeKind byte

// The kinds of changes.
const (
	ChangePut    ChangeKind = 1
	ChangeDelete ChangeKind = 2
	// ChangeEmbeddings is that all chunks have other embeddings: it has no chunk id, and the
	// CRC-32C of the fingerprint of their model.
	ChangeEmbeddings ChangeKind = 3
)

// NextHash takes one change into the running hash: the first 16 bytes of the SHA-256
// over the hash before it, the kind, the sequence number, the chunk id (8 little-endian
// bytes each) and the chunk's checksum (4; 0 for a delete). A database starts with zeros.
// It depends on the changes and their order, not on how they were grouped into batches.
func NextHash(h domain.Hash, kind ChangeKind, sequence, id int64, crc uint32) domain.Hash {
	var b [16 + 1 + 8 + 8 + 4]byte
	copy(b[:], h[:])
	b[16] = byte(kind)
	binary.LittleEndian.PutUint64(b[17:], uint64(sequence))
	binary.LittleEndian.PutUint64(b[25:], uint64(id))
	binary.LittleEndian.PutUint32(b[33:], crc)
	sum := sha256.Sum256(b[:])
	copy(h[:], sum[:])
	return h
}
