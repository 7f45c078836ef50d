package tokenizer

import (
	"bytes"
	"unicode"
)

// piece is a part of the text of a Scratch.
type piece struct {
	start, end int
	first      bool // whether it begins where the text that was given begins
}

// splitter splits the pieces of a Scratch into smaller ones, and may change the text.
type splitter interface {
	apply(s *Scratch)
}

// swapPieces puts the new pieces in the place of the old ones.
func (s *Scratch) swapPieces() { s.pieces, s.next = s.next, s.pieces[:0] }

// behaviour is what becomes of a match where a text is split.
type behaviour int

// The behaviours.
const (
	isolated   behaviour = iota // it is a piece
	removed                     // it is dropped
	contiguous                  // matches next to each other are one piece
	previous                    // it is the end of the piece before it
	next                        // it is the beginning of the piece after it
)

var behaviours = map[string]behaviour{
	"Isolated": isolated, "Removed": removed, "Contiguous": contiguous,
	"MergedWithPrevious": previous, "MergedWithNext": next,
}

// split splits at the matches of a finder, or with invert at what lies between them.
type split struct {
	find   finder
	as     behaviour
	invert bool
}

func (p split) apply(s *Scratch) {
	for _, in := range s.pieces {
		s.split(in, p)
	}
	s.swapPieces()
}

// span is a part of a piece that is a match or lies between matches.
type span struct {
	start, end int
	match      bool
}

// split appends the parts of a piece to the new pieces.
func (s *Scratch) split(in piece, p split) {
	spans := s.spans[:0]
	text, at := s.text[:in.end], in.start
	for {
		from, to := p.find.next(text, at)
		if from < 0 {
			break
		}
		if from > at {
			spans = append(spans, span{at, from, p.invert})
		}
		spans = append(spans, span{from, to, !p.invert})
		at = to
	}
	if at < in.end {
		spans = append(spans, span{at, in.end, p.invert})
	}
	s.spans = spans
	for i := 0; i < len(spans); {
		j := i + 1
		for j < len(spans) && joined(p.as, spans, j) {
			j++
		}
		if p.as != removed || !spans[i].match {
			s.next = append(s.next, piece{spans[i].start, spans[j-1].end, in.first && spans[i].start == in.start})
		}
		i = j
	}
}

// joined tells whether spans[j] goes into one piece with spans[j-1].
func joined(as behaviour, spans []span, j int) bool {
	switch as {
	case contiguous:
		return spans[j].match == spans[j-1].match
	case previous:
		return spans[j].match && !spans[j-1].match
	case next:
		return spans[j-1].match && !spans[j].match
	default:
		return false
	}
}

// metaspace puts a mark in the place of each space and before the text, and splits before
// each mark.
type metaspace struct {
	mark   []byte
	always bool     // marks the beginning of every piece
	start  bool     // marks the beginning of the text
	split  splitter // before each mark; nil if it does not split
}

func (m metaspace) apply(s *Scratch) {
	out := s.spare[:0]
	for _, p := range s.pieces {
		start := len(out)
		text := s.text[p.start:p.end]
		if (m.always || m.start && p.first) && text[0] != ' ' && !bytes.HasPrefix(text, m.mark) {
			out = append(out, m.mark...)
		}
		for _, b := range text {
			if b == ' ' {
				out = append(out, m.mark...)
			} else {
				out = append(out, b)
			}
		}
		s.next = append(s.next, piece{start, len(out), p.first})
	}
	s.text, s.spare = out, s.text
	s.swapPieces()
	if m.split != nil {
		m.split.apply(s)
	}
}

// byteLevel writes each byte as a character of its own, after splitting as GPT-2 does.
type byteLevel struct {
	prefix bool // puts a space before each piece
	words  bool // splits
}

func (b byteLevel) apply(s *Scratch) {
	if b.prefix {
		out := s.spare[:0]
		for _, p := range s.pieces {
			start := len(out)
			if s.text[p.start] != ' ' {
				out = append(out, ' ')
			}
			out = append(out, s.text[p.start:p.end]...)
			s.next = append(s.next, piece{start, len(out), p.first})
		}
		s.text, s.spare = out, s.text
		s.swapPieces()
	}
	if b.words {
		split{find: gpt2{}}.apply(s)
	}
	out := s.spare[:0]
	for _, p := range s.pieces {
		start := len(out)
		out = byteRunes{}.append(out, s.text[p.start:p.end])
		s.next = append(s.next, piece{start, len(out), p.first})
	}
	s.text, s.spare = out, s.text
	s.swapPieces()
}

// byteRunes writes each byte as the character that GPT-2 has for it.
type byteRunes struct{}

func (byteRunes) append(dst, src []byte) []byte {
	for _, b := range src {
		dst = appendRune(dst, byteRune(b))
	}
	return dst
}

// byteRune returns a character that can be seen for each byte: those of Latin-1 that can be
// seen stay as they are, and the others are numbered from 256 on.
func byteRune(b byte) rune {
	switch {
	case b <= ' ':
		return 256 + rune(b)
	case b < 127:
		return rune(b)
	case b <= 160:
		return 256 + 33 + rune(b) - 127
	case b == 173:
		return 256 + 67
	}
	return rune(b)
}

// The classes of characters that texts are split at.
var (
	spaces      class = unicode.IsSpace
	punctuation class = isPunctuation
	digits      class = unicode.IsNumber
)
