package wire

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// Text reads a string. The result is valid until the next call of Text or Value.
func (s *Scanner) Text() ([]byte, error) {
	if s.Next() != '"' {
		return nil, s.expected("a string")
	}
	b, start := s.buf, s.pos+1
	i := plain(b, start)
	if i < len(b) && b[i] == '"' {
		s.pos = i + 1
		return s.checked(b[start:i], start)
	}
	return s.escaped(start, i)
}

// plain returns the first position from i on that ends a run of ordinary characters: a
// quote, a backslash, a control character or the end. It takes eight bytes at a time.
func plain(b []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for i+8 <= len(b) {
		v := binary.LittleEndian.Uint64(b[i:])
		quote, slash := v^(ones*'"'), v^(ones*'\\')
		// Each term has the high bit of a byte set if the byte is zero (or, for the
		// last, below 0x20); a borrow can only add a false alarm above a true one.
		if ((quote-ones)&^quote|(slash-ones)&^slash|(v-ones*0x20)&^v)&highs != 0 {
			break
		}
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}

// checked returns text if it is UTF-8.
func (s *Scanner) checked(text []byte, start int) ([]byte, error) {
	if utf8.Valid(text) {
		return text, nil
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == utf8.RuneError && n == 1 {
			break
		}
		text, start = text[n:], start+n
	}
	s.pos = start
	return nil, s.Errorf("string is not valid UTF-8")
}

// escaped reads on in a string that has something other than ordinary characters at i.
func (s *Scanner) escaped(start, i int) ([]byte, error) {
	b := s.buf
	s.text = s.text[:0]
	for {
		run, err := s.checked(b[start:i], start)
		if err != nil {
			return nil, err
		}
		s.text = append(s.text, run...)
		s.pos = i
		switch {
		case i == len(b):
			return nil, s.Errorf("the JSON ends inside a string")
		case b[i] == '"':
			s.pos = i + 1
			return s.text, nil
		case b[i] < 0x20:
			return nil, s.Errorf("control character in a string: write it as \\u%04x", b[i])
		}
		n, err := s.escape(i)
		if err != nil {
			return nil, err
		}
		start = i + n
		i = plain(b, start)
	}
}

// escape appends what the escape sequence at i stands for to s.text and returns its length.
func (s *Scanner) escape(i int) (int, error) {
	b := s.buf
	if i+1 == len(b) {
		return 0, s.Errorf("the JSON ends inside a string")
	}
	switch c := b[i+1]; c {
	case '"', '\\', '/':
		s.text = append(s.text, c)
	case 'b':
		s.text = append(s.text, '\b')
	case 'f':
		s.text = append(s.text, '\f')
	case 'n':
		s.text = append(s.text, '\n')
	case 'r':
		s.text = append(s.text, '\r')
	case 't':
		s.text = append(s.text, '\t')
	case 'u':
		return s.unicode(i)
	default:
		return 0, s.Errorf("unknown escape sequence in a string")
	}
	return 2, nil
}

// unicode does escape's work for \uXXXX, and for pairs of surrogates.
func (s *Scanner) unicode(i int) (int, error) {
	r := hex4(s.buf, i)
	if r < 0 {
		return 0, s.Errorf(`\u must be followed by four hexadecimal digits`)
	}
	n := 6
	if utf16.IsSurrogate(r) {
		r = utf16.DecodeRune(r, hex4(s.buf, i+6))
		n = 12
		if r == utf8.RuneError {
			return 0, s.Errorf("half of a surrogate pair stands for no character")
		}
	}
	s.text = utf8.AppendRune(s.text, r)
	return n, nil
}

// hex4 reads \uXXXX at i; -1 if that is not there.
func hex4(b []byte, i int) rune {
	if i+6 > len(b) || b[i] != '\\' || b[i+1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[i+2 : i+6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}
