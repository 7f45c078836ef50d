package original

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/memista/memista/internal/domain"
)

// vectors are what an index file of USearch holds, by key.
type vectors struct {
	dims   int
	matrix []byte           // float32, row by row
	at     map[uint64]int64 // key: row
}

// of returns the vector of chunk id, or nil.
func (v *vectors) of(id int64) []float32 {
	row, ok := v.at[uint64(id)]
	if !ok || id < 0 {
		return nil
	}
	out := make([]float32, v.dims)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(v.matrix[4*(row*int64(v.dims)+int64(i)):]))
	}
	return out
}

// A file of USearch 2, all numbers little-endian: the matrix as rows (u32), bytes per row
// (u32), and the rows; 64 bytes that begin with "usearch" and say version and types; five
// u64 about the graph; a level (i16) per node; then the nodes, each its key (u64), its
// level (i16), the links of the ground level and those of each level above.
const (
	typesSize  = 64
	graphSize  = 40
	kindFloat  = 11 // 32-bit numbers
	kindKey    = 14 // 64-bit keys
	kindSlot   = 15 // 32-bit slots
	removedKey = math.MaxUint64
	maxLinks   = 1 << 16
)

// readVectors reads the vectors and keys of an index file and checks that all its parts
// fit together to the byte; the format has no checksums.
func readVectors(path string) (*vectors, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, domain.Errorf(domain.ErrNotFound, "%s is missing: it held the only copy of the vectors of that database", path)
	}
	if err != nil {
		return nil, err
	}
	v, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return v, nil
}

func damaged(format string, args ...any) error {
	return domain.Errorf(domain.ErrCorrupt, "USearch file is damaged or not one: %s", fmt.Sprintf(format, args...))
}

func parse(raw []byte) (*vectors, error) {
	le := binary.LittleEndian
	if len(raw) < 8 {
		return nil, damaged("%d bytes", len(raw))
	}
	n, width := int64(le.Uint32(raw)), int64(le.Uint32(raw[4:]))
	if n*width > int64(len(raw)-8) {
		return nil, damaged("%d vectors of %d bytes in %d bytes", n, width, len(raw))
	}
	v := &vectors{matrix: raw[8 : 8+n*width], at: make(map[uint64]int64, n)}
	rest := raw[8+n*width:]
	if len(rest) < typesSize+graphSize || !bytes.HasPrefix(rest, []byte("usearch")) {
		return nil, damaged("no head behind the vectors")
	}
	if major := le.Uint16(rest[7:]); major != 2 {
		return nil, damaged("version %d", major)
	}
	if rest[14] != kindFloat || rest[15] != kindKey || rest[16] != kindSlot {
		return nil, domain.Errorf(domain.ErrUnsupported, "USearch file with numbers of type %d, keys %d, slots %d: the original memista has 32-bit numbers", rest[14], rest[15], rest[16])
	}
	dims := le.Uint64(rest[33:])
	if dims < 1 || dims > domain.MaxDims || int64(dims)*4 != width {
		return nil, damaged("%d dimensions in %d bytes", dims, width)
	}
	v.dims = int(dims)
	if le.Uint64(rest[17:])+le.Uint64(rest[25:]) != uint64(n) || le.Uint64(rest[typesSize:]) != uint64(n) {
		return nil, damaged("%d vectors, other numbers of keys", n)
	}
	upper, ground := le.Uint64(rest[typesSize+8:]), le.Uint64(rest[typesSize+16:])
	if upper > maxLinks || ground > maxLinks {
		return nil, damaged("%d and %d links per node", upper, ground)
	}
	return v, v.readKeys(rest[typesSize+graphSize:], n, 4+4*int64(ground), 4+4*int64(upper))
}

// readKeys goes from node to node. Where a key stands more than once, which happens to
// the original when an index outlives its table, the last one counts.
func (v *vectors) readKeys(nodes []byte, n, ground, upper int64) error {
	le := binary.LittleEndian
	if int64(len(nodes)) < 2*n {
		return damaged("cut off at %d bytes behind the head", len(nodes))
	}
	levels, nodes := nodes[:2*n], nodes[2*n:]
	for row := range n {
		level := int64(int16(le.Uint16(levels[2*row:])))
		size := 10 + ground + level*upper
		if level < 0 || int64(len(nodes)) < size {
			return damaged("cut off at vector %d of %d", row, n)
		}
		if key := le.Uint64(nodes); key != removedKey {
			v.at[key] = row
		}
		if int64(int16(le.Uint16(nodes[8:]))) != level {
			return damaged("vector %d has two levels", row)
		}
		nodes = nodes[size:]
	}
	if len(nodes) != 0 {
		return damaged("%d bytes too many", len(nodes))
	}
	return nil
}
