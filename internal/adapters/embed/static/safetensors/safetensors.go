// Package safetensors reads and writes files of named tensors in the format of the
// safetensors library: the length of a header (u64, little-endian), the header as JSON, and
// the numbers of all tensors one after the other, little-endian too. The header says of
// each tensor its type, its shape, and where its numbers are.
package safetensors

import (
	"maps"
	"slices"
)

// DType is the type of a tensor's numbers.
type DType string

// The types of numbers.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U64  DType = "U64"
	U32  DType = "U32"
	U16  DType = "U16"
	U8   DType = "U8"
	Bool DType = "BOOL"
)

// sizes are the bytes of one number of each type.
var sizes = map[DType]int64{
	F64: 8, F32: 4, F16: 2, BF16: 2,
	I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, Bool: 1,
}

// Tensor is an array of numbers, the last dimension next to each other.
type Tensor struct {
	DType DType
	Shape []int
	Data  []byte // as long as type and shape say
}

// File is what a safetensors file holds.
type File struct {
	Tensors  map[string]Tensor
	Metadata map[string]string // notes of whoever wrote it; may be nil
}

// Names returns the names of the tensors in ascending order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.Tensors)) }
