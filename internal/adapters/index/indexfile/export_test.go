package indexfile

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"os"
)

// NewWriterTo lets tests write through a failing file.
func NewWriterTo(f file, path string, h Header) (*Writer, error) { return newWriter(f, path, h) }

// OpenAfter is Open with something that happens between the look at what stands at path
// and its reading.
func OpenAfter(path string, want Want, happens func()) (*File, error) {
	return openWith(path, want, func(path string) ([]byte, func() error, error) {
		happens()
		return load(path)
	})
}

// ClaimAfter tells whether there is a file of ours at path to replace or remove, if
// something happens while it looks.
func ClaimAfter(path string, happens func()) (bool, error) {
	return claimWith(path, func(path string) (*os.File, error) {
		happens()
		return os.Open(path)
	})
}

// Names returns the names of all sections.
func (f *File) Names() []string {
	var names []string
	for _, s := range f.sections {
		names = append(names, s.name)
	}
	return names
}

// Reseal puts the right checksum on a damaged header, so that fuzzing gets past it.
func Reseal(content []byte) []byte {
	content = bytes.Clone(content)
	if len(content) >= pageSize {
		binary.LittleEndian.PutUint32(content[crcAt:], crc32.Checksum(content[:crcAt], castagnoli))
	}
	return content
}
