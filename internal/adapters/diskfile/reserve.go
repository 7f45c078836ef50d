package diskfile

import (
	"errors"
	"io"
	"os"
	"slices"
)

const (
	// ReserveSize is how much a Reserve keeps where there is plenty of room.
	ReserveSize = 16 << 20
	// leastReserve is how much it keeps at least: with less it is of no use.
	leastReserve = 1 << 20
	// reserveShare is the part of the room that is kept at most.
	reserveShare = 8
	// reserveSteps is in how many parts it is given up.
	reserveSteps = 4
)

// Reserve keeps room on a disk, in a file, for what must be possible when nothing is left:
// to delete. It is given up in parts, and while it is not whole again nothing else should
// be written. It is used by one goroutine at a time; the zero value keeps nothing.
type Reserve struct {
	path  string
	room  func() (bytes int64, known bool)
	whole int64 // what it keeps when it is whole; 0: it was not made yet
	have  int64
}

// NewReserve returns a reserve in the file at path, which Keep makes. room tells how much
// can still be written on its disk.
func NewReserve(path string, room func() (bytes int64, known bool)) Reserve {
	return Reserve{path: path, room: room}
}

// Keep makes the file, or makes it whole again, if there is room to spare, and reports
// whether it is whole or nothing was given up.
func (r *Reserve) Keep() bool {
	if r.path == "" || r.whole > 0 && r.have == r.whole {
		return true
	}
	room, known := r.room()
	if !known {
		return r.whole == 0
	}
	size := r.whole
	if size == 0 {
		left, ours := leftReserve(r.path)
		if !ours {
			r.path = ""
			return true
		}
		if size = min(ReserveSize, (room+left)/reserveShare); size < leastReserve {
			return true
		}
		r.have = min(left, size)
	} else if room < size-r.have+size/2 { // else the next write would meet a full disk again
		return false
	}
	if err := setSize(r.path, size); err != nil {
		if r.have == 0 && r.whole == 0 {
			_ = os.Remove(r.path)
			return true
		}
		_ = os.Truncate(r.path, r.have) // what was kept before is kept still
		return r.whole == 0
	}
	r.whole, r.have = size, size
	return true
}

// Low reports whether a part was given up that is not kept again yet.
func (r *Reserve) Low() bool { return r.have < r.whole }

// GiveUp makes a part of the room free, and reports whether there was any left.
func (r *Reserve) GiveUp() bool {
	if r.have == 0 {
		return false
	}
	r.have = max(0, r.have-(r.whole+reserveSteps-1)/reserveSteps)
	return os.Truncate(r.path, r.have) == nil
}

// Close removes the file.
func (r *Reserve) Close() error {
	if r.path == "" || r.whole == 0 && r.have == 0 {
		return nil
	}
	err := os.Remove(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// leftReserve returns how much is in a file that a process left that was killed, and
// whether the name is free for a reserve: what is not all zeros is somebody else's.
func leftReserve(path string) (size int64, ours bool) {
	file, err := os.Open(path)
	if err != nil {
		return 0, errors.Is(err, os.ErrNotExist)
	}
	defer func() { _ = file.Close() }() // it was only read
	head := make([]byte, 4096)
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, false
	}
	size = fileSize(file)
	return size, size <= ReserveSize && !slices.ContainsFunc(head[:n], func(b byte) bool { return b != 0 })
}

// setSize makes a file of size bytes, which the disk really has.
func setSize(path string, size int64) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	err = file.Truncate(min(size, fileSize(file)))
	if err == nil {
		err = allocate(file, size)
	}
	return errors.Join(err, file.Close())
}

func fileSize(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// writeZeros lengthens file to size by writing.
func writeZeros(file *os.File, size int64) error {
	zeros := make([]byte, 1<<20)
	for at := fileSize(file); at < size; {
		n, err := file.WriteAt(zeros[:min(int64(len(zeros)), size-at)], at)
		if err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}
