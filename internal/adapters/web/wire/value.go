package wire

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/memista/memista/internal/domain"
)

// Value reads any value, checks it as strictly as everything else (UTF-8, no name twice
// in one object, no more than MaxDepth levels) and returns its text without the white
// space between tokens. The result may be part of the input.
func (s *Scanner) Value() ([]byte, error) {
	s.space()
	start := s.pos
	s.spaced = false
	if err := s.skip(); err != nil {
		return nil, err
	}
	raw := s.buf[start:s.pos]
	if !s.spaced {
		return raw, nil
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return nil, s.Errorf("%v", err)
	}
	return compact.Bytes(), nil
}

// skip passes one value.
func (s *Scanner) skip() error {
	switch c := s.Next(); c {
	case '{', '[':
		s.deep++
		defer func() { s.deep-- }()
		if s.deep+len(s.path) > MaxDepth {
			return s.Errorf("nested deeper than %d levels", MaxDepth)
		}
		if c == '{' {
			return s.skipObject()
		}
		return s.Array(func(int) error {
			s.path = s.path[:len(s.path)-1] // deep inside, the offset says enough
			defer func() { s.path = append(s.path, step{}) }()
			return s.skip()
		})
	case '"':
		_, err := s.Text()
		return err
	case 't', 'f':
		_, err := s.Bool()
		return err
	case 'n':
		if s.Null() {
			return nil
		}
	default:
		if _, end, f := number(s.buf, s.pos); f != notANumber {
			s.pos = end
			return nil
		}
	}
	return s.expected("a value")
}

func (s *Scanner) skipObject() error {
	base := len(s.names)
	defer func() { s.names = s.names[:base] }()
	var many map[string]bool
	s.pos++
	for first := true; ; first = false {
		done, err := s.next('}', first)
		if done || err != nil {
			return err
		}
		at := s.pos
		name, err := s.name()
		if err != nil {
			return err
		}
		if many, err = s.once(name, base, many, at); err != nil {
			return err
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
}

// once fails if name is among the names of the object that began at base. Few names are
// compared one by one; more go to the map many.
func (s *Scanner) once(name []byte, base int, many map[string]bool, at int) (map[string]bool, error) {
	const few = 16
	open := s.names[base:]
	twice := many[string(name)]
	if many == nil {
		twice = slices.ContainsFunc(open, func(n []byte) bool { return bytes.Equal(n, name) })
	}
	if twice {
		return many, s.errorAt(domain.ErrInvalid, at, "field %s occurs twice", quote(name))
	}
	if many == nil && len(open) == few {
		many = make(map[string]bool, 4*few)
		for _, n := range open {
			many[string(n)] = true
		}
	}
	if many != nil {
		many[string(name)] = true
		return many, nil
	}
	if len(name) > 0 && len(s.text) > 0 && &name[0] == &s.text[0] {
		name = bytes.Clone(name) // s.text is overwritten by the next string
	}
	s.names = append(s.names, name)
	return nil, nil
}
