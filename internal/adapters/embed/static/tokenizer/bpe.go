package tokenizer

import (
	"unicode/utf8"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/trie"
)

// bpe joins neighbouring tokens of a word, which at first are its characters, in the order
// in which training joined them (Sennrich et al., "Neural Machine Translation of Rare Words
// with Subword Units", 2016).
type bpe struct {
	vocab   *trie.Trie
	merges  map[pair]merge
	inside  string // stands before all characters of a word but the first
	last    string // stands behind the last
	unknown int32  // none if unknown characters are dropped
	fuse    bool   // unknown characters that stand together are one token
	bytes   byteTokens
	whole   bool // a word that is a token is not split
}

type pair struct{ left, right int32 }

// merge says that two tokens become one.
type merge struct{ rank, id int32 }

// symbol is a token of a word. Those that were joined with the one before them have size 0.
type symbol struct {
	id             int32
	previous, next int32
	size           int32
}

// candidate is a merge that may be done: the symbol at it with the next.
type candidate struct {
	merge
	at int32
}

// before tells which candidate comes first.
func (c candidate) before(o candidate) bool {
	return c.rank < o.rank || c.rank == o.rank && c.at < o.at
}

func (m *bpe) tokens(s *Scratch, word []byte) {
	if m.whole {
		if id, ok := m.vocab.Find(word); ok {
			s.ids = append(s.ids, id)
			return
		}
	}
	m.symbols(s, word)
	m.join(s)
	for _, y := range s.symbols {
		if y.size > 0 {
			s.ids = append(s.ids, y.id)
		}
	}
}

// symbols makes a symbol of each character of a word.
func (m *bpe) symbols(s *Scratch, word []byte) {
	s.symbols = s.symbols[:0]
	unknown := int32(0) // bytes of unknown characters that have no symbol yet
	flush := func() {
		if unknown > 0 {
			s.add(m.unknown, unknown)
			unknown = 0
		}
	}
	for i := 0; i < len(word); {
		_, size := utf8.DecodeRune(word[i:])
		char := word[i : i+size]
		if i > 0 && m.inside != "" || i+size == len(word) && m.last != "" {
			s.name = s.name[:0]
			if i > 0 {
				s.name = append(s.name, m.inside...)
			}
			s.name = append(s.name, char...)
			if i+size == len(word) {
				s.name = append(s.name, m.last...)
			}
			char = s.name
		}
		i += size
		if id, ok := m.vocab.Find(char); ok {
			flush()
			s.add(id, int32(size))
		} else if m.bytes.all(char) {
			for _, b := range char {
				s.add(m.bytes[b], 1)
			}
		} else if m.unknown != none {
			if !m.fuse {
				flush()
			}
			unknown += int32(size)
		}
	}
	flush()
}

func (s *Scratch) add(id, size int32) {
	n := int32(len(s.symbols))
	if n > 0 {
		s.symbols[n-1].next = n
	}
	s.symbols = append(s.symbols, symbol{id: id, previous: n - 1, next: none, size: size})
}

// join joins symbols as long as there is a merge for two of them.
func (m *bpe) join(s *Scratch) {
	s.heap = s.heap[:0]
	for i := range s.symbols {
		m.propose(s, int32(i))
	}
	for len(s.heap) > 0 {
		top := s.pop()
		left := &s.symbols[top.at]
		if left.size == 0 || left.next == none {
			continue
		}
		right := &s.symbols[left.next]
		if now, ok := m.merges[pair{left.id, right.id}]; !ok || now.id != top.id {
			continue // one of them was joined meanwhile
		}
		left.id, left.size, left.next = top.id, left.size+right.size, right.next
		right.size = 0
		if right.next != none {
			s.symbols[right.next].previous = top.at
		}
		if left.previous != none {
			m.propose(s, left.previous)
		}
		m.propose(s, top.at)
	}
}

// propose makes a candidate of the symbol at i and the next, if there is a merge for them.
func (m *bpe) propose(s *Scratch, i int32) {
	next := s.symbols[i].next
	if next == none {
		return
	}
	if found, ok := m.merges[pair{s.symbols[i].id, s.symbols[next].id}]; ok {
		s.push(candidate{found, i})
	}
}

// push and pop keep the first candidate on top of a binary heap.
func (s *Scratch) push(c candidate) {
	h := append(s.heap, c)
	i := len(h) - 1
	for i > 0 && c.before(h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = c
	s.heap = h
}

func (s *Scratch) pop() candidate {
	h := s.heap
	top, c := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; i < len(h); {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if child >= len(h) || !h[child].before(c) {
			h[i] = c
			break
		}
		h[i] = h[child]
		i = child
	}
	s.heap = h
	return top
}
