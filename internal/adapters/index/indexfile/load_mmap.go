//go:build (linux || darwin || freebsd || netbsd || openbsd) && !race

package indexfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// load maps the file at path: private, so that writing to a page copies it and leaves
// the file alone. The file may be replaced or removed meanwhile; the mapping keeps it.
func load(path string) ([]byte, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = f.Close() }() // the mapping holds its own reference
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	size := info.Size()
	if size < pageSize || size != int64(int(size)) {
		return readAll(f, size)
	}
	// Pages are brought in while the mapping is read-only: brought in through a
	// writable private mapping each would be copied at once.
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE|populate)
	if err != nil {
		return readAll(f, size)
	}
	if err := unix.Mprotect(data, unix.PROT_READ|unix.PROT_WRITE); err != nil {
		_ = unix.Munmap(data)
		return readAll(f, size)
	}
	return data, func() error { return unix.Munmap(data) }, nil
}

// Mapped reports whether open files take no memory of their own on this system.
const Mapped = true
