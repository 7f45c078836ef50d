package analysis

import (
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain"
)

// gram is how many characters a token of a text has: one token begins at every character,
// those at the end of the text are shorter.
const gram = 3

// wrapped is what an ASCII character that ends tokens becomes in a token: one for private
// use, which no text should have.
const wrapped = 0xF700

// gramValues has every part of three characters of a text, in order. What is shorter than
// that is the beginning of a token, and what is longer has several side by side.
func gramValues(text string) []string {
	runes := characters(text)
	var b strings.Builder
	b.Grow(4 * len(text))
	for i := range runes {
		if i > 0 {
			b.WriteByte(' ')
		}
		writeGram(&b, runes[i:min(i+gram, len(runes))])
	}
	return []string{b.String()}
}

func gramTerm(t domain.TextTerm) string {
	runes := characters(t.Text)
	if len(runes) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i == 0 || i+gram <= len(runes); i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		writeGram(&b, runes[i:min(i+gram, len(runes))])
	}
	b.WriteByte('"')
	if len(runes) < gram {
		b.WriteByte('*')
	}
	return b.String()
}

func writeGram(b *strings.Builder, runes []rune) {
	for _, r := range runes {
		if r < utf8.RuneSelf && !domain.BeginsWord(r) {
			r += wrapped
		}
		b.WriteRune(r)
	}
}

// characters returns what is compared of a text: folded, with one space for each white
// space between words, and without separators of thousands.
func characters(text string) []rune {
	runes := []rune(strings.Join(strings.FieldsFunc(fold(text), domain.IsGap), " "))
	kept := runes[:0]
	for i, r := range runes {
		if !separatesThousands(runes, i) {
			kept = append(kept, r)
		}
	}
	return kept
}

// separatesThousands reports whether the character at i is between a digit and exactly
// three digits, as the comma in 1,299.99 does.
func separatesThousands(runes []rune, i int) bool {
	if r := runes[i]; r != ',' && r != '\'' && r != '’' {
		return false
	}
	digit := func(at int) bool { return at >= 0 && at < len(runes) && runes[at] >= '0' && runes[at] <= '9' }
	return digit(i-1) && digit(i+1) && digit(i+2) && digit(i+3) && !digit(i+4)
}
