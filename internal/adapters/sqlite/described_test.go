package sqlite_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"strconv"

	"github.com/memista/memista/internal/domain"
)

type crc uint32

func (c crc) String() string { return strconv.FormatUint(uint64(c), 10) }

// describedChecksum is a chunk's checksum as DESIGN.md describes it.
func describedChecksum(c domain.Chunk) crc {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	put(uint32(len(c.Key)))
	b.WriteString(c.Key)
	put(uint32(len(c.Text)))
	b.WriteString(c.Text)
	put(uint8(c.Metadata.Form))
	put(uint32(len(c.Metadata.Text)))
	b.WriteString(c.Metadata.Text)
	expires := int64(0)
	if !c.ExpiresAt.IsZero() {
		expires = c.ExpiresAt.UnixMicro()
	}
	put(expires)
	put(uint32(4 * len(c.Embedding)))
	put(c.Embedding)
	return crc(crc32.Checksum(b.Bytes(), crc32.MakeTable(crc32.Castagnoli)))
}

// describedHash takes one change into the running hash as DESIGN.md describes it.
func describedHash(h domain.Hash, kind uint8, sequence, id int64, sum uint32) domain.Hash {
	var b bytes.Buffer
	for _, v := range []any{h, kind, sequence, id, sum} {
		_ = binary.Write(&b, binary.LittleEndian, v)
	}
	full := sha256.Sum256(b.Bytes())
	copy(h[:], full[:])
	return h
}
