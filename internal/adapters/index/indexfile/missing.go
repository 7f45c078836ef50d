package indexfile

import "encoding/binary"

// secMissing is the section with the chunks that the index lacks. The container writes
// and reads it itself, as the rest of the snapshot.
const secMissing = "missing"

func encodeIDs(ids []int64) []byte {
	b := make([]byte, 0, 8*len(ids))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint64(b, uint64(id))
	}
	return b
}

// decodeIDs is the reverse of encodeIDs, for ids in ascending order.
func decodeIDs(b []byte) ([]int64, error) {
	if len(b)%8 != 0 {
		return nil, corrupt("section %q has %d bytes", secMissing, len(b))
	}
	var ids []int64
	last := int64(0)
	for ; len(b) > 0; b = b[8:] {
		id := int64(binary.LittleEndian.Uint64(b))
		if id <= last {
			return nil, corrupt("section %q has id %d after %d", secMissing, id, last)
		}
		ids, last = append(ids, id), id
	}
	return ids, nil
}
