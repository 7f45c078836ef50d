package tokenizer

import (
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/trie"
)

// wordPiece splits a word into the longest tokens from its beginning (Wu et al., "Google's
// Neural Machine Translation System", 2016). All but the first of a word have a prefix in the
// vocabulary.
type wordPiece struct {
	vocab   *trie.Trie
	inside  int32 // the node behind the prefix
	any     bool  // whether a token has the prefix
	unknown int32
	longest int // characters of the longest word that is split
}

func (m *wordPiece) tokens(s *Scratch, word []byte) {
	if len(word) > m.longest && utf8.RuneCount(word) > m.longest {
		s.ids = append(s.ids, m.unknown)
		return
	}
	before := len(s.ids)
	start := int32(0)
	for rest := word; len(rest) > 0; {
		id, n := m.vocab.Longest(start, rest)
		if id == none {
			s.ids = append(s.ids[:before], m.unknown)
			return
		}
		s.ids = append(s.ids, id)
		rest, start = rest[n:], m.inside
		if !m.any && len(rest) > 0 {
			s.ids = append(s.ids[:before], m.unknown)
			return
		}
	}
}

// wordLevel has whole words for tokens.
type wordLevel struct {
	vocab   *trie.Trie
	unknown int32
}

func (m *wordLevel) tokens(s *Scratch, word []byte) {
	id, ok := m.vocab.Find(word)
	if !ok {
		id = m.unknown
	}
	s.ids = append(s.ids, id)
}
