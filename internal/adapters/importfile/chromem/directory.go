package chromem

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// metadataFile is the file with the name of a collection, but for its extensions.
const metadataFile = "00000000"

// isDocument reports whether a file of the directory of a collection is one of its documents.
func isDocument(name string) bool {
	base, ok := strings.CutSuffix(strings.TrimSuffix(name, ".gz"), ".gob")
	return ok && base != metadataFile
}

// listDirectory finds the collections in the directory of a persistent database.
func (f *File) listDirectory(ctx context.Context) error {
	entries, err := os.ReadDir(f.path)
	if err != nil {
		return err
	}
	h := sha256.New()
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		c, err := f.directory(ctx, filepath.Join(f.path, e.Name()), h)
		if errors.Is(err, fs.ErrNotExist) {
			continue // a directory of something else
		}
		if err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
		f.collections = append(f.collections, c)
	}
	f.print = hex.EncodeToString(h.Sum(nil))
	if len(f.collections) == 0 {
		return domain.Errorf(domain.ErrInvalid, "it has no collections of chromem-go: name an export, or the directory of a persistent database")
	}
	return nil
}

// directory reads what a directory has. It is fs.ErrNotExist without the name of a
// collection. All that changes with its files goes into marks.
func (f *File) directory(ctx context.Context, dir string, marks io.Writer) (c collection, err error) {
	path := filepath.Join(dir, metadataFile+".gob")
	if _, err := os.Stat(path); err != nil {
		path += ".gz"
		if _, err := os.Stat(path); err != nil {
			return c, err
		}
	}
	err = with(opener(path), func(g *gob) error {
		of, err := g.value()
		if err != nil {
			return err
		}
		return g.fields(of, func(one field) (err error) {
			if one.name == "Name" {
				c.name, err = g.str(one)
				return err
			}
			return g.skip(one.typ, 0)
		})
	})
	if err != nil {
		return c, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	c.dir = dir
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if ctx.Err() != nil {
			return c, ctx.Err()
		}
		if e.IsDir() || !isDocument(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return c, err
		}
		fmt.Fprintf(marks, "%s %s %d %d\n", dir, e.Name(), info.Size(), info.ModTime().UnixNano())
		c.files = append(c.files, e.Name())
	}
	c.count = int64(len(c.files))
	return c, err
}

// opener returns what opens a file.
func opener(path string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return os.Open(path) }
}

// inDirectory yields the documents in the files of a collection, but for the first skip. The
// last pair may have an error.
func inDirectory(c collection, skip int64) iter.Seq2[domain.Chunk, error] {
	return func(yield func(domain.Chunk, error) bool) {
		for _, name := range c.files[min(skip, int64(len(c.files))):] {
			var chunk domain.Chunk
			err := with(opener(filepath.Join(c.dir, name)), func(g *gob) error {
				of, err := g.value()
				if err != nil {
					return err
				}
				chunk, err = g.document(of)
				return err
			})
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
			if !yield(chunk, err) || err != nil {
				return
			}
		}
	}
}
