package wire

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain"
)

// MaxDepth is how deep objects and arrays may nest.
const MaxDepth = 100

// Scanner reads one JSON value from memory, front to back. Its methods read the next
// value in the form the caller expects and fail with a *domain.Error of kind ErrInvalid
// (or ErrNotFinite for numbers beyond float32) that names the place and the byte offset.
// After an error the scanner is of no more use until Reset. It is not safe for
// concurrent use.
type Scanner struct {
	buf  []byte
	pos  int
	path []step // of the value being read
	text []byte // the last string that had escapes
	raw  []byte // the bytes of the last vector that came as base64
	deep int    // nesting inside Value

	spaced bool     // white space was passed since Value began
	names  [][]byte // of the objects open inside Value
}

// step is one step of a path: a name, or one that stands at buf[from:to], or an index.
type step struct {
	name     string
	from, to int // to is 0 where there is no such name
	index    int
}

// Reset makes s read buf, which must not change while it does.
func (s *Scanner) Reset(buf []byte) {
	s.buf, s.pos, s.path, s.deep, s.names = buf, 0, s.path[:0], 0, s.names[:0]
}

// Offset is how many bytes have been read.
func (s *Scanner) Offset() int { return s.pos }

// Remaining is how many bytes have not been read.
func (s *Scanner) Remaining() int { return len(s.buf) - s.pos }

// End reports trailing data.
func (s *Scanner) End() error {
	s.space()
	if s.pos < len(s.buf) {
		return s.Errorf("unexpected data after the end of the JSON value")
	}
	return nil
}

// Object reads an object whose names are among fields, each at most once, and calls
// field with the position in fields of each name, to read its value. It returns which
// fields were there, as bits.
func (s *Scanner) Object(fields []string, field func(i int) error) (seen uint32, err error) {
	if err := s.open('{', "an object"); err != nil {
		return 0, err
	}
	for first := true; ; first = false {
		done, err := s.next('}', first)
		if done || err != nil {
			return seen, err
		}
		at := s.pos
		name, err := s.name()
		if err != nil {
			return seen, err
		}
		i := indexOf(fields, name)
		if i < 0 {
			return seen, s.errorAt(domain.ErrInvalid, at, "unknown field %s: known are %s", quote(name), strings.Join(fields, ", "))
		}
		if seen&(1<<i) != 0 {
			return seen, s.errorAt(domain.ErrInvalid, at, "field %s occurs twice", quote(name))
		}
		seen |= 1 << i
		s.path = append(s.path, step{name: fields[i]})
		if err := field(i); err != nil {
			return seen, err
		}
		s.path = s.path[:len(s.path)-1]
	}
}

// Members reads an object of any names and calls member before each value, to read it. The
// name is valid until the next call of Text or Value; one may come several times.
func (s *Scanner) Members(member func(name []byte) error) error {
	if err := s.open('{', "an object"); err != nil {
		return err
	}
	for first := true; ; first = false {
		done, err := s.next('}', first)
		if done || err != nil {
			return err
		}
		from := s.pos + 1 // after the quote
		name, err := s.Text()
		if err != nil {
			return err
		}
		to := s.pos - 1
		if err := s.colon(); err != nil {
			return err
		}
		if len(s.path) == MaxDepth {
			return s.Errorf("nested deeper than %d levels", MaxDepth)
		}
		s.path = append(s.path, step{from: from, to: to})
		if err := member(name); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
	}
}

func indexOf(fields []string, name []byte) int {
	for i, f := range fields {
		if string(name) == f {
			return i
		}
	}
	return -1
}

// Array reads an array and calls element before each element, to read it.
func (s *Scanner) Array(element func(i int) error) error {
	if err := s.open('[', "an array"); err != nil {
		return err
	}
	for i := 0; ; i++ {
		done, err := s.next(']', i == 0)
		if done || err != nil {
			return err
		}
		s.path = append(s.path, step{index: i})
		if err := element(i); err != nil {
			return err
		}
		s.path = s.path[:len(s.path)-1]
	}
}

// Floats reads an array of numbers and appends them to dst.
func (s *Scanner) Floats(dst []float32) ([]float32, error) {
	if err := s.open('[', "an array of numbers"); err != nil {
		return dst, err
	}
	start := len(dst)
	for {
		done, err := s.next(']', len(dst) == start)
		if done || err != nil {
			return dst, err
		}
		for more := true; more; {
			v, end, f := number(s.buf, s.pos)
			if f != fine {
				s.path = append(s.path, step{index: len(dst) - start})
				return dst, s.badNumber(f)
			}
			dst = append(dst, v)
			s.pos, more = nextNumber(s.buf, end)
		}
	}
}

// nextNumber returns where the next number of an array begins, if it follows b[i:] after
// a comma and at most one blank, as all writers have it; else i and false.
func nextNumber(b []byte, i int) (int, bool) {
	if i+2 >= len(b) || b[i] != ',' {
		return i, false
	}
	j := i + 1
	if b[j] == ' ' {
		j++
	}
	if b[j] == '-' || b[j]-'0' <= 9 {
		return j, true
	}
	return i, false
}

// Float reads a number as the nearest float32.
func (s *Scanner) Float() (float32, error) {
	s.space()
	v, end, f := number(s.buf, s.pos)
	if f != fine {
		return 0, s.badNumber(f)
	}
	s.pos = end
	return v, nil
}

func (s *Scanner) badNumber(f fault) error {
	if f == outOfRange {
		return s.errorAt(domain.ErrNotFinite, s.pos, "number is out of the range of float32")
	}
	return s.expected("a number")
}

// Int reads an integer that fits an int64.
func (s *Scanner) Int() (int64, error) {
	s.space()
	_, end, f := number(s.buf, s.pos)
	if f == notANumber {
		return 0, s.expected("an integer")
	}
	v, err := strconv.ParseInt(string(s.buf[s.pos:end]), 10, 64)
	if err != nil {
		return 0, s.Errorf("expected an integer, found %s", clip(s.buf[s.pos:end]))
	}
	s.pos = end
	return v, nil
}

// Bool reads true or false.
func (s *Scanner) Bool() (bool, error) {
	switch {
	case s.literal("true"):
		return true, nil
	case s.literal("false"):
		return false, nil
	}
	return false, s.expected("true or false")
}

// Null reads null if that is what comes next, and reports whether it was.
func (s *Scanner) Null() bool { return s.literal("null") }

// Next returns the first byte of the next value, 0 at the end.
func (s *Scanner) Next() byte {
	s.space()
	if s.pos == len(s.buf) {
		return 0
	}
	return s.buf[s.pos]
}

func (s *Scanner) literal(word string) bool {
	s.space()
	if !bytes.HasPrefix(s.buf[s.pos:], []byte(word)) {
		return false
	}
	s.pos += len(word)
	return true
}

// open reads the bracket that begins an object or array.
func (s *Scanner) open(bracket byte, what string) error {
	if s.Next() != bracket {
		return s.expected(what)
	}
	s.pos++
	return nil
}

// next goes to the next member of an object or array, or past its closing bracket.
func (s *Scanner) next(closing byte, first bool) (done bool, err error) {
	c := s.Next()
	if c == closing {
		s.pos++
		return true, nil
	}
	if first {
		if c == 0 {
			return false, s.expected("a value")
		}
		return false, nil
	}
	if c != ',' {
		return false, s.expected(fmt.Sprintf("',' or '%c'", closing))
	}
	s.pos++
	if s.Next() == closing {
		return false, s.expected("a value after ','")
	}
	return false, nil
}

// name reads the name of a member and the colon after it.
func (s *Scanner) name() ([]byte, error) {
	name, err := s.Text()
	if err != nil {
		return nil, err
	}
	return name, s.colon()
}

func (s *Scanner) colon() error {
	if s.Next() != ':' {
		return s.expected("':'")
	}
	s.pos++
	return nil
}

// space passes white space.
func (s *Scanner) space() {
	i := s.pos
	for i < len(s.buf) && (s.buf[i] == ' ' || s.buf[i] == '\n' || s.buf[i] == '\r' || s.buf[i] == '\t') {
		i++
	}
	s.spaced = s.spaced || i > s.pos
	s.pos = i
}

// Errorf is an ErrInvalid with the place and offset of what comes next.
func (s *Scanner) Errorf(format string, args ...any) error {
	return s.errorAt(domain.ErrInvalid, s.pos, format, args...)
}

func (s *Scanner) errorAt(kind error, at int, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	if where := s.where(); where != "" {
		message = where + ": " + message
	}
	return domain.Errorf(kind, "%s (at byte %d)", message, at)
}

// where writes the path of the value being read, as in chunks[3].embedding[0].
func (s *Scanner) where() string {
	var b strings.Builder
	for _, p := range s.path {
		if p.name == "" && p.to == 0 {
			fmt.Fprintf(&b, "[%d]", p.index)
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(p.name)
		if p.to > 0 {
			b.WriteString(clip(s.buf[p.from:p.to]))
		}
	}
	return b.String()
}

// expected is the error for finding something else than what.
func (s *Scanner) expected(what string) error {
	if s.pos >= len(s.buf) {
		return s.Errorf("the JSON ends where %s was expected", what)
	}
	found := "'" + string(rune(s.buf[s.pos])) + "'"
	switch c := s.buf[s.pos]; {
	case c == '"':
		found = "a string"
	case c == '{':
		found = "an object"
	case c == '[':
		found = "an array"
	case c == '-' || c-'0' <= 9:
		if _, _, f := number(s.buf, s.pos); f == notANumber {
			return s.Errorf("malformed number")
		}
		found = "a number"
	case s.literal("null"):
		s.pos, found = s.pos-len("null"), "null"
	case s.literal("true"):
		s.pos, found = s.pos-len("true"), "true"
	case s.literal("false"):
		s.pos, found = s.pos-len("false"), "false"
	case c < 0x20 || c >= utf8.RuneSelf:
		found = fmt.Sprintf("byte 0x%02x", c)
	}
	return s.Errorf("expected %s, found %s", what, found)
}

// quote writes a name of the input for an error message.
func quote(b []byte) string { return strconv.QuoteToGraphic(clip(b)) }

// clip keeps messages short whatever was sent.
func clip(b []byte) string {
	const most = 64
	if len(b) <= most {
		return string(b)
	}
	return strings.ToValidUTF8(string(b[:most]), "") + "…"
}
