package pdf

import (
	"errors"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mark is a glyph on a page. Lengths are those of the page.
type mark struct {
	letters            string // "": nothing says which
	bold               bool
	size               float64
	turn               float64 // direction in which it reads
	along, base, width float64 // where it begins in that direction, and across
}

// line is a line of a page.
type line struct {
	text       string
	size       float64
	bold       bool
	turn       float64
	from, base float64
	page       int
}

// Distances in parts of the size of a font.
const (
	gapSpace = 0.15 // from which on two letters are of two words; kerning is less
	sameBase = 0.35 // up to which a letter is on the line
	raised   = 0.6  // up to which a smaller one is, above or below it
	backward = 1    // by which a letter may begin before the end of the one before
)

// maxLetters bounds the text of a file.
const maxLetters = 16 << 20

// errLetters is the end of a file with more text than that.
var errLetters = errors.New("it has more than 16 MiB of text")

// lines puts marks together, in the order in which they are drawn: most programs write in
// the order of reading, column after column.
type lines struct {
	all     []line
	page    int
	bytes   int
	unknown int // marks of which nothing says which letters they are
	known   int

	text  strings.Builder
	open  bool
	bold  int // marks of the line that are, less those that are not
	first mark
	last  mark
}

// add adds a mark.
func (l *lines) add(m mark) {
	switch {
	case m.letters == "":
		l.unknown++
		return
	case l.bytes > maxLetters:
		return
	}
	l.known++
	if l.open && !l.follows(m) {
		l.end()
	}
	if !l.open {
		l.open, l.first, l.bold = true, m, 0
	} else if m.letters == l.last.letters && math.Abs(m.along-l.last.along) < 0.05*m.size {
		return // drawn twice, to look bold
	} else if m.along-l.last.along-l.last.width > gapSpace*math.Min(m.size, l.last.size) {
		l.text.WriteByte(' ')
	}
	l.text.WriteString(m.letters)
	l.bytes += len(m.letters)
	l.bold--
	if m.bold {
		l.bold += 2
	}
	if l.last = m; m.size > l.first.size {
		l.first.size, l.first.base = m.size, m.base
	}
}

// follows reports whether m goes on with the line.
func (l *lines) follows(m mark) bool {
	size, apart := math.Max(m.size, l.last.size), sameBase
	if math.Abs(m.size-l.last.size) > 0.15*size {
		apart = raised
	}
	return math.Abs(m.turn-l.last.turn) < 0.1 &&
		math.Abs(m.base-l.last.base) < apart*size &&
		m.along > l.last.along+math.Min(0, l.last.width)-backward*size
}

// end ends the line.
func (l *lines) end() {
	if !l.open {
		return
	}
	l.open = false
	t := clean(l.text.String())
	l.text.Reset()
	if t != "" {
		l.all = append(l.all, line{text: t, size: l.first.size, bold: l.bold > 0, turn: l.first.turn, from: l.first.along, base: l.first.base, page: l.page})
	}
}

// clean has one space where there are several, letters where there are ligatures, and no
// characters that control something.
func clean(s string) string {
	var b strings.Builder
	blank := true
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u00ad':
			if !blank && r != '\u00ad' {
				b.WriteByte(' ')
			}
			blank = blank || r != '\u00ad'
			continue
		case r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Co, r):
			continue
		case r >= '\ufb00' && r <= '\ufb06':
			b.WriteString(norm.NFKC.String(string(r)))
		default:
			b.WriteRune(r)
		}
		blank = false
	}
	return strings.TrimSpace(b.String())
}
