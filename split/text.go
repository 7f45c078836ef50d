package split

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Text reads plain text in UTF-8: paragraphs, which blank lines separate. Anything else is
// ErrFormat.
func Text(raw []byte) (*Document, error) {
	text, err := decode(raw)
	if err != nil {
		return nil, err
	}
	var d Document
	var p gather
	for n, line := range numbered(text) {
		if strings.TrimSpace(line) == "" {
			p.end(&d)
			continue
		}
		p.add(Paragraph, n, line)
	}
	p.end(&d)
	return &d, nil
}

// decode returns what is in a file of text, without a byte order mark and with the line
// ends of Unix.
func decode(raw []byte) (string, error) {
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) {
		line, at := 1, 0
		for at < len(raw) {
			r, n := utf8.DecodeRune(raw[at:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			if r == '\n' {
				line++
			}
			at += n
		}
		return "", fmt.Errorf("%w: line %d is not UTF-8", ErrFormat, line)
	}
	return strings.ReplaceAll(string(raw), "\r\n", "\n"), nil
}

// numbered returns the lines of text with their numbers, from 1.
func numbered(text string) func(func(int, string) bool) {
	return func(yield func(int, string) bool) {
		n := 0
		for line := range strings.Lines(text) {
			n++
			if !yield(n, line) {
				return
			}
		}
	}
}

// gather puts lines together to a block.
type gather struct {
	text strings.Builder
	kind Kind
	line int // of the first, 0: there is none
}

// add appends a line; the first one says the kind of the block.
func (g *gather) add(kind Kind, n int, line string) {
	if g.line == 0 {
		g.kind, g.line = kind, n
	}
	g.text.WriteString(line)
}

// end appends the block to d, if there is one.
func (g *gather) end(d *Document) {
	if g.line != 0 {
		d.Blocks = append(d.Blocks, Block{Kind: g.kind, Text: strings.TrimRight(g.text.String(), "\n"), Line: g.line})
	}
	*g = gather{}
}
