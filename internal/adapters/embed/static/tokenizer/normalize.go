package tokenizer

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/memista/memista/internal/adapters/embed/static/tokenizer/charsmap"
)

// normalizer changes a text before it is split. append appends the changed src to dst, which
// is empty and shares no memory with src; both are valid UTF-8.
type normalizer interface {
	append(dst, src []byte) []byte
}

// appendRune is utf8.AppendRune, short for ASCII.
func appendRune(dst []byte, r rune) []byte { return utf8.AppendRune(dst, r) }

// ascii reports whether all of text is ASCII.
func ascii(text []byte) bool {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// form is one of Unicode's normalization forms.
type form norm.Form

func (f form) append(dst, src []byte) []byte {
	if ascii(src) {
		return append(dst, src...)
	}
	return norm.Form(f).Append(dst, src...)
}

type lowercase struct{}

func (lowercase) append(dst, src []byte) []byte {
	return mapRunes(dst, src, lower)
}

// mapRunes appends what each makes of each character.
func mapRunes(dst, src []byte, each func([]byte, rune) []byte) []byte {
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRune(src[i:])
		dst = each(dst, r)
		i += size
	}
	return dst
}

// stripAccents drops combining marks.
type stripAccents struct{}

func (stripAccents) append(dst, src []byte) []byte {
	return mapRunes(dst, src, func(dst []byte, r rune) []byte {
		if r >= utf8.RuneSelf && unicode.IsMark(r) {
			return dst
		}
		return appendRune(dst, r)
	})
}

// nmt drops controls and makes spaces of what sentencepiece takes for spaces.
type nmt struct{}

func (nmt) append(dst, src []byte) []byte {
	return mapRunes(dst, src, func(dst []byte, r rune) []byte {
		switch {
		case r >= 1 && r <= 8, r == 0xB, r >= 0xE && r <= 0x1F, r == 0x7F, r == 0x8F, r == 0x9F:
			return dst
		case r == '\t', r == '\n', r == '\f', r == '\r', r == 0x1680, r >= 0x200B && r <= 0x200F,
			r == 0x2028, r == 0x2029, r == 0x2581, r == 0xFEFF, r == 0xFFFD:
			return append(dst, ' ')
		}
		return appendRune(dst, r)
	})
}

// strip drops white space at the ends.
type strip struct{ left, right bool }

func (s strip) append(dst, src []byte) []byte {
	if s.left {
		src = bytes.TrimLeftFunc(src, unicode.IsSpace)
	}
	if s.right {
		src = bytes.TrimRightFunc(src, unicode.IsSpace)
	}
	return append(dst, src...)
}

// prepend puts a text before one that is not empty.
type prepend string

func (p prepend) append(dst, src []byte) []byte {
	if len(src) == 0 {
		return dst
	}
	return append(append(dst, p...), src...)
}

// replace puts content in the place of each match.
type replace struct {
	find    finder
	content string
}

func (r replace) append(dst, src []byte) []byte {
	for at := 0; ; {
		from, to := r.find.next(src, at)
		if from < 0 || len(dst) > maxNormalized {
			return append(dst, src[at:]...)
		}
		dst = append(append(dst, src[at:from]...), r.content...)
		at = to
	}
}

// precompiled is a table of sentencepiece.
type precompiled struct{ table *charsmap.Map }

func (p precompiled) append(dst, src []byte) []byte { return p.table.Append(dst, src, maxNormalized) }
