package filterlang

import (
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain"
)

// Leaf is a scalar that a path reaches in a document.
type Leaf struct {
	Value   Value
	Element bool // it stands in an array that the path reaches
}

// leaves calls fn with every scalar that the path of f reaches in the fields of m: the
// value itself, or if that is an array its elements (not those of arrays in it). A path goes
// through arrays of objects on its way, into each of them. leaves reports whether the path
// reaches anything, be it an empty array, an object or null.
func leaves(m domain.Metadata, f Field, fn func(Leaf)) (found bool) {
	object, ok := m.Fields()
	if !ok {
		return false
	}
	w := walk{text: object, field: f, fn: fn}
	w.space()
	w.object(f.Path)
	return w.found
}

// walk goes through JSON that is known to be valid. On any other it stops somewhere, but
// does stop.
type walk struct {
	text  string
	at    int
	field Field
	fn    func(Leaf)
	whole func(value string) // if not nil, it is called with whole values, and fn is not
	found bool
}

// next returns the byte at hand, 0 at the end.
func (w *walk) next() byte {
	if w.at < len(w.text) {
		return w.text[w.at]
	}
	return 0
}

func (w *walk) space() {
	for w.at < len(w.text) {
		switch w.text[w.at] {
		case ' ', '\t', '\n', '\r':
			w.at++
		default:
			return
		}
	}
}

// past skips what may stand between two values and returns the byte after it.
func (w *walk) past(separator byte) byte {
	w.space()
	if w.next() == separator {
		w.at++
		w.space()
	}
	return w.next()
}

// object follows path through the members of the object at hand.
func (w *walk) object(path []string) {
	w.members(func(name string) {
		switch steps := w.field.names(name, path); steps {
		case 0:
			w.skip()
		case len(path):
			w.leaf()
		default:
			w.into(path[steps:])
		}
	})
}

// into follows path, which has steps left, through the value at hand.
func (w *walk) into(path []string) {
	if !w.field.Strict {
		w.descend(path)
		return
	}
	switch step := path[0]; {
	case step[0] == '.' && w.next() == '{':
		w.object(path)
	case step[0] == '[' && w.next() == '[':
		at, each, only := 0, step == EachElement, elementOf(step)
		w.elements(func(byte) {
			switch {
			case !each && at != only:
				w.skip()
			case len(path) == 1:
				w.leaf()
			default:
				w.into(path[1:])
			}
			at++
		})
	default:
		w.skip()
	}
}

// members calls each before the value of every member of the object at hand, to pass it.
func (w *walk) members(each func(name string)) {
	w.at++ // the brace
	for c := w.past(','); c == '"'; c = w.past(',') {
		name := w.str()
		w.past(':')
		each(name)
	}
	w.at++
}

// descend follows path through the value at hand: an object, or an array of some.
func (w *walk) descend(path []string) {
	switch w.next() {
	case '{':
		w.object(path)
	case '[':
		w.elements(func(c byte) {
			if c == '{' {
				w.object(path)
				return
			}
			w.skip()
		})
	default:
		w.skip()
	}
}

// leaf reports the value at hand.
func (w *walk) leaf() {
	w.found = true
	if w.whole != nil {
		start := w.at
		w.skip()
		w.whole(w.text[start:w.at])
		return
	}
	switch c := w.next(); c {
	case '{':
		w.skip()
	case '[':
		w.elements(func(c byte) {
			if c == '{' || c == '[' {
				w.skip()
				return
			}
			w.fn(Leaf{Value: w.scalar(), Element: true})
		})
	default:
		w.fn(Leaf{Value: w.scalar()})
	}
}

// elements calls each before every element of the array at hand, to pass it.
func (w *walk) elements(each func(first byte)) {
	w.at++ // the bracket
	for c := w.past(','); c != ']' && c != 0; c = w.past(',') {
		before := w.at
		each(c)
		if w.at == before {
			w.at = len(w.text)
		}
	}
	w.at++
}

// skip passes the value at hand.
func (w *walk) skip() {
	for depth := 0; w.at < len(w.text); {
		switch w.text[w.at] {
		case '"':
			w.skipString()
		case '{', '[':
			depth++
			w.at++
		case '}', ']':
			if depth == 0 {
				return
			}
			depth--
			w.at++
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return
			}
			w.at++
			continue
		default:
			w.word()
		}
		if depth == 0 {
			return
		}
	}
}

// word passes a number or a literal and returns it.
func (w *walk) word() string {
	start := w.at
	for w.at < len(w.text) && !strings.ContainsRune(",:]}[{\" \t\n\r", rune(w.text[w.at])) {
		w.at++
	}
	return w.text[start:w.at]
}

func (w *walk) skipString() (raw string, escaped bool) {
	w.at++
	start := w.at
	for w.at < len(w.text) {
		switch w.text[w.at] {
		case '"':
			raw = w.text[start:w.at]
			w.at++
			return raw, escaped
		case '\\':
			escaped = true
			w.at++
		}
		w.at++
	}
	w.at = len(w.text)
	return w.text[min(start, w.at):], escaped
}

// str reads the string at hand.
func (w *walk) str() string {
	raw, escaped := w.skipString()
	if escaped {
		raw = unescape(raw)
	}
	return raw
}

// scalar reads the scalar at hand.
func (w *walk) scalar() Value {
	switch c := w.next(); c {
	case '"':
		return Text(w.str())
	default:
		switch word := w.word(); word {
		case "null", "":
			return Value{}
		case "true", "false":
			return Bool(word == "true")
		default:
			return parseNumber(word)
		}
	}
}

// unescape resolves the escapes of a JSON string. Half of a surrogate pair becomes the
// three bytes that UTF-8 would have for it, as SQLite does it.
func unescape(raw string) string {
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' || i+1 == len(raw) {
			b = append(b, raw[i])
			continue
		}
		i++
		switch raw[i] {
		case 'b':
			b = append(b, '\b')
		case 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'u':
			r := hex4(raw, i+1)
			i += 4
			if low := hex4(raw, i+3); r>>10 == 0xd800>>10 && low>>10 == 0xdc00>>10 && raw[i+1] == '\\' && raw[i+2] == 'u' {
				r = 0x10000 + (r-0xd800)<<10 + low - 0xdc00
				i += 6
			}
			b = appendRune(b, r)
		default:
			b = append(b, raw[i])
		}
	}
	return string(b)
}

func appendRune(b []byte, r rune) []byte {
	if r>>11 == 0xd800>>11 {
		return append(b, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
	}
	return utf8.AppendRune(b, r)
}

// hex4 reads four hexadecimal digits at i; 0 where there are none.
func hex4(s string, i int) (r rune) {
	if i+4 > len(s) {
		return 0
	}
	for _, c := range []byte(s[i : i+4]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0
		}
		r = r<<4 | rune(c)
	}
	return r
}
