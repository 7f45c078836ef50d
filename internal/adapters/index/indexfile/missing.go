package indexfile

import "encoding/binary"

// The sections with the chunks that the index lacks, and with those that have no vector.
// The container writes and reads them itself, as the rest of the snapshot.
const (
	secMissing = "missing"
	secWithout = "without"
)

// addLists writes both sections where there is something in them.
func (w *Writer) addLists() error {
	for _, s := range []struct {
		name string
		ids  []int64
	}{{secMissing, w.header.Snapshot.Missing}, {secWithout, w.header.Snapshot.Without}} {
		if len(s.ids) == 0 {
			continue
		}
		if err := w.Add(s.name, encodeIDs(s.ids)); err != nil {
			return err
		}
	}
	return nil
}

// readLists reads both sections.
func (f *File) readLists() (err error) {
	raw, _ := f.Section(secMissing)
	if f.header.Snapshot.Missing, err = decodeIDs(secMissing, raw); err != nil {
		return err
	}
	raw, _ = f.Section(secWithout)
	f.header.Snapshot.Without, err = decodeIDs(secWithout, raw)
	return err
}

func encodeIDs(ids []int64) []byte {
	b := make([]byte, 0, 8*len(ids))
	for _, id := range ids {
		b = binary.LittleEndian.AppendUint64(b, uint64(id))
	}
	return b
}

// decodeIDs is the reverse of encodeIDs, for ids in ascending order.
func decodeIDs(section string, b []byte) ([]int64, error) {
	if len(b)%8 != 0 {
		return nil, corrupt("section %q has %d bytes", section, len(b))
	}
	var ids []int64
	last := int64(0)
	for ; len(b) > 0; b = b[8:] {
		id := int64(binary.LittleEndian.Uint64(b))
		if id <= last {
			return nil, corrupt("section %q has id %d after %d", section, id, last)
		}
		ids, last = append(ids, id), id
	}
	return ids, nil
}
