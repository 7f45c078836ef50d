package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/memista/memista/internal/domain"
)

// vectors reads vectors of a fixed dimension that follow each other without gaps.
type vectors struct {
	r    *counted
	dims int
	wide bool  // float64 in the file
	row  int64 // rows read
	end  int64 // size of the file
	raw  []byte
}

func (v *vectors) width() int64 {
	if v.wide {
		return 8 * int64(v.dims)
	}
	return 4 * int64(v.dims)
}

// next returns io.EOF at the end of the file, and only between two rows.
func (v *vectors) next() (domain.Chunk, int64, error) {
	if v.r.n == v.end {
		return domain.Chunk{}, 0, io.EOF
	}
	v.row++
	if w := v.width(); int64(cap(v.raw)) < w {
		v.raw = make([]byte, w)
	}
	v.raw = v.raw[:v.width()]
	if _, err := io.ReadFull(v.r, v.raw); err != nil {
		return domain.Chunk{}, v.row, cut(err)
	}
	out := make([]float32, v.dims)
	for i := range out {
		if !v.wide {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(v.raw[4*i:]))
			continue
		}
		out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(v.raw[8*i:])))
	}
	return domain.Chunk{Embedding: out}, v.row, nil
}

func (v *vectors) skip(n int64) error {
	v.row += n
	return v.r.discard(n * v.width())
}

func (v *vectors) read() int64 { return v.r.n }

// cut says of an end of the file that it came too soon.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file is cut off")
	}
	return err
}

// openFbin reads the head of a .fbin file: the number of vectors and their dimension,
// then the vectors (the format of the big-ann benchmarks).
func openFbin(r *counted, size int64) (rows, error) {
	var head [8]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, cut(err)
	}
	n, dims := binary.LittleEndian.Uint32(head[:4]), binary.LittleEndian.Uint32(head[4:])
	if err := checkDims(int64(dims)); err != nil {
		return nil, err
	}
	if want := 8 + int64(n)*int64(dims)*4; want != size {
		return nil, fmt.Errorf("%d vectors of %d numbers need %d bytes, the file has %d", n, dims, want, size)
	}
	return &vectors{r: r, dims: int(dims), end: size}, nil
}

func checkDims(dims int64) error {
	if dims < 1 || dims > domain.MaxDims {
		return fmt.Errorf("vectors of %d numbers, between 1 and %d are allowed", dims, domain.MaxDims)
	}
	return nil
}

// fvecs reads vectors that each have their dimension in front (the format of the
// TEXMEX data sets).
type fvecs struct{ vectors }

func (f *fvecs) next() (domain.Chunk, int64, error) {
	if f.r.n == f.end {
		return domain.Chunk{}, 0, io.EOF
	}
	if err := f.head(); err != nil {
		return domain.Chunk{}, f.row + 1, err
	}
	if f.r.n == f.end { // next would take it for a good end
		return domain.Chunk{}, f.row + 1, cut(io.EOF)
	}
	return f.vectors.next()
}

// head reads the dimension of the next vector, which must be that of the first.
func (f *fvecs) head() error {
	var raw [4]byte
	if _, err := io.ReadFull(f.r, raw[:]); err != nil {
		return cut(err)
	}
	dims := int64(int32(binary.LittleEndian.Uint32(raw[:])))
	if err := checkDims(dims); err != nil {
		return err
	}
	if f.dims != 0 && int64(f.dims) != dims {
		return fmt.Errorf("a vector of %d numbers after ones of %d", dims, f.dims)
	}
	f.dims = int(dims)
	return nil
}

func (f *fvecs) skip(n int64) error {
	for ; n > 0; n-- {
		if err := f.head(); err != nil {
			return err
		}
		if err := f.vectors.skip(1); err != nil {
			return err
		}
	}
	return nil
}
