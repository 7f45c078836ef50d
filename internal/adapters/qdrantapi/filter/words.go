package filter

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain/filterlang"
)

// Words says how the words of a field are indexed. The zero value is Qdrant's default.
type Words struct {
	Tokenizer string // word, whitespace, prefix or multilingual; "": word
	CaseKept  bool   // else letters are the same in both cases
	// Words of a query that are shorter or longer, in characters, are passed over; 0: none are.
	Least, Most int
}

// matchWords returns the filter of the texts that have all words of a text, any of them, or
// all in a row.
func (r *reader) matchWords(w Words, kind string, field filterlang.Field, text string) (filterlang.Filter, error) {
	tokens := w.tokens(text)
	switch kind {
	case "text_any":
		return r.each(field, one, tokens, w.pattern)
	case "phrase":
		if len(tokens) == 0 {
			return Nothing(), nil
		}
		quoted := make([]string, len(tokens))
		for i, t := range tokens {
			quoted[i] = regexp.QuoteMeta(t)
		}
		return r.matching(field, strings.Join(tokens, ""), w.flags()+w.begin(tokens[0])+strings.Join(quoted, w.between())+w.end(tokens[len(tokens)-1]))
	}
	return r.each(field, all, tokens, w.pattern)
}

// tokens returns the words of a query.
func (w Words) tokens(text string) []string {
	split := func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsNumber(c) }
	if w.Tokenizer == "whitespace" {
		split = unicode.IsSpace
	}
	var kept []string
	for _, token := range strings.FieldsFunc(text, split) {
		n := utf8.RuneCountInString(token)
		if n >= w.Least && (w.Most == 0 || n <= w.Most) {
			kept = append(kept, token)
		}
	}
	return kept
}

// pattern is what a text with a word looks like.
func (w Words) pattern(token string) string {
	return w.flags() + w.begin(token) + regexp.QuoteMeta(token) + w.end(token)
}

func (w Words) flags() string {
	if w.CaseKept {
		return ""
	}
	return "(?i)"
}

// begin is what stands before a word.
func (w Words) begin(token string) string {
	if first, _ := utf8.DecodeRuneInString(token); w.unspaced(first) {
		return ""
	}
	return "(?:^|" + w.between1() + ")"
}

// end is what stands behind a word.
func (w Words) end(token string) string {
	if last, _ := utf8.DecodeLastRuneInString(token); w.unspaced(last) || w.Tokenizer == "prefix" {
		return ""
	}
	return "(?:$|" + w.between1() + ")"
}

func (w Words) between() string { return w.between1() + "+" }

// between1 is a character between words.
func (w Words) between1() string {
	if w.Tokenizer == "whitespace" {
		return `\s`
	}
	return separators
}

// separators are the characters between words: what is neither a letter nor a digit, as far
// as texts have it. The class of all such characters would be forty times as large.
const separators = `[\x00-/:-@\[-\x60{-\x{a9}\x{ab}-\x{b1}\x{b4}\x{b6}-\x{b8}\x{bb}\x{bf}\x{d7}\x{f7}\x{2000}-\x{206f}\x{20a0}-\x{20cf}\x{2190}-\x{2bff}\x{3000}-\x{3004}\x{3008}-\x{3020}\x{30fb}\x{ff01}-\x{ff0f}\x{ff1a}-\x{ff20}\x{ff3b}-\x{ff40}\x{ff5b}-\x{ff65}]`

// unspaced reports whether c is of a script that writes no blanks between words, which the
// multilingual tokenizer takes apart.
func (w Words) unspaced(c rune) bool {
	return w.Tokenizer == "multilingual" && unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
