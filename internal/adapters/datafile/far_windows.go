package datafile

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// farHigh is the upper half of the place of the byte that is locked: behind every file,
// since what is locked cannot be read.
const farHigh = 1 << 30

// errReadOnly is what the system says of a disk that takes no writes.
var errReadOnly error = windows.ERROR_WRITE_PROTECT

// writable reports whether the file at path can be written, if it is there.
func writable(path string) bool {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return !unwritable(err)
	}
	return file.Close() == nil
}

// lockFar locks the far byte of file. It returns errTaken if another has it.
func lockFar(file *os.File, exclusive bool) error {
	flags := uint32(windows.LOCKFILE_FAIL_IMMEDIATELY)
	if exclusive {
		flags |= windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	err := windows.LockFileEx(windows.Handle(file.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: farHigh})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errTaken
	}
	return err
}

// names returns how many names the file has; a file cannot be mounted by itself.
func names(file *os.File) (links uint64, mounted bool) {
	var info windows.ByHandleFileInformation
	if windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info) != nil {
		return 1, false
	}
	return uint64(info.NumberOfLinks), false
}
