package indexfile

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/memista/memista/internal/adapters/diskfile"
	"github.com/memista/memista/internal/domain"
)

// file is what a Writer needs of an *os.File; tests put failing ones in its place.
type file interface {
	io.Writer
	io.WriterAt
	Name() string
	Sync() error
	Close() error
}

// Writer writes one index file. It is for one goroutine. After its first error all
// calls return that error.
type Writer struct {
	path     string
	f        file // nil once committed or aborted
	buf      *bufio.Writer
	header   Header
	sections []section
	open     bool // the last section still grows
	at       int64
	block    uint32 // checksum of the block under way
	filled   int    // bytes in it
	err      error
}

// Create begins a file that is to stand at path. It returns ErrForeignFile if a file of
// someone else is there. Nothing changes at path until Commit; a Writer that is not
// committed must be aborted.
func Create(path string, h Header) (*Writer, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	if _, err := claim(path); err != nil {
		return nil, err
	}
	sweep(path)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return nil, kind(err)
	}
	w, err := newWriter(f, path, h)
	if err != nil {
		w.Abort()
		return nil, err
	}
	return w, nil
}

func newWriter(f file, path string, h Header) (*Writer, error) {
	w := &Writer{path: path, f: f, buf: bufio.NewWriterSize(f, 1<<18), header: h}
	// The mark goes in first, so that the leftover of a crash is known as ours.
	page := make([]byte, pageSize)
	copy(page, magic)
	if _, err := w.buf.Write(page); err != nil {
		return w, w.fail(err)
	}
	w.at = pageSize
	return w, w.fail(w.buf.Flush())
}

// Section begins the section called name and returns where to write it. It ends when
// the next one begins or the file is committed. Names have at most 24 bytes and occur
// once; a file has at most 89 sections.
func (w *Writer) Section(name string) (io.Writer, error) {
	if err := w.endSection(); err != nil {
		return nil, err
	}
	if name == "" || len(name) > nameSize || len(w.sections) == maxSection {
		return nil, w.fail(fmt.Errorf("index file: section %q cannot be the %dth", name, len(w.sections)))
	}
	for _, s := range w.sections {
		if s.name == name {
			return nil, w.fail(fmt.Errorf("index file: section %q begun twice", name))
		}
	}
	w.sections = append(w.sections, section{name: name, offset: w.at})
	w.open, w.block, w.filled = true, 0, 0
	return sectionWriter{w}, nil
}

// Add writes a whole section, made of parts.
func (w *Writer) Add(name string, parts ...[]byte) error {
	s, err := w.Section(name)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := s.Write(p); err != nil {
			return err
		}
	}
	return nil
}

// Commit makes the file durable and puts it at the path. On error the path is as it
// was and nothing of the new file remains.
func (w *Writer) Commit() error {
	defer w.Abort()
	if err := w.addLists(); err != nil {
		return err
	}
	if err := w.endSection(); err != nil {
		return err
	}
	if err := w.fail(w.buf.Flush()); err != nil {
		return err
	}
	if _, err := w.f.WriteAt(w.header.encode(w.sections, w.at), 0); err != nil {
		return w.fail(err)
	}
	if err := w.fail(w.f.Sync()); err != nil {
		return err
	}
	name := w.f.Name()
	if err := w.fail(w.f.Close()); err != nil {
		return err
	}
	// Whoever put a file there since Create shall keep it.
	there, err := claim(w.path)
	if err == nil && there {
		err = keepMode(w.path, name)
	}
	if err != nil {
		return w.fail(err)
	}
	if err := os.Rename(name, w.path); err != nil {
		return w.fail(err)
	}
	w.f, w.err = nil, errDone
	if err := diskfile.SyncDir(filepath.Dir(w.path)); err != nil {
		return kind(err)
	}
	return nil
}

// keepMode gives the file called name the mode of the one at path, whose place it takes.
// New files are for nobody else's eyes.
func keepMode(path, name string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Chmod(name, info.Mode().Perm())
}

// Abort gives the file up: nothing of it remains. It does nothing after Commit.
func (w *Writer) Abort() {
	if w.f == nil {
		return
	}
	// Closing twice is an error nobody needs; the file must be gone either way.
	_ = w.f.Close()
	_ = os.Remove(w.f.Name())
	w.f = nil
	if w.err == nil {
		w.err = errDone
	}
}

var errDone = errors.New("index file: already committed or aborted")

func (w *Writer) fail(err error) error {
	if err != nil && w.err == nil {
		w.err = kind(err)
		return w.err
	}
	return w.err
}

func (w *Writer) endSection() error {
	if w.err != nil || !w.open {
		return w.err
	}
	s := &w.sections[len(w.sections)-1]
	if w.filled > 0 {
		s.sum = addBlock(s.sum, w.block)
	}
	s.length = w.at - s.offset
	w.open = false
	var zeros [align]byte
	n := s.end() - w.at
	w.at += n
	_, err := w.buf.Write(zeros[:n])
	return w.fail(err)
}

// sectionWriter writes to the section that was begun last.
type sectionWriter struct{ w *Writer }

func (s sectionWriter) Write(p []byte) (int, error) {
	w := s.w
	if w.err != nil {
		return 0, w.err
	}
	entry := &w.sections[len(w.sections)-1]
	for rest := p; len(rest) > 0; {
		n := min(len(rest), blockSize-w.filled)
		w.block = crc32.Update(w.block, castagnoli, rest[:n])
		w.filled += n
		if w.filled == blockSize {
			entry.sum = addBlock(entry.sum, w.block)
			w.block, w.filled = 0, 0
		}
		rest = rest[n:]
	}
	n, err := w.buf.Write(p)
	w.at += int64(n)
	return n, w.fail(err)
}

// addBlock extends a section's checksum by that of its next block.
func addBlock(sum, block uint32) uint32 {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], block)
	return crc32.Update(sum, castagnoli, b[:])
}

// Remove removes the file at path, and what a crash left of an attempt to write it. No
// file is fine; a file of someone else stays and is ErrForeignFile.
func Remove(path string) error {
	sweep(path)
	there, err := claim(path)
	if err != nil || !there {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return kind(err)
	}
	if err := diskfile.SyncDir(filepath.Dir(path)); err != nil {
		return kind(err)
	}
	return nil
}

// claim reports whether a file stands at path, and ErrForeignFile unless it is ours.
func claim(path string) (bool, error) { return claimWith(path, os.Open) }

// claimWith is claim with a function that opens the file, which may be gone by then.
func claimWith(path string, open func(string) (*os.File, error)) (bool, error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, kind(err)
	}
	if !info.Mode().IsRegular() {
		return true, foreign(path)
	}
	f, err := open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return true, kind(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	page := make([]byte, pageSize)
	n, err := io.ReadFull(f, page)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return true, kind(err)
	}
	if !ours(page[:n]) {
		return true, foreign(path)
	}
	return true, nil
}

// sweep removes temporary files that a crash left beside path, if they are ours.
func sweep(path string) {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return // Create will meet the same error and report it
	}
	for _, e := range entries {
		if !isLeft(e.Name(), filepath.Base(path)) {
			continue
		}
		left := filepath.Join(filepath.Dir(path), e.Name())
		if there, err := claim(left); there && err == nil {
			_ = os.Remove(left) // if it cannot go now, the next sweep tries again
		}
	}
}

// isLeft reports whether name is what Create calls the file that is to be base: with
// digits in the middle, for an id may make the name of another index begin with base.
func isLeft(name, base string) bool {
	rest, ours := strings.CutPrefix(name, base+".")
	digits, whole := strings.CutSuffix(rest, ".tmp")
	return ours && whole && digits != "" && strings.Trim(digits, "0123456789") == ""
}

func foreign(path string) error {
	return fmt.Errorf("%s: %w", path, domain.ErrForeignFile)
}

// kind adds the domain's kind to an error of the system.
func kind(err error) error {
	if errors.Is(err, syscall.ENOSPC) && !errors.Is(err, domain.ErrDiskFull) {
		return fmt.Errorf("%w: %w", domain.ErrDiskFull, err)
	}
	return err
}
