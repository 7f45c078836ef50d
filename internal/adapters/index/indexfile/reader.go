package indexfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/memista/memista/internal/adapters/filemap"
	"github.com/memista/memista/internal/domain"
)

// Want says which index a caller is ready to read. An empty Kind matches any.
type Want struct {
	Engine      string
	Kind        string
	Metric      domain.Metric
	Dims        int
	Incarnation domain.Incarnation
}

// File is an open index file whose bytes have all been verified. Its methods but Close
// are safe for concurrent use.
type File struct {
	header   Header
	sections []section
	data     []byte
	size     int64
	release  func() error
}

// Open opens the file at path and verifies all of it. The errors are those of
// ports.FileEngine: ErrNotFound, ErrForeignFile, ErrStaleSnapshot if it is not what the
// caller wants, ErrCorrupt if any byte differs from what was written.
func Open(path string, want Want) (*File, error) { return openWith(path, want, load) }

// Mapped reports whether open files take no memory of their own on this system.
const Mapped = filemap.Mapped

func load(path string) ([]byte, func() error, error) { return filemap.Load(path, filemap.Write) }

// openWith is Open with a function that reads the file, which may be gone by then.
func openWith(path string, want Want, load func(string) ([]byte, func() error, error)) (*File, error) {
	info, err := os.Lstat(path)
	var data []byte
	var release func() error
	if err == nil {
		if !info.Mode().IsRegular() {
			return nil, foreign(path)
		}
		data, release, err = load(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", path, domain.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	f := &File{data: data, size: int64(len(data)), release: release}
	if err := f.verify(path, want); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func (f *File) verify(path string, want Want) error {
	page := f.data[:min(len(f.data), pageSize)]
	if !ours(page) {
		return foreign(path)
	}
	var err error
	f.header, f.sections, err = decode(page, int64(len(f.data)))
	if err != nil {
		return err
	}
	if err := f.header.matches(want); err != nil {
		return err
	}
	if err := f.verifySections(); err != nil {
		return err
	}
	return f.readLists()
}

func (h Header) matches(want Want) error {
	stale := func(what string, got, wanted any) error {
		return domain.Errorf(domain.ErrStaleSnapshot, "index file has %s %v, wanted %v", what, got, wanted)
	}
	switch {
	case h.Engine != want.Engine:
		return stale("engine", h.Engine, want.Engine)
	case h.Metric != want.Metric:
		return stale("metric", h.Metric, want.Metric)
	case h.Dims != want.Dims:
		return stale("dims", h.Dims, want.Dims)
	case want.Kind != "" && h.Kind != want.Kind:
		return stale("kind", h.Kind, want.Kind)
	case h.Snapshot.Incarnation != want.Incarnation:
		return stale("incarnation", h.Snapshot.Incarnation, want.Incarnation)
	}
	return nil
}

// Header returns what the file says of itself.
func (f *File) Header() Header { return f.header }

// Section returns the bytes of the section called name, starting at a multiple of 64
// bytes. The caller may write to them: that changes its memory, never the file. They
// are valid until Close.
func (f *File) Section(name string) ([]byte, bool) {
	for _, s := range f.sections {
		if s.name == name {
			return f.data[s.offset : s.offset+s.length : s.offset+s.length], true
		}
	}
	return nil, false
}

// Size returns the size of the file in bytes, also after Close.
func (f *File) Size() int64 { return f.size }

// Close releases the file's bytes. It may be called twice.
func (f *File) Close() error {
	if f.release == nil {
		return nil
	}
	release := f.release
	f.data, f.release = nil, nil
	return release()
}
