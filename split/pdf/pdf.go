// Package pdf reads the text of PDF files for package split.
package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/ledongthuc/pdf"

	"github.com/memista/memista/split"
)

// Read reads the text of a PDF file: paragraphs as far as the gaps between lines tell them,
// with the number of their page for a line. Headings cannot be told. What has no text
// layer, such as a scan, gives a document without blocks. A file that is damaged, or that
// wants a password, is split.ErrFormat.
func Read(raw []byte) (d *split.Document, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics for what is damaged
			d, err = nil, fmt.Errorf("%w: the PDF is damaged: %v", split.ErrFormat, r)
		}
	}()
	file, err := pdf.NewReader(newBudget(raw), int64(len(raw)))
	if errors.Is(err, pdf.ErrInvalidPassword) {
		return nil, fmt.Errorf("%w: the PDF wants a password", split.ErrFormat)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", split.ErrFormat, err)
	}
	pages := file.NumPage()
	if pages < 0 || pages > len(raw) {
		return nil, fmt.Errorf("%w: the PDF is damaged: it says that it has %d pages", split.ErrFormat, pages)
	}
	d = &split.Document{Title: strings.ToValidUTF8(file.Trailer().Key("Info").Key("Title").Text(), "")}
	for n := 1; n <= pages; n++ {
		for _, text := range paragraphs(file.Page(n).Content().Text) {
			d.Blocks = append(d.Blocks, split.Block{Kind: split.Paragraph, Text: text, Line: n})
		}
	}
	return d, nil
}

// budget is a file that can be read only so often: a damaged one can send a reader in
// circles.
type budget struct {
	*bytes.Reader
	left int
}

// newBudget returns a file that can be read a thousand times, which is more than any that
// is whole needs: its objects are read once per use.
func newBudget(raw []byte) *budget { return &budget{bytes.NewReader(raw), 1000*len(raw) + 16<<20} }

// ReadAt implements io.ReaderAt. It panics when the budget is used up, for readers go on
// after an error.
func (b *budget) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= len(p) + 1; b.left < 0 {
		panic("it refers to itself")
	}
	return b.Reader.ReadAt(p, off)
}
