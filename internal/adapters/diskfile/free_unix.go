//go:build unix

package diskfile

import "golang.org/x/sys/unix"

// FreeSpace returns how many bytes can still be written in the file system of dir.
func FreeSpace(dir string) (bytes int64, known bool) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true //nolint:unconvert // their types differ from system to system
}
