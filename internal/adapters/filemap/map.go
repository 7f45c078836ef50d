//go:build (linux || darwin || freebsd || netbsd || openbsd) && !race

package filemap

import (
	"os"

	"golang.org/x/sys/unix"
)

// Load returns the bytes of the file at path, which start at a multiple of 64, and what
// gives them back. The file may be replaced or removed meanwhile; the mapping keeps it. It
// must not be cut short: a page that is gone ends the program.
func Load(path string, access Access) (data []byte, release func() error, err error) {
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
	if size < minimum || size != int64(int(size)) {
		return readAll(f, size)
	}
	flags := unix.MAP_PRIVATE
	if access == Write {
		flags |= populate
	}
	// Pages are brought in while the mapping is read-only: brought in through a
	// writable private mapping each would be copied at once.
	data, err = unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, flags)
	if err != nil {
		return readAll(f, size)
	}
	if access == Write {
		if err := unix.Mprotect(data, unix.PROT_READ|unix.PROT_WRITE); err != nil {
			_ = unix.Munmap(data)
			return readAll(f, size)
		}
	}
	return data, func() error { return unix.Munmap(data) }, nil
}

// Mapped reports whether loaded files take no memory of their own on this system.
const Mapped = true
