//go:build !(linux || darwin || freebsd || netbsd || openbsd) || race

package indexfile

import "os"

// load reads the file at path. Windows lands here on purpose: a mapped file could
// neither be replaced by a newer one nor removed there. So does the race detector: it
// does not see atomic operations in mapped memory, and would report what they order.
func load(path string) ([]byte, func() error, error) {
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

// Mapped reports whether open files take no memory of their own on this system.
const Mapped = false
