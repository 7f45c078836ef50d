package payload

import (
	"encoding/json"
	"strings"
)

// splitter takes JSON, which is known to be valid, apart by one level, however deep it is and
// how often a name is in it. On any other text it ends somewhere.
type splitter struct {
	text string
	at   int
}

// next goes to the next member or element, and reports whether there is one.
func (s *splitter) next() bool {
	if s.at == 0 {
		s.at = 1 // the bracket
	}
	s.pass(" \t\r\n,")
	return s.at < len(s.text) && s.text[s.at] != '}' && s.text[s.at] != ']'
}

// name reads the name of a member.
func (s *splitter) name() string {
	quoted := s.value()
	s.pass(" \t\r\n:")
	if !strings.Contains(quoted, `\`) {
		return strings.Trim(quoted, `"`)
	}
	var name string
	_ = json.Unmarshal([]byte(quoted), &name) // it is valid
	return name
}

// value passes a value and returns it.
func (s *splitter) value() string {
	start := s.at
	for depth := 0; s.at < len(s.text); {
		switch c := s.text[s.at]; {
		case c == '"':
			s.quoted()
		case c == '{' || c == '[':
			depth++
			s.at++
		case (c == '}' || c == ']') && depth > 0:
			depth--
			s.at++
		case depth > 0:
			s.at++
			continue
		default:
			s.word()
		}
		if s.at == start {
			s.at = len(s.text) // no value
		}
		if depth == 0 {
			return s.text[start:max(s.at, start)]
		}
	}
	return s.text[start:]
}

// quoted passes a string.
func (s *splitter) quoted() {
	for s.at++; s.at < len(s.text) && s.text[s.at] != '"'; s.at++ {
		if s.text[s.at] == '\\' {
			s.at++
		}
	}
	s.at = min(s.at+1, len(s.text))
}

// word passes a number or a literal.
func (s *splitter) word() {
	n := strings.IndexAny(s.text[s.at:], ",:]} \t\r\n")
	if n < 0 {
		n = len(s.text) - s.at
	}
	s.at += n
}

func (s *splitter) pass(set string) {
	for s.at < len(s.text) && strings.IndexByte(set, s.text[s.at]) >= 0 {
		s.at++
	}
}
