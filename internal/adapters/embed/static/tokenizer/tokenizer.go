// Package tokenizer splits texts into the tokens of a model, as a tokenizer.json of the
// library tokenizers (Hugging Face) says. It gives the tokens that the library gives without
// its special tokens. What a file asks for and is not known here is an error.
package tokenizer

import (
	"bytes"
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/trie"
	"github.com/memista/memista/internal/domain"
)

// maxNormalized is how long a text may become before it is split.
const maxNormalized = 4 << 20

// none is the token where there is none.
const none = trie.None

// Tokenizer splits texts into tokens. It is safe for concurrent use.
type Tokenizer struct {
	raw        added // tokens of the text as it is
	normalizer []normalizer
	normal     added // tokens of the normalized text
	splitter   []splitter
	beginning  bool // whether a splitter marks the beginning of the text
	model      model
	truncation truncation
	words      vocabulary
	unknown    int32
}

// model splits a piece of text, which is not empty, and appends its tokens to s.ids.
type model interface {
	tokens(s *Scratch, word []byte)
}

// Scratch is the memory that Encode works in, and fills again each time. Its zero value is
// ready; one goroutine uses it at a time.
type Scratch struct {
	input, normal []byte
	text, spare   []byte // what the pieces are of, and room for the next text
	pieces, next  []piece
	spans         []span
	ids           []int32
	steps         []step
	symbols       []symbol
	heap          []candidate
	name          []byte
}

// Encode returns the tokens of a text, which are s's until it is used again. Bytes that are
// not UTF-8 count as U+FFFD. A text that its normalization makes too long is ErrInvalid.
func (t *Tokenizer) Encode(s *Scratch, text string) ([]int32, error) {
	s.ids = s.ids[:0]
	s.input = append(s.input[:0], text...)
	if !utf8.Valid(s.input) {
		s.input = bytes.ToValidUTF8(s.input, []byte("\uFFFD"))
	}
	for at := 0; ; {
		token, from, to := t.raw.next(s.input, at)
		if token == nil {
			from = len(s.input)
		}
		if err := t.part(s, s.input[at:from], at == 0); err != nil {
			return nil, err
		}
		if token == nil {
			return t.truncation.cut(s.ids), nil
		}
		s.ids = append(s.ids, token.ID)
		at = to
	}
}

// part appends the tokens of a part of the text. first says that it is its beginning.
func (t *Tokenizer) part(s *Scratch, text []byte, first bool) error {
	if len(text) == 0 {
		return nil
	}
	first = first && t.beginning && !t.dropsFirst(s, text)
	if err := t.normalize(s, text); err != nil {
		return err
	}
	for at := 0; ; {
		token, from, to := t.normal.next(s.normal, at)
		if token == nil {
			from = len(s.normal)
		}
		if from > at {
			t.plain(s, s.normal[at:from], first && at == 0)
		}
		if token == nil {
			return nil
		}
		s.ids = append(s.ids, token.ID)
		at = to
	}
}

// normalize puts the normalized text into s.normal.
func (t *Tokenizer) normalize(s *Scratch, text []byte) error {
	s.normal = append(s.normal[:0], text...)
	for _, n := range t.normalizer {
		s.text = n.append(s.text[:0], s.normal)
		s.normal, s.text = s.text, s.normal
		if len(s.normal) > maxNormalized {
			return domain.Errorf(domain.ErrInvalid, "a text of %d bytes grows to more than %d when it is prepared", len(text), maxNormalized)
		}
	}
	return nil
}

// dropsFirst tells whether the first character of a text does not outlive normalization: a
// text without its first character is not marked as the beginning.
func (t *Tokenizer) dropsFirst(s *Scratch, text []byte) bool {
	_, size := utf8.DecodeRune(text)
	for _, n := range t.normalizer {
		if s.spare = n.append(s.spare[:0], text[:size]); len(s.spare) == 0 {
			return true
		}
	}
	return false
}

// plain appends the tokens of a part that holds no added tokens.
func (t *Tokenizer) plain(s *Scratch, text []byte, first bool) {
	s.text = append(s.text[:0], text...)
	s.pieces = append(s.pieces[:0], piece{0, len(s.text), first})
	for _, p := range t.splitter {
		p.apply(s)
	}
	for _, p := range s.pieces {
		t.model.tokens(s, s.text[p.start:p.end])
	}
}

// Unknown returns the token that stands for what no token is for, -1 if there is none.
func (t *Tokenizer) Unknown() int32 { return t.unknown }

// Tokens returns the number of tokens.
func (t *Tokenizer) Tokens() int { return t.words.tokens }

// MaxID returns the largest token.
func (t *Tokenizer) MaxID() int32 { return t.words.maxID }

// MedianLength returns the median of the lengths of the tokens in characters, rounded down.
func (t *Tokenizer) MedianLength() int { return t.words.median }

// truncation is how many tokens of a text count.
type truncation struct {
	set  bool
	max  int
	left bool // the last ones count, not the first
}

func (c truncation) cut(ids []int32) []int32 {
	switch {
	case !c.set || len(ids) <= c.max:
		return ids
	case c.left:
		return ids[len(ids)-c.max:]
	}
	return ids[:c.max]
}
