package datafile

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockCommands are the ways to lock, the best first: a lock of the descriptor is not
// dropped when another descriptor is closed. Some systems have only those of the process.
var lockCommands = []int{unix.F_OFD_SETLK, unix.F_SETLK}

// isMountPoint reports whether a file is mounted by itself, as containers do it.
func isMountPoint(file *os.File) bool {
	var st unix.Statx_t
	err := unix.Statx(int(file.Fd()), "", unix.AT_EMPTY_PATH, 0, &st)
	return err == nil && st.Attributes_mask&st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
