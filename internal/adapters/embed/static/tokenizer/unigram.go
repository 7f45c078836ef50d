package tokenizer

import (
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/trie"
)

// unknownPenalty is how much less likely an unknown character is than the least likely token.
const unknownPenalty = 10

// unigram splits a word into the tokens that are most likely together (Kudo, "Subword
// Regularization", 2018), which the Viterbi algorithm finds.
type unigram struct {
	vocab        *trie.Trie
	scores       []float64
	unknown      int32
	unknownScore float64
	bytes        byteTokens
}

// step is the best way to the end of a part of a word: the token that it ends with.
type step struct {
	score float64
	start int32 // of the token; none if there is no way
	id    int32
}

func (m *unigram) tokens(s *Scratch, word []byte) {
	s.steps = append(s.steps[:0], step{})
	for range word {
		s.steps = append(s.steps, step{start: none})
	}
	steps := s.steps
	for from := 0; from < len(word); {
		size := 1
		if word[from] >= utf8.RuneSelf {
			_, size = utf8.DecodeRune(word[from:])
		}
		till, single := steps[from].score, false
		for n, i := int32(0), from; i < len(word); i++ {
			if n = m.vocab.Child(n, word[i]); n == 0 {
				break
			}
			if id := m.vocab.Value(n); id != none {
				steps[i+1].better(int32(from), id, m.scores[id]+till)
				single = single || i+1-from == size
			}
		}
		if !single {
			steps[from+size].better(int32(from), m.unknown, m.unknownScore+till)
		}
		from += size
	}
	m.trace(s, word)
}

// better makes a token that begins at start the end of the way, if that is likelier.
func (t *step) better(start, id int32, score float64) {
	if t.start == none || score > t.score {
		*t = step{score, start, id}
	}
}

// trace appends the tokens of the best way to the end. Unknown characters that stand
// together are one token.
func (m *unigram) trace(s *Scratch, word []byte) {
	first := len(s.ids)
	for end := len(word); end > 0; {
		at := s.steps[end]
		start := int(at.start)
		if at.id != m.unknown {
			s.ids = append(s.ids, at.id)
			end = start
			continue
		}
		for start > 0 && s.steps[start].id == m.unknown {
			start = int(s.steps[start].start)
		}
		m.strange(s, word[start:end])
		end = start
	}
	for i, j := first, len(s.ids)-1; i < j; i, j = i+1, j-1 {
		s.ids[i], s.ids[j] = s.ids[j], s.ids[i]
	}
}

// strange appends the tokens of unknown characters, the last first.
func (m *unigram) strange(s *Scratch, text []byte) {
	if id, ok := m.vocab.Find(text); ok {
		s.ids = append(s.ids, id)
		return
	}
	if !m.bytes.all(text) {
		s.ids = append(s.ids, m.unknown)
		return
	}
	for i := len(text) - 1; i >= 0; i-- {
		s.ids = append(s.ids, m.bytes[text[i]])
	}
}

// byteTokens are the tokens of bytes, which stand for characters that have none; nil if
// there are none.
type byteTokens []int32

// newByteTokens looks up the tokens of bytes in a vocabulary.
func newByteTokens(vocab *trie.Trie) byteTokens {
	const hex = "0123456789ABCDEF"
	b := make(byteTokens, 256)
	for i := range b {
		b[i], _ = vocab.Find([]byte{'<', '0', 'x', hex[i>>4], hex[i&15], '>'})
	}
	return b
}

// all tells whether all bytes of text have a token.
func (b byteTokens) all(text []byte) bool {
	if b == nil {
		return false
	}
	for _, c := range text {
		if b[c] == none {
			return false
		}
	}
	return true
}
