package analysis

import (
	"strings"

	"github.com/kljensen/snowball/english"

	"github.com/memista/memista/internal/domain"
)

// tokens returns the words of a folded text.
func tokens(folded string) []string {
	words := strings.FieldsFunc(folded, func(r rune) bool { return !domain.InWord(r) })
	kept := words[:0]
	for _, w := range words {
		if strings.ContainsFunc(w, domain.BeginsWord) { // marks alone are no word
			kept = append(kept, w)
		}
	}
	return kept
}

func wordValues(text string) []string {
	return []string{strings.Join(tokens(fold(text)), " ")}
}

func wordTerm(t domain.TextTerm) string {
	return quoted(tokens(fold(t.Text)), t.Prefix)
}

// englishValues has the words themselves beside their stems, for prefixes: a stem need not
// begin as its word does, or be as long.
func englishValues(text string) []string {
	words := tokens(fold(text))
	return []string{strings.Join(words, " "), strings.Join(stems(words), " ")}
}

func englishTerm(t domain.TextTerm) string {
	words := tokens(fold(t.Text))
	column := "words : "
	if !t.Prefix {
		words, column = stems(words), "stems : "
	}
	part := quoted(words, t.Prefix)
	if part == "" {
		return ""
	}
	return column + part
}

// stems returns the stems of words.
func stems(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		if out[i] = w; stemmed(w) {
			out[i] = english.Stem(w, true)
		}
	}
	return out
}

// longestWord is up to how many bytes an English word has; what is longer is none.
const longestWord = 64

// stemmed reports whether w is written as an English word is.
func stemmed(w string) bool {
	if len(w) > longestWord {
		return false
	}
	for i := range len(w) {
		if w[i] < 'a' || w[i] > 'z' {
			return false
		}
	}
	return true
}

// quoted writes tokens that stand side by side in FTS5's query language.
func quoted(tokens []string, prefix bool) string {
	if len(tokens) == 0 {
		return ""
	}
	part := `"` + strings.Join(tokens, " ") + `"`
	if prefix {
		part += "*"
	}
	return part
}
