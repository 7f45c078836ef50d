//go:build !(linux || darwin || freebsd || netbsd || openbsd)

package indexfile

import "os"

// load reads the file at path. Windows lands here on purpose: a mapped file could
// neither be replaced by a newer one nor removed there.
func load(path string) ([]byte, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	return readAll(f, info.Size())
}

// Mapped reports whether open files take no memory of their own on this system.
const Mapped = false
