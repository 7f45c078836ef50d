package domain

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a text query: beyond them ranking would take seconds.
const (
	MaxTextLength = 8192 // bytes
	MaxTextTerms  = 256  // different words and phrases
	MaxTextParts  = 2048 // characters in all of them, where any part of a text is found
)

// minPrefix is how many letters a prefix must have at least: fewer begin half of all
// words there are.
const minPrefix = 2

// TextTerm is one thing that a text query looks for: a word, or several that must stand
// side by side, or a part of a text.
type TextTerm struct {
	Text   string // never without something to look for
	Prefix bool   // the last word may go on
}

// TextMatch is a chunk that a text query has found.
type TextMatch struct {
	ID       int64
	Score    float32 // BM25; higher is better
	Sequence int64   // the change that wrote the text that was found
}

// Compare orders matches: best first, the lower id first among equals.
func (m TextMatch) Compare(n TextMatch) int {
	return cmp.Or(cmp.Compare(n.Score, m.Score), cmp.Compare(m.ID, n.ID))
}

// ParseText takes a text query apart, for texts that the tokenizer by has indexed. A word
// is a run of letters, digits and their marks, as it is in an indexed text, whatever stands
// between words; what stands between double quotes is a phrase; a star at the end of a word
// stands for any ending. Nothing else has a meaning, so that no text is a syntax error:
// phrases without a letter or digit are passed over, a quote that has no partner too. Each
// term comes back once, in the order of the query.
//
// With Trigram a term is what stands between white space or quotes, whatever it consists
// of, and a star at its end says nothing, since any part of a text is found.
//
// A text that is empty is ErrInvalid, one beyond the bounds ErrTooLarge. One without any
// word has no terms, and finds nothing.
func ParseText(text string, by Tokenizer) ([]TextTerm, error) {
	if err := CheckText(text); err != nil {
		return nil, err
	}
	p := textParser{by: by, seen: map[TextTerm]bool{}}
	rest := clean(text)
	for rest != "" {
		open := strings.IndexByte(rest, '"')
		if open < 0 {
			break
		}
		phrase, after, closed := strings.Cut(rest[open+1:], `"`)
		if !closed {
			break
		}
		p.words(rest[:open])
		p.add(TextTerm{Text: strings.Join(strings.Fields(phrase), " ")})
		rest = after
	}
	p.words(strings.ReplaceAll(rest, `"`, " "))
	if len(p.terms) > MaxTextTerms {
		return nil, Errorf(ErrTooLarge, "text has %d different words, at most %d are allowed", len(p.terms), MaxTextTerms)
	}
	if by == Trigram && p.parts > MaxTextParts {
		return nil, Errorf(ErrTooLarge, "text has %d characters, at most %d are allowed where any part of a text is found", p.parts, MaxTextParts)
	}
	return p.terms, nil
}

// CheckText reports why a text cannot be a query, whatever the tokenizer.
func CheckText(text string) error {
	if len(text) > MaxTextLength {
		return Errorf(ErrTooLarge, "text has %d bytes, at most %d are allowed", len(text), MaxTextLength)
	}
	if strings.TrimSpace(text) == "" {
		return Errorf(ErrInvalid, "text cannot be empty")
	}
	return nil
}

// clean puts a space in place of what no word can contain: control characters, NUL among
// them, and bytes that are not UTF-8.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
}

type textParser struct {
	by    Tokenizer
	terms []TextTerm
	seen  map[TextTerm]bool // with texts in lower case
	parts int               // characters in terms
}

func (p *textParser) words(text string) {
	if p.by == Trigram {
		for part := range strings.FieldsFuncSeq(text, IsGap) {
			if bare := strings.TrimRight(part, "*"); bare != "" {
				part = bare
			}
			p.add(TextTerm{Text: part})
		}
		return
	}
	for text != "" {
		start := strings.IndexFunc(text, InWord)
		if start < 0 {
			return
		}
		text = text[start:]
		end := strings.IndexFunc(text, func(r rune) bool { return !InWord(r) })
		if end < 0 {
			end = len(text)
		}
		word := text[:end]
		text = text[end:]
		after, star := strings.CutPrefix(text, "*")
		next, _ := utf8.DecodeRuneInString(after)
		ends := star && (after == "" || !InWord(next))
		p.add(TextTerm{Text: word, Prefix: ends && utf8.RuneCountInString(word) >= minPrefix})
	}
}

func (p *textParser) add(t TextTerm) {
	if t.Text == "" || p.by != Trigram && !strings.ContainsFunc(t.Text, BeginsWord) {
		return
	}
	key := TextTerm{Text: strings.ToLower(t.Text), Prefix: t.Prefix}
	if p.seen[key] {
		return
	}
	p.seen[key] = true
	p.parts += utf8.RuneCountInString(t.Text)
	p.terms = append(p.terms, t)
}

// BeginsWord reports whether r alone makes a word.
func BeginsWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Co, r)
}

// InWord reports whether r is part of a word; all others separate words.
func InWord(r rune) bool { return BeginsWord(r) || unicode.IsMark(r) || IsInvisible(r) }

// IsInvisible reports whether r is a character that nobody sees and that does not separate
// words: a soft hyphen, a joiner, or a byte order mark.
func IsInvisible(r rune) bool {
	return r == 0xAD || r == 0x200C || r == 0x200D || r == 0x2060 || r == 0xFEFF
}

// IsGap reports whether r is white space, or stands for nothing that could be read.
func IsGap(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// Tokenizer names how texts are taken apart for full text. The empty one is none: the
// texts of the database are not searched.
type Tokenizer string

// The tokenizers. Words is the default where full text is asked for.
const (
	// Words finds whole words: runs of letters and digits.
	Words Tokenizer = "words"
	// English finds words by their stem, so that run finds running.
	English Tokenizer = "english"
	// Trigram finds any part of a text, in any language.
	Trigram Tokenizer = "trigram"
)

// Tokenizers are all of them.
var Tokenizers = []Tokenizer{Words, English, Trigram}

// ParseTokenizer returns the tokenizer called name, or ErrInvalid. The empty name is none.
func ParseTokenizer(name string) (Tokenizer, error) {
	t := Tokenizer(name)
	if t != "" && !slices.Contains(Tokenizers, t) {
		return "", Errorf(ErrInvalid, "unknown tokenizer %q: full_text is words, english or trigram", name)
	}
	return t, nil
}
