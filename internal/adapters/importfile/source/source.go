package source

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// Source yields the rows of one file, or of a vector file and its text file. It is for
// one goroutine.
type Source struct {
	rows  rows
	texts *lines // nil: no text file
	files []*os.File
	size  int64
	print string
	row   int64 // the row that Next returned last
}

// rows is one file format. A row is a line of a JSON file, blank ones included, or a
// vector.
type rows interface {
	// next returns the next row, counted from 1, or io.EOF.
	next() (domain.Chunk, int64, error)
	// skip passes over n rows.
	skip(n int64) error
	// read returns how many bytes have been consumed.
	read() int64
}

// buffer is large enough that reading costs little beside decoding.
const buffer = 1 << 18

// Open opens the file at path, whose extension tells its format: .jsonl or .ndjson,
// .fbin, .fvecs, .npy. For vectors, textPath may name a file with one line of text per
// vector; it is "" otherwise.
func Open(path, textPath string) (*Source, error) {
	s := &Source{}
	if err := s.open(path, textPath); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Source) open(path, textPath string) error {
	f, err := s.file(path)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	s.size = info.Size()
	r := &counted{r: bufio.NewReaderSize(f, buffer)}
	switch ext := strings.ToLower(filepath.Ext(path)); ext {
	case ".jsonl", ".ndjson":
		if textPath != "" {
			return fmt.Errorf("%s carries its own text, a text file is for vectors only", path)
		}
		s.rows = &jsonLines{lines: lines{r: r}}
	case ".fbin":
		s.rows, err = openFbin(r, s.size)
	case ".fvecs":
		s.rows = &fvecs{vectors: vectors{r: r, end: s.size}}
	case ".npy":
		s.rows, err = openNpy(r, s.size)
	default:
		return fmt.Errorf("%s: unknown kind of file %q, use .jsonl, .ndjson, .fbin, .fvecs or .npy", path, ext)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if textPath != "" {
		t, err := s.file(textPath)
		if err != nil {
			return err
		}
		s.texts = &lines{r: &counted{r: bufio.NewReaderSize(t, buffer)}}
	}
	s.print, err = fingerprint(s.files)
	return err
}

// AllowNoEmbedding lets rows of JSON lines be without an embedding; without it they are
// ErrNoEmbedding.
func (s *Source) AllowNoEmbedding() {
	if j, ok := s.rows.(*jsonLines); ok {
		j.optional = true
	}
}

// file opens a regular file and keeps it for Close.
func (s *Source) file(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	s.files = append(s.files, f)
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	return f, nil
}

// fingerprint changes, as good as always, when one of the files does: it is made of
// their sizes, times and beginnings.
func fingerprint(files []*os.File) (string, error) {
	const beginning = 1 << 20
	h := sha256.New()
	for _, f := range files {
		info, err := f.Stat()
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%d %d\n", info.Size(), info.ModTime().UnixNano())
		if _, err := io.Copy(h, io.NewSectionReader(f, 0, beginning)); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Next returns the next chunk and its row, counted from 1 (in JSON lines: the line), or
// io.EOF after the last. Its error names the row.
func (s *Source) Next(ctx context.Context) (domain.Chunk, int64, error) {
	if err := ctx.Err(); err != nil {
		return domain.Chunk{}, 0, err
	}
	ch, row, err := s.rows.next()
	if err == nil && s.texts != nil {
		ch.Text, err = s.text()
	} else if errors.Is(err, io.EOF) {
		if err := s.noMoreText(); err != nil {
			return domain.Chunk{}, 0, err
		}
		return domain.Chunk{}, 0, io.EOF
	}
	if err != nil {
		return domain.Chunk{}, 0, fmt.Errorf("row %d: %w", row, err)
	}
	s.row = row
	return ch, row, nil
}

func (s *Source) text() (string, error) {
	line, err := s.texts.next()
	if errors.Is(err, io.EOF) {
		return "", errors.New("the text file has no line for it")
	}
	return string(line), err
}

func (s *Source) noMoreText() error {
	if s.texts == nil {
		return nil
	}
	if _, err := s.texts.next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("the text file has more lines than the %d vectors", s.row)
	}
	return nil
}

// Skip passes over the rows up to and including row, so that Next returns the one after.
func (s *Source) Skip(row int64) error {
	if err := s.rows.skip(row - s.row); err != nil {
		return fmt.Errorf("skip to row %d: %w", row, err)
	}
	for i := s.row; s.texts != nil && i < row; i++ {
		if _, err := s.text(); err != nil {
			return fmt.Errorf("skip to row %d: %w", row, err)
		}
	}
	s.row = row
	return nil
}

// Read and Size tell how many bytes of the file have been consumed, of how many.
func (s *Source) Read() int64 { return s.rows.read() }

// Size is the length of the file in bytes.
func (s *Source) Size() int64 { return s.size }

// Fingerprint changes when the content of the files does.
func (s *Source) Fingerprint() string { return s.print }

// Close closes the files.
func (s *Source) Close() error {
	var err error
	for _, f := range s.files {
		err = errors.Join(err, f.Close())
	}
	s.files = nil
	return err
}

// counted counts what is read.
type counted struct {
	r *bufio.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *counted) discard(n int64) error {
	done, err := io.CopyN(io.Discard, c, n)
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the file ends %d bytes early", n-done)
	}
	return err
}
