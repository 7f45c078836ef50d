//go:build unix

package datafile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// far is the byte that is locked: behind every file, and away from the bytes that SQLite
// locks, which begin at 1 GiB.
const far = 1 << 62

// errReadOnly is what the system says of a file system that is mounted for reading.
var errReadOnly error = syscall.EROFS

// writable reports whether the file at path, or a new one, can be written, and files made
// beside it. The file is not opened for that.
func writable(path string) bool {
	if unix.Access(filepath.Dir(path), unix.W_OK) != nil {
		return false
	}
	err := unix.Access(path, unix.W_OK)
	return err == nil || errors.Is(err, unix.ENOENT)
}

// lockFar locks the far byte of file. It returns errTaken if another has it. Where there
// are no such locks, which SQLite could not do without either, it does nothing.
func lockFar(file *os.File, exclusive bool) error {
	lock := unix.Flock_t{Type: unix.F_RDLCK, Whence: io.SeekStart, Start: far, Len: 1}
	if exclusive {
		lock.Type = unix.F_WRLCK
	}
	var err error
	for _, command := range lockCommands {
		err = unix.FcntlFlock(file.Fd(), command, &lock)
		if !errors.Is(err, unix.EINVAL) {
			break
		}
	}
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EACCES):
		return errTaken
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOLCK), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EOPNOTSUPP):
		return nil
	}
	return err
}

// names returns how many names the file has, and whether the one it was opened by is
// where it is mounted.
func names(file *os.File) (links uint64, mounted bool) {
	var st unix.Stat_t
	if unix.Fstat(int(file.Fd()), &st) != nil {
		return 1, false
	}
	return uint64(st.Nlink), isMountPoint(file) //nolint:unconvert // its type differs from system to system
}
