package pdf

import (
	"bytes"
	"strconv"
)

// kind says what an operand is.
type kind int

const (
	end      kind = iota // of the input
	number               // in num
	text                 // a string, in raw
	name                 // in raw, without the slash
	list                 // of others, in items; what is in lists and dictionaries inside is left out
	operator             // in raw
	other                // a dictionary, or what is none of these
)

// operand is a number, string, name or list of a content stream or a character map, or an
// operator.
type operand struct {
	kind  kind
	num   float64
	raw   []byte
	items []operand
}

// scanner reads operands. It always goes forward, so it comes to an end whatever there is.
type scanner struct {
	in []byte
	at int
}

// next returns the next operand.
func (s *scanner) next() operand {
	o, punctuation := s.token()
	switch punctuation {
	case '[':
		return operand{kind: list, items: s.items()}
	case '<':
		s.skipDict()
		return operand{kind: other}
	case ']', '>':
		return operand{kind: other}
	}
	return o
}

// items reads a list up to its end.
func (s *scanner) items() (out []operand) {
	for depth := 1; depth > 0; {
		o, punctuation := s.token()
		switch {
		case punctuation == '[':
			depth++
		case punctuation == ']':
			depth--
		case punctuation == '<':
			s.skipDict()
		case punctuation == 0 && o.kind == end:
			return out
		case punctuation == 0 && depth == 1:
			out = append(out, o)
		}
	}
	return out
}

// skipDict passes over a dictionary that has begun.
func (s *scanner) skipDict() {
	for depth := 1; depth > 0; {
		o, punctuation := s.token()
		switch {
		case punctuation == '<':
			depth++
		case punctuation == '>':
			depth--
		case punctuation == 0 && o.kind == end:
			return
		}
	}
}

// token reads one operand, or one of [ ] << >>, which it returns as [ ] < >.
func (s *scanner) token() (o operand, punctuation byte) {
	s.skipSpace()
	if s.at >= len(s.in) {
		return operand{kind: end}, 0
	}
	c := s.in[s.at]
	s.at++
	switch c {
	case '[', ']':
		return operand{}, c
	case '(':
		return operand{kind: text, raw: s.literal()}, 0
	case '/':
		return operand{kind: name, raw: s.regular()}, 0
	case '<', '>':
		if s.at < len(s.in) && s.in[s.at] == c {
			s.at++
			return operand{}, c
		}
		if c == '<' {
			return operand{kind: text, raw: s.hex()}, 0
		}
		return operand{kind: other}, 0
	case '{', '}', ')':
		return operand{kind: other}, 0
	}
	s.at--
	word := s.regular()
	if num, err := strconv.ParseFloat(string(word), 64); err == nil && (c == '+' || c == '-' || c == '.' || c >= '0' && c <= '9') {
		return operand{kind: number, num: num}, 0
	}
	return operand{kind: operator, raw: word}, 0
}

func (s *scanner) skipSpace() {
	for s.at < len(s.in) {
		switch c := s.in[s.at]; {
		case space(c):
			s.at++
		case c == '%':
			if n := bytes.IndexAny(s.in[s.at:], "\r\n"); n >= 0 {
				s.at += n
			} else {
				s.at = len(s.in)
			}
		default:
			return
		}
	}
}

// regular reads up to the next space or delimiter.
func (s *scanner) regular() []byte {
	from := s.at
	for s.at < len(s.in) && !space(s.in[s.at]) && bytes.IndexByte([]byte("()<>[]{}/%"), s.in[s.at]) < 0 {
		s.at++
	}
	return s.in[from:s.at]
}

// literal reads a string in parentheses, of which the first has been read.
func (s *scanner) literal() (out []byte) {
	for depth := 1; s.at < len(s.in); {
		c := s.in[s.at]
		s.at++
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return out
			}
		case '\\':
			out = s.escaped(out)
			continue
		}
		out = append(out, c)
	}
	return out
}

// escaped appends what stands behind a backslash.
func (s *scanner) escaped(out []byte) []byte {
	if s.at >= len(s.in) {
		return out
	}
	c := s.in[s.at]
	s.at++
	if at := bytes.IndexByte([]byte("nrtbf"), c); at >= 0 {
		return append(out, "\n\r\t\b\f"[at])
	}
	switch {
	case c == '\r':
		if s.at < len(s.in) && s.in[s.at] == '\n' {
			s.at++
		}
		return out
	case c == '\n':
		return out
	case c < '0' || c > '7':
		return append(out, c)
	}
	n := int(c - '0')
	for i := 0; i < 2 && s.at < len(s.in) && s.in[s.at] >= '0' && s.in[s.at] <= '7'; i++ {
		n = n*8 + int(s.in[s.at]-'0')
		s.at++
	}
	return append(out, byte(n))
}

// hex reads a string of hexadecimal digits up to its >.
func (s *scanner) hex() (out []byte) {
	n, digits := 0, 0
	for s.at < len(s.in) {
		c := s.in[s.at]
		s.at++
		if c == '>' {
			break
		}
		d := digit(c)
		if d < 0 {
			continue
		}
		n, digits = n*16+d, digits+1
		if digits%2 == 0 {
			out = append(out, byte(n))
			n = 0
		}
	}
	if digits%2 == 1 {
		out = append(out, byte(n*16))
	}
	return out
}

// skipImage passes over an image that stands in the content, of which BI has been read.
func (s *scanner) skipImage() {
	for {
		o, punctuation := s.token()
		if punctuation == 0 && (o.kind == end || o.kind == operator && string(o.raw) == "ID") {
			break
		}
	}
	for s.at < len(s.in) {
		n := bytes.Index(s.in[s.at:], []byte("EI"))
		if n < 0 {
			s.at = len(s.in)
			return
		}
		from := s.at + n
		s.at = from + 2
		if from > 0 && space(s.in[from-1]) && (s.at == len(s.in) || space(s.in[s.at])) {
			return
		}
	}
}

func space(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func digit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
