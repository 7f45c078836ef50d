//go:build !(linux || darwin || freebsd || netbsd || openbsd) || race

package filemap

import "os"

// Load reads the file at path; its bytes start at a multiple of 64. Windows lands here on
// purpose: a mapped file could neither be replaced by a newer one nor removed there. So
// does the race detector: it does not see atomic operations in mapped memory, and would
// report what they order.
func Load(path string, _ Access) (data []byte, release func() error, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	return readAll(f, info.Size())
}

// Mapped reports whether loaded files take no memory of their own on this system.
const Mapped = false
