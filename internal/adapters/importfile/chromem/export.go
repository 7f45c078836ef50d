package chromem

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// shape are the types of an export: a struct with the map Collections of structs with Name,
// Metadata and the map Documents.
type shape struct {
	collection form
	documents  int64 // type of the map
	document   form
}

// collections reads an export and calls each for every collection, which must read its
// documents or skip them. It stops when each says so.
func (g *gob) collections(each func(name string, s shape) (more bool, err error)) error {
	top, err := g.value()
	if err != nil {
		return err
	}
	at := slices.IndexFunc(top.fields, func(f field) bool { return f.name == "Collections" })
	if at < 0 {
		return damaged("it has no collections")
	}
	s, err := g.shape(top.fields[at])
	if err != nil {
		return err
	}
	err = g.fields(top, func(f field) error {
		if f.name != "Collections" {
			return g.skip(f.typ, 0)
		}
		n, err := g.uint()
		for ; n > 0 && err == nil; n-- {
			var name string
			if name, err = g.text(); err != nil {
				return err
			}
			var more bool
			if more, err = each(name, s); err == nil && !more {
				return errStop
			}
		}
		return err
	})
	if errors.Is(err, errStop) {
		return nil
	}
	return err
}

// errStop ends the reading of an export before its end.
var errStop = errors.New("enough")

func (g *gob) shape(f field) (s shape, err error) {
	of, err := g.is(f.typ, 'm')
	if err != nil || of.key != stringType {
		return s, damaged("its collections have no names")
	}
	if s.collection, err = g.is(of.elem, 's'); err != nil {
		return s, err
	}
	at := slices.IndexFunc(s.collection.fields, func(f field) bool { return f.name == "Documents" })
	if at < 0 {
		return s, damaged("its collections have no documents")
	}
	s.documents = s.collection.fields[at].typ
	if of, err = g.is(s.documents, 'm'); err != nil || of.key != stringType {
		return s, damaged("its documents have no names")
	}
	s.document, err = g.is(of.elem, 's')
	return s, err
}

// documents reads a collection: after skip documents, each is called for every one that
// follows. It returns how many it read and skipped.
func (g *gob) documents(s shape, skip int64, each func(domain.Chunk) (more bool)) (count int64, err error) {
	err = g.fields(s.collection, func(f field) error {
		if f.name != "Documents" {
			return g.skip(f.typ, 0)
		}
		n, err := g.uint()
		for ; n > 0 && err == nil; n-- {
			if err = g.skip(stringType, 0); err != nil {
				return err
			}
			count++
			if count <= skip {
				err = g.fields(s.document, func(f field) error { return g.skip(f.typ, 0) })
				continue
			}
			var c domain.Chunk
			if c, err = g.document(s.document); err == nil && !each(c) {
				return errStop
			}
		}
		return err
	})
	return count, err
}

// plain returns what is compressed in r, or r if it is not.
func plain(r io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	head, err := b.Peek(len(magic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if !slices.Equal(head, magic) {
		return b, nil
	}
	z, err := gzip.NewReader(b)
	if err != nil {
		return nil, cut(err)
	}
	return z, nil
}

// inExport yields the documents of a collection of the export that open opens, but for the
// first skip. The last pair may have an error.
func inExport(open func() (io.ReadCloser, error), name string, skip int64) iter.Seq2[domain.Chunk, error] {
	return func(yield func(domain.Chunk, error) bool) {
		stopped := false
		err := with(open, func(g *gob) error {
			return g.collections(func(found string, s shape) (bool, error) {
				if found != name {
					return true, g.fields(s.collection, func(f field) error { return g.skip(f.typ, 0) })
				}
				_, err := g.documents(s, skip, func(c domain.Chunk) bool {
					stopped = !yield(c, nil)
					return !stopped
				})
				return false, err
			})
		})
		if err != nil && !stopped {
			yield(domain.Chunk{}, err)
		}
	}
}

// with opens a stream and has f read it.
func with(open func() (io.ReadCloser, error), f func(*gob) error) error {
	in, err := open()
	if err != nil {
		return err
	}
	r, err := plain(in)
	if err == nil {
		err = f(newGob(r))
	}
	return errors.Join(err, in.Close())
}
