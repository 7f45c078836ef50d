package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	library "github.com/ledongthuc/pdf"

	"github.com/memista/memista/split"
)

// maxPages is how many pages are read of a file.
const maxPages = 20_000

// parse reads a file. Damaged ones can have it panic, and take any time or memory: it is
// called in a process of its own.
func parse(raw []byte) (*split.Document, error) {
	var out lines
	var title string
	if err := guarded(func() error {
		r, err := library.NewReader(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return err
		}
		title = clean(r.Trailer().Key("Info").Key("Title").Text())
		return readPages(r, &out)
	}); err != nil {
		return nil, explained(err)
	}
	switch {
	case out.unknown > out.known:
		return nil, errors.New("its fonts do not say which letters they show")
	case len(out.all) == 0:
		return nil, errors.New("it has no text: its pages may be scanned")
	}
	d := &split.Document{Title: title, Blocks: blocks(out.all)}
	if name := strings.ToLower(title); strings.Contains(name, ".") && !strings.Contains(name, ". ") || strings.HasPrefix(name, "untitled") {
		d.Title = "" // the name of some file
	}
	for _, b := range d.Blocks {
		if d.Title == "" && b.Kind == split.Heading && b.Level == 1 {
			d.Title = b.Text
		}
	}
	return d, nil
}

func readPages(r *library.Reader, out *lines) error {
	n := r.NumPage()
	if n > maxPages {
		return fmt.Errorf("it has %d pages, more than %d", n, maxPages)
	}
	fonts := map[string]*font{}
	for i := 1; i <= n; i++ {
		out.page = i
		err := guarded(func() error { return readPage(r.Page(i).V, fonts, out) })
		if err == nil && out.bytes > maxLetters {
			err = errLetters
		}
		if err != nil {
			return fmt.Errorf("page %d: %w", i, err)
		}
		out.end()
	}
	return nil
}

// guarded runs fn and returns its panic as an error: the library panics where a file is
// damaged.
func guarded(fn func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
		default:
			err = fmt.Errorf("%v", r)
		}
	}()
	return fn()
}

// explained returns what the library says of files with passwords in plain words.
func explained(err error) error {
	if errors.Is(err, library.ErrInvalidPassword) || strings.Contains(err.Error(), "encryption") {
		return fmt.Errorf("it is encrypted, in a way or with a password that is not known: %w", err)
	}
	return err
}
