package diskfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate lengthens file to size.
func allocate(file *os.File, size int64) error {
	err := unix.Fallocate(int(file.Fd()), 0, 0, size)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		return writeZeros(file, size)
	}
	return err
}
