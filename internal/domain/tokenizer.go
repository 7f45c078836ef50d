package domain

import "slices"

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
