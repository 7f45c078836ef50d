//go:build unix && !linux

package datafile

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockCommands are the ways to lock. The lock belongs to the process, so it lasts as long
// as no descriptor of the file is closed, which SQLite puts off while it holds locks.
var lockCommands = []int{unix.F_SETLK}

// isMountPoint reports whether a file is mounted by itself, which only Linux has.
func isMountPoint(*os.File) bool { return false }
