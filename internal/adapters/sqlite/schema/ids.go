package schema

import (
	"encoding/binary"
	"fmt"

	"github.com/memista/memista/internal/domain"
)

// EncodeIDs returns ids as runs of consecutive numbers: for each run its distance from
// the end of the one before and its length, as signed and unsigned varints.
func EncodeIDs(ids []int64) []byte {
	out := []byte{}
	end := int64(0)
	for i := 0; i < len(ids); {
		n := 1
		for i+n < len(ids) && ids[i+n] == ids[i]+int64(n) {
			n++
		}
		out = binary.AppendVarint(out, ids[i]-end)
		out = binary.AppendUvarint(out, uint64(n))
		end = ids[i] + int64(n)
		i += n
	}
	return out
}

// MaxLogged bounds what one batch can have changed, so that a damaged row cannot ask for
// endless memory.
const MaxLogged = 1 << 28

// DecodeIDs is the reverse of EncodeIDs, for lists of at most most ids.
func DecodeIDs(b []byte, most uint64) ([]int64, error) {
	var ids []int64
	end := int64(0)
	for len(b) > 0 {
		step, i := binary.Varint(b)
		n, j := uint64(0), 0
		if i > 0 {
			n, j = binary.Uvarint(b[i:])
		}
		if i <= 0 || j <= 0 || n > most-uint64(len(ids)) {
			return nil, fmt.Errorf("list of changes: %w", domain.ErrCorrupt)
		}
		for k := range int64(n) {
			ids = append(ids, end+step+k)
		}
		end += step + int64(n)
		b = b[i+j:]
	}
	return ids, nil
}
