package source

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

// npyMagic starts every .npy file; two bytes of version follow.
const npyMagic = "\x93NUMPY"

// What the head of a .npy file says, a Python dictionary.
var (
	npyDescr   = regexp.MustCompile(`'descr'\s*:\s*'([^']*)'`)
	npyFortran = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`'shape'\s*:\s*\(\s*([0-9]+)\s*,\s*([0-9]+)\s*,?\s*\)`)
)

// openNpy reads the head of a .npy file with a matrix of float32 or float64, one vector
// per row.
func openNpy(r *counted, size int64) (rows, error) {
	head, err := npyHead(r)
	if err != nil {
		return nil, err
	}
	v := &vectors{r: r, end: size}
	descr := npyDescr.FindSubmatch(head)
	if descr == nil {
		return nil, errors.New("the head names no type of numbers")
	}
	switch kind := string(descr[1]); kind {
	case "<f4":
	case "<f8":
		v.wide = true
	default:
		return nil, fmt.Errorf("numbers of type %q, only <f4 and <f8 (little-endian floats) can be read", kind)
	}
	if order := npyFortran.FindSubmatch(head); order == nil || string(order[1]) != "False" {
		return nil, errors.New("the matrix is stored by columns: save it with numpy.ascontiguousarray")
	}
	shape := npyShape.FindSubmatch(head)
	if shape == nil {
		return nil, errors.New("not a matrix with one vector per row")
	}
	n, err1 := strconv.ParseInt(string(shape[1]), 10, 48)
	dims, err2 := strconv.ParseInt(string(shape[2]), 10, 32)
	if err := errors.Join(err1, err2, checkDims(dims)); err != nil {
		return nil, err
	}
	v.dims = int(dims)
	if n > (1<<62)/v.width() || r.n+n*v.width() != size {
		return nil, fmt.Errorf("%d vectors of %d numbers do not fill the file, or overflow it", n, dims)
	}
	return v, nil
}

// npyHead returns the dictionary at the beginning of the file.
func npyHead(r *counted) ([]byte, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil {
		return nil, cut(err)
	}
	if string(start[:6]) != npyMagic {
		return nil, errors.New("not a .npy file")
	}
	var length [4]byte
	width := 2 // of the length, in version 1
	if start[6] > 1 {
		width = 4
	}
	if _, err := io.ReadFull(r, length[:width]); err != nil {
		return nil, cut(err)
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n > 1<<16 {
		return nil, fmt.Errorf("a head of %d bytes", n)
	}
	head := make([]byte, n)
	_, err := io.ReadFull(r, head)
	return head, cut(err)
}
