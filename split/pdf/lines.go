package pdf

import (
	"math"
	"strings"

	"github.com/ledongthuc/pdf"
)

// The gaps, in sizes of the font, from which letters are apart: a word space is about a
// quarter, the distance of lines up to one and a half.
const (
	wordGap      = 0.18
	lineGap      = 0.5
	paragraphGap = 1.7
)

// paragraphs puts the letters of a page together, in the order in which they are drawn.
func paragraphs(letters []pdf.Text) []string {
	var out []string
	var b strings.Builder
	end := func() {
		if text := strings.TrimSpace(strings.ToValidUTF8(b.String(), "\ufffd")); text != "" {
			out = append(out, text)
		}
		b.Reset()
	}
	for i, l := range letters {
		if i > 0 {
			switch gapOf(letters[i-1], l) {
			case paragraphGap:
				end()
			case lineGap:
				b.WriteByte('\n')
			case wordGap:
				b.WriteByte(' ')
			}
		}
		b.WriteString(l.S)
	}
	end()
	return out
}

// gapOf returns the least of the gaps that there is between two letters, 0 for none.
func gapOf(before, l pdf.Text) float64 {
	size := math.Abs(l.FontSize)
	if size == 0 || math.IsNaN(size) {
		size = 1
	}
	down := math.Abs(l.Y-before.Y) / size
	along := (l.X - before.X - before.W) / size
	switch {
	case down > paragraphGap:
		return paragraphGap
	case down > lineGap:
		return lineGap
	case along > wordGap && before.S != " " && l.S != " ":
		return wordGap
	}
	return 0
}
