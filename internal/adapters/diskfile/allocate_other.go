//go:build !linux

package diskfile

import "os"

// allocate lengthens file to size.
func allocate(file *os.File, size int64) error { return writeZeros(file, size) }
