package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/trie"
)

// addedToken is a token that is found in a text before it is split.
type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only between what is of no word
	Left       bool   `json:"lstrip"`      // takes the white space before it
	Right      bool   `json:"rstrip"`      // and behind it
	Normalized bool   `json:"normalized"`  // is looked for after the text was normalized
	Special    bool   `json:"special"`
}

// added finds added tokens: of those that begin at one place the longest.
type added struct {
	tokens []addedToken
	trie   *trie.Trie // values are indexes of tokens; nil if there are none
	begins [256]bool
}

// newAdded returns what finds the tokens, whose contents in a text are the names.
func newAdded(tokens []addedToken, names []string) added {
	a := added{tokens: tokens}
	var entries []trie.Entry
	for i, name := range names {
		if name != "" {
			entries = append(entries, trie.Entry{Token: name, Value: int32(i)})
			a.begins[name[0]] = true
		}
	}
	if len(entries) > 0 {
		a.trie = trie.New(entries)
	}
	return a
}

// next returns the first token at or after at, and the part of text that it takes, which
// begins at or after at; nil if there is none.
func (a *added) next(text []byte, at int) (token *addedToken, from, to int) {
	if a.trie == nil {
		return nil, 0, 0
	}
	for i := at; i < len(text); i++ {
		if !a.begins[text[i]] {
			continue
		}
		value, length := a.trie.Longest(0, text[i:])
		if value == none {
			continue
		}
		token, from, to = &a.tokens[value], i, i+length
		if token.SingleWord && (endsWithWord(text[:from]) || beginsWithWord(text[to:])) {
			i = to - 1 // what lies inside is not looked at
			continue
		}
		for token.Left && from > at {
			r, size := utf8.DecodeLastRune(text[at:from])
			if !unicode.IsSpace(r) {
				break
			}
			from -= size
		}
		for token.Right && to < len(text) {
			r, size := utf8.DecodeRune(text[to:])
			if !unicode.IsSpace(r) {
				break
			}
			to += size
		}
		return token, from, to
	}
	return nil, 0, 0
}

func endsWithWord(text []byte) bool {
	r, size := utf8.DecodeLastRune(text)
	return size > 0 && isWord(r)
}

func beginsWithWord(text []byte) bool {
	r, size := utf8.DecodeRune(text)
	return size > 0 && isWord(r)
}
