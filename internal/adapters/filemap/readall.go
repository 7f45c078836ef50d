package filemap

import (
	"io"
	"os"
	"unsafe"

	"github.com/memista/memista/internal/domain"
)

// readAll reads a file of the given size into memory that starts at a multiple of 64.
func readAll(f *os.File, size int64) ([]byte, func() error, error) {
	if size != int64(int(size)) || int(size)+align < 0 {
		return nil, nil, domain.Errorf(domain.ErrTooLarge, "file of %d bytes does not fit this system's memory", size)
	}
	buf := make([]byte, int(size)+align)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf))) % align)
	data := buf[skip : skip+int(size) : skip+int(size)]
	if _, err := io.ReadFull(f, data); err != nil {
		return nil, nil, err
	}
	return data, func() error { return nil }, nil
}
