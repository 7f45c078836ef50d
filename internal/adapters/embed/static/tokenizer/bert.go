package tokenizer

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// bertNormalizer is what BERT does to a text: it cleans, gives ideographs room, and drops
// accents and case.
type bertNormalizer struct {
	clean, chinese, strip, lower bool
}

func (n bertNormalizer) append(dst, src []byte) []byte {
	for i := 0; i < len(src); {
		b := src[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(src[i:])
			dst = n.foreign(dst, r, src[i:i+size])
			i += size
			continue
		}
		i++
		if n.clean {
			if b == '\t' || b == '\n' || b == '\r' {
				b = ' '
			} else if b < ' ' || b == 127 {
				continue
			}
		}
		if n.lower && b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		dst = append(dst, b)
	}
	return dst
}

// foreign appends what becomes of a character that is not ASCII, whose bytes are raw.
func (n bertNormalizer) foreign(dst []byte, r rune, raw []byte) []byte {
	if n.clean {
		if r == utf8.RuneError || isControl(r) {
			return dst
		}
		if unicode.IsSpace(r) {
			return append(dst, ' ')
		}
	}
	around := n.chinese && isChinese(r)
	if around {
		dst = append(dst, ' ')
	}
	if n.strip {
		dst = n.decomposed(dst, r, raw)
	} else {
		dst = n.cased(dst, r)
	}
	if around {
		dst = append(dst, ' ')
	}
	return dst
}

// decomposed appends the canonical decomposition of r without its accents. Marks that stay
// are not brought into canonical order: those that have one are musical.
func (n bertNormalizer) decomposed(dst []byte, r rune, raw []byte) []byte {
	if r >= 0xAC00 && r <= 0xD7A3 {
		r -= 0xAC00 // a syllable of Hangul; the Unicode Standard, 3.12
		dst = appendRune(appendRune(dst, 0x1100+r/588), 0x1161+r%588/28)
		if r%28 > 0 {
			dst = appendRune(dst, 0x11A7+r%28)
		}
		return dst
	}
	parts := norm.NFD.Properties(raw).Decomposition()
	if parts == nil {
		parts = raw
	}
	for i := 0; i < len(parts); {
		p, size := utf8.DecodeRune(parts[i:])
		i += size
		if !unicode.Is(unicode.Mn, p) {
			dst = n.cased(dst, p)
		}
	}
	return dst
}

func (n bertNormalizer) cased(dst []byte, r rune) []byte {
	if n.lower {
		return lower(dst, r)
	}
	return appendRune(dst, r)
}

// bertSplit splits at white space and around each punctuation mark.
type bertSplit struct{}

func (bertSplit) apply(s *Scratch) {
	for _, p := range s.pieces {
		start := p.start
		word := func(end int) {
			if end > start {
				s.next = append(s.next, piece{start, end, p.first && start == p.start})
			}
		}
		for i := p.start; i < p.end; {
			r, size := rune(s.text[i]), 1
			if r >= utf8.RuneSelf {
				r, size = utf8.DecodeRune(s.text[i:p.end])
			}
			switch {
			case unicode.IsSpace(r):
				word(i)
				start = i + size
			case isPunctuation(r):
				word(i)
				start = i
				word(i + size)
				start = i + size
			}
			i += size
		}
		word(p.end)
	}
	s.swapPieces()
}
