// Package html reads HTML for package split.
package html

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/memista/memista/split"
)

// Read reads HTML in UTF-8, whole pages and parts of some: what can be seen of it as far as
// its elements say, not its style sheets, with
// headings h1 to h6, pre as code, and a paragraph for each other element that is not part
// of a line. The title is that of the page, else the first h1. Anything but UTF-8 is
// split.ErrFormat; HTML itself has no errors.
func Read(raw []byte) (*split.Document, error) {
	if !utf8.Valid(raw) {
		return nil, fmt.Errorf("%w: it is not UTF-8", split.ErrFormat)
	}
	r := reader{line: 1}
	z := html.NewTokenizer(strings.NewReader(lineEnds.Replace(string(raw))))
	for {
		t := z.Next()
		if t == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return nil, fmt.Errorf("%w: line %d: %w", split.ErrFormat, r.line, err)
			}
			break
		}
		lines := bytes.Count(z.Raw(), []byte("\n")) // before Token, which changes them
		r.token(z.Token())
		r.line += lines
	}
	r.end()
	if r.doc.Title == "" {
		r.doc.Title = r.first
	}
	return &r.doc, nil
}

// lineEnds makes those of Unix, as HTML says, so that lines are counted as they are cut.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// reader puts tokens together.
type reader struct {
	doc    split.Document
	first  string // h1
	text   strings.Builder
	begun  int // line of the first letter of text
	line   int
	level  int    // of the heading at hand, 0: none
	pre    bool   // in pre
	hidden string // element whose text is not shown; "": none
	unseen unseen
	titled bool // the first title has ended; others are those of pictures
}

func (r *reader) token(t html.Token) {
	if seen := len(r.unseen) == 0; r.hidden == "" && r.unseen.takes(t) {
		if seen && !inLine[t.DataAtom] {
			r.end()
		}
		return
	}
	switch t.Type {
	case html.TextToken:
		r.write(t.Data)
	case html.StartTagToken, html.SelfClosingTagToken:
		r.start(t)
	case html.EndTagToken:
		r.stop(t)
	case html.ErrorToken, html.CommentToken, html.DoctypeToken:
	}
}

func (r *reader) write(text string) {
	if r.hidden == "title" && !r.titled {
		r.doc.Title += text
	}
	if r.hidden != "" {
		return
	}
	if r.begun == 0 && strings.TrimSpace(text) != "" {
		lead := text[:len(text)-len(strings.TrimLeft(text, " \t\r\n"))]
		r.begun = r.line + strings.Count(lead, "\n")
	}
	r.text.WriteString(text)
}

func (r *reader) start(t html.Token) {
	switch t.DataAtom { //nolint:exhaustive // all others hold text
	case atom.Script, atom.Style, atom.Template, atom.Title:
		if r.hidden == "" && t.Type == html.StartTagToken {
			r.hidden = t.Data
		}
		return
	case atom.Br:
		r.write("\n")
		return
	case atom.Td, atom.Th:
		r.write(" ")
		return
	}
	if inLine[t.DataAtom] || t.DataAtom == 0 {
		return
	}
	r.end()
	r.level, r.pre = levels[t.DataAtom], r.pre || t.DataAtom == atom.Pre
}

func (r *reader) stop(t html.Token) {
	if r.hidden == t.Data {
		if r.hidden == "title" && !r.titled {
			r.doc.Title, r.titled = strings.Join(strings.Fields(r.doc.Title), " "), true
		}
		r.hidden = ""
		return
	}
	if inLine[t.DataAtom] || t.DataAtom == 0 {
		return
	}
	r.end()
	r.level = 0
	if t.DataAtom == atom.Pre {
		r.pre = false
	}
}

// end ends the block at hand.
func (r *reader) end() {
	text, line := r.text.String(), r.begun
	r.text.Reset()
	r.begun = 0
	if strings.TrimSpace(text) == "" {
		return
	}
	b := split.Block{Kind: split.Paragraph, Line: line}
	switch {
	case r.pre:
		b.Kind, b.Text = split.Source, strings.Trim(text, "\r\n")
	default:
		b.Text = strings.Join(strings.Fields(text), " ")
	}
	if r.level > 0 && !r.pre {
		b.Kind, b.Level = split.Heading, r.level
		if r.level == 1 && r.first == "" {
			r.first = b.Text
		}
	}
	r.doc.Blocks = append(r.doc.Blocks, b)
}

var levels = map[atom.Atom]int{atom.H1: 1, atom.H2: 2, atom.H3: 3, atom.H4: 4, atom.H5: 5, atom.H6: 6}

// inLine are the elements that do not end a paragraph.
var inLine = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.Acronym: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Big: true, atom.Cite: true,
	atom.Code: true, atom.Data: true, atom.Del: true, atom.Dfn: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Img: true,
	atom.Ins: true, atom.Kbd: true, atom.Label: true, atom.Mark: true, atom.Q: true, atom.S: true, atom.Samp: true, atom.Small: true,
	atom.Span: true, atom.Strike: true, atom.Strong: true, atom.Sub: true, atom.Sup: true, atom.Td: true, atom.Th: true, atom.Time: true,
	atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true, atom.Br: true, atom.Input: true,
}
