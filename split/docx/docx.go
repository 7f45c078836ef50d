// Package docx reads documents of Word (Office Open XML, ECMA-376) for package split.
package docx

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/memista/memista/split"
)

// What is read of a file is bounded, so that a small one cannot fill the memory.
const (
	maxXML    = 64 << 20 // unpacked
	maxText   = 16 << 20 // in it; some 5,000 pages
	maxBlocks = 250_000
	maxDepth  = 1000 // elements in elements; tables in tables take some dozens
)

// Read reads a .docx file: its paragraphs, headings by their styles, and the rows of its
// tables. Blocks have the number of their paragraph for a line. The title is that of the
// properties, else the paragraph in the style Title. Anything else is split.ErrFormat.
func Read(raw []byte) (*split.Document, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("%w: it is no Word document: %w", split.ErrFormat, err)
	}
	var r reader
	if err := parse(z, "word/document.xml", r.token); err != nil {
		return nil, fmt.Errorf("%w: word/document.xml: %w", split.ErrFormat, err)
	}
	r.end()
	var core properties
	err = parse(z, "docProps/core.xml", core.token)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: docProps/core.xml: %w", split.ErrFormat, err)
	}
	if r.doc.Title = strings.TrimSpace(core.title.String()); r.doc.Title == "" {
		r.doc.Title = r.title
	}
	return &r.doc, nil
}

// parse calls fn with every token of a file in z.
func parse(z *zip.Reader, name string, fn func(xml.Token) error) error {
	f, err := z.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // of a reader in memory
	limited := &io.LimitedReader{R: f, N: maxXML}
	dec := xml.NewDecoder(limited)
	for depth := 0; ; {
		t, err := dec.Token()
		switch t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		switch {
		case depth > maxDepth:
			return fmt.Errorf("it is nested deeper than %d elements", maxDepth)
		case limited.N <= 0:
			return fmt.Errorf("it is larger than %d MiB", maxXML>>20)
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := fn(t); err != nil {
			return err
		}
	}
}

// properties reads the title of a document.
type properties struct {
	title  strings.Builder
	inside bool
}

func (p *properties) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		p.inside = t.Name.Local == "title"
	case xml.EndElement:
		p.inside = false
	case xml.CharData:
		if p.inside {
			p.title.Write(t)
		}
	}
	return nil
}

// reader puts the tokens of a document together.
type reader struct {
	doc   split.Document
	title string // paragraph in the style Title
	text  strings.Builder
	bytes int // of all text
	style string
	line  int
	rows  int  // tables that we are in
	shown bool // in w:t
}

func (r *reader) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		r.start(t)
	case xml.EndElement:
		r.stop(t.Name.Local)
	case xml.CharData:
		if r.shown {
			r.text.Write(t)
			r.bytes += len(t)
		}
	}
	switch {
	case r.bytes > maxText:
		return fmt.Errorf("it has more than %d MiB of text", maxText>>20)
	case len(r.doc.Blocks) > maxBlocks:
		return fmt.Errorf("it has more than %d paragraphs", maxBlocks)
	}
	return nil
}

func (r *reader) start(t xml.StartElement) {
	switch t.Name.Local {
	case "t":
		r.shown = true
	case "tab":
		r.text.WriteByte('\t')
	case "br", "cr":
		r.text.WriteByte('\n')
	case "pStyle":
		for _, a := range t.Attr {
			if a.Name.Local == "val" {
				r.style = a.Value
			}
		}
	case "tbl":
		r.rows++
	}
}

func (r *reader) stop(name string) {
	switch name {
	case "t":
		r.shown = false
	case "p":
		r.line++
		if r.rows > 0 {
			r.text.WriteByte(' ') // between cells
			return
		}
		r.end()
	case "tr":
		r.end()
	case "tbl":
		r.rows = max(r.rows-1, 0)
	}
}

// end ends the block at hand.
func (r *reader) end() {
	text, style := strings.TrimSpace(r.text.String()), r.style
	r.text.Reset()
	r.style = ""
	if text == "" {
		return
	}
	b := split.Block{Kind: split.Paragraph, Text: text, Line: max(r.line, 1)}
	if level := levelOf(style); level > 0 {
		b.Kind, b.Level = split.Heading, level
	}
	if style == "Title" && r.title == "" {
		r.title = text
	}
	r.doc.Blocks = append(r.doc.Blocks, b)
}

// levelOf returns the level of a heading by the name of its style, which is Heading1 and so
// on in documents of all languages; 0 if it is none.
func levelOf(style string) int {
	if style == "Title" {
		return 1
	}
	rest, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(style), " ", ""), "heading")
	level, err := strconv.Atoi(rest)
	if !ok || err != nil || level < 1 || level > 9 {
		return 0
	}
	return level
}
