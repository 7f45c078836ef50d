package vectors

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
)

// ReadFvecs reads a file of the fvecs format: each vector as its dimension (int32) and
// its numbers (float32), little-endian. The vectors come one after the other.
func ReadFvecs(path string) (flat []float32, dims int, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, 0, err
	}
	if len(raw) < 4 {
		return nil, 0, fmt.Errorf("%s: too short for fvecs", path)
	}
	dims = int(binary.LittleEndian.Uint32(raw))
	row := 4 + 4*dims
	if dims < 1 || len(raw)%row != 0 {
		return nil, 0, fmt.Errorf("%s: %d bytes are no whole number of vectors of %d", path, len(raw), dims)
	}
	flat = make([]float32, 0, len(raw)/row*dims)
	for ; len(raw) > 0; raw = raw[row:] {
		if got := int(binary.LittleEndian.Uint32(raw)); got != dims {
			return nil, 0, fmt.Errorf("%s: a vector of %d among vectors of %d", path, got, dims)
		}
		for j := range dims {
			flat = append(flat, math.Float32frombits(binary.LittleEndian.Uint32(raw[4+4*j:])))
		}
	}
	return flat, dims, nil
}

// WriteFvecs writes vectors that lie one after the other as fvecs.
func WriteFvecs(path string, flat []float32, dims int) error {
	out := make([]byte, 0, len(flat)/dims*(4+4*dims))
	for i := 0; i+dims <= len(flat); i += dims {
		out = binary.LittleEndian.AppendUint32(out, uint32(dims))
		for _, x := range flat[i : i+dims] {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
		}
	}
	return writeFile(path, out)
}

// writeFile writes a file whole or not at all, so that one run never reads what another
// has only begun.
func writeFile(path string, data []byte) error {
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		os.Remove(tmp)
		return err
	}
	return os.Rename(tmp, path)
}
