package tokenizer

import (
	"bytes"
	"regexp"
	"unicode"
	"unicode/utf8"
)

// finder finds matches in a text.
type finder interface {
	// next returns where the first match at or after at is, -1 if there is none. No match
	// is empty.
	next(text []byte, at int) (from, to int)
}

// literal finds a text.
type literal []byte

func (l literal) next(text []byte, at int) (from, to int) {
	i := bytes.Index(text[at:], l)
	if i < 0 {
		return -1, -1
	}
	return at + i, at + i + len(l)
}

// class finds single characters.
type class func(r rune) bool

func (c class) next(text []byte, at int) (from, to int) {
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if c(r) {
			return at, at + size
		}
		at += size
	}
	return -1, -1
}

// runs finds the longest runs of at least min characters of a class.
type runs struct {
	of  class
	min int
}

func (f runs) next(text []byte, at int) (from, to int) {
	for {
		from, to = f.of.next(text, at)
		if from < 0 {
			return from, to
		}
		n := 1
		for to < len(text) {
			r, size := utf8.DecodeRune(text[to:])
			if !f.of(r) {
				break
			}
			to, n = to+size, n+1
		}
		if n >= f.min {
			return from, to
		}
		at = to
	}
}

// words finds runs of letters, and runs of what is neither letter nor white space.
type words struct{}

func (words) next(text []byte, at int) (from, to int) {
	kind := func(r rune) int {
		switch {
		case isWord(r):
			return 1
		case unicode.IsSpace(r):
			return 0
		}
		return 2
	}
	from = -1
	run := 0
	for to = at; to < len(text); {
		r, size := utf8.DecodeRune(text[to:])
		switch k := kind(r); {
		case from < 0 && k != 0:
			from, run = to, k
		case from >= 0 && k != run:
			return from, to
		}
		to += size
	}
	if from < 0 {
		return -1, -1
	}
	return from, to
}

// pattern finds the matches of a regular expression. It allocates for each match.
type pattern struct {
	re *regexp.Regexp
	// spaces says that the last group of re are runs of white space, which leave their last
	// character to what follows them: \s+(?!\S)|\s+
	spaces bool
}

func (p pattern) next(text []byte, at int) (from, to int) {
	m := p.re.FindSubmatchIndex(text[at:])
	if m == nil {
		return -1, -1
	}
	from, to = at+m[0], at+m[1]
	if p.spaces && m[len(m)-2] >= 0 && to < len(text) {
		if _, size := utf8.DecodeLastRune(text[from:to]); size < to-from {
			to -= size
		}
	}
	return from, to
}

// gpt2 finds what GPT-2 splits a text into:
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
type gpt2 struct{}

func (gpt2) next(text []byte, at int) (from, to int) {
	if at >= len(text) {
		return -1, -1
	}
	rest := text[at:]
	if n := contraction(rest); n > 0 {
		return at, at + n
	}
	first := 0
	if rest[0] == ' ' && len(rest) > 1 {
		first = 1
	}
	r, size := utf8.DecodeRune(rest[first:])
	kind := gpt2Kind(r)
	if kind != space {
		end := first + size
		for end < len(rest) {
			r, size := utf8.DecodeRune(rest[end:])
			if gpt2Kind(r) != kind {
				break
			}
			end += size
		}
		return at, at + end
	}
	end, last := 0, 0
	for end < len(rest) {
		r, size := utf8.DecodeRune(rest[end:])
		if !unicode.IsSpace(r) {
			break
		}
		end, last = end+size, size
	}
	if end < len(rest) && end > last {
		end -= last // the last one goes with the word
	}
	return at, at + end
}

// The kinds of characters of GPT-2.
const (
	other = iota
	space
	letter
	number
)

func gpt2Kind(r rune) int {
	switch {
	case unicode.IsSpace(r):
		return space
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	}
	return other
}

// contraction returns the length of an English contraction that text begins with, 0 for none.
func contraction(text []byte) int {
	if text[0] != '\'' || len(text) < 2 {
		return 0
	}
	switch text[1] {
	case 's', 't', 'm', 'd':
		return 2
	}
	if len(text) > 2 {
		switch string(text[1:3]) {
		case "re", "ve", "ll":
			return 3
		}
	}
	return 0
}
