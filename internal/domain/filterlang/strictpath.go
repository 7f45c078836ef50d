package filterlang

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/memista/memista/internal/domain"
)

// EachElement is the step of a strict path to all elements of an array.
const EachElement = "[*]"

// parseStrict reads a path after its "$.".
func parseStrict(text string) (Field, error) {
	f := Field{Strict: true}
	for rest := "." + text; rest != ""; {
		step, after, ok := strictStep(rest)
		if !ok || len(f.Path) == maxFieldPath || len(text) > MaxText {
			return Field{}, domain.Errorf(domain.ErrInvalid, `a path after $. has up to %d steps such as a.b, "any name", [2] and [*]`, maxFieldPath)
		}
		f.Path, rest = append(f.Path, step), after
	}
	return f, nil
}

// strictStep reads the step that text begins with.
func strictStep(text string) (step, rest string, ok bool) {
	switch {
	case text[0] == '[':
		inner, rest, ok := strings.Cut(text[1:], "]")
		if inner == "*" {
			return EachElement, rest, ok
		}
		n, err := strconv.ParseUint(inner, 10, 31)
		return ElementStep(int(n)), rest, ok && err == nil
	case text[0] != '.':
		return "", "", false
	case strings.HasPrefix(text, `."`):
		return quotedStep(text[2:])
	}
	rest = strings.TrimLeftFunc(text[1:], isPlain)
	return text[:len(text)-len(rest)], rest, len(rest) < len(text)-1
}

// ElementStep is the step of a strict path to element i of an array.
func ElementStep(i int) string { return "[" + strconv.Itoa(i) + "]" }

// elementOf returns the i of an ElementStep, and -1 of any other step.
func elementOf(step string) int {
	i, err := strconv.Atoi(strings.Trim(step, "[]"))
	if err != nil {
		return -1
	}
	return i
}

// quotedStep reads a name up to its closing quote.
func quotedStep(text string) (step, rest string, ok bool) {
	name := []byte{'.'}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return string(name), text[i+1:], true
		case c == '\\' && i+1 < len(text):
			i++
			name = append(name, text[i])
		default:
			name = append(name, c)
		}
	}
	return "", "", false
}

// isPlain reports whether c needs no quotes around the name that it stands in.
func isPlain(c rune) bool {
	return c == '_' || c == '-' || unicode.IsLetter(c) || unicode.IsDigit(c)
}

var escapeQuoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// strictName writes a strict path.
func (f Field) strictName() string {
	var b strings.Builder
	b.WriteByte('$')
	for _, step := range f.Path {
		name, isName := strings.CutPrefix(step, ".")
		switch {
		case !isName:
			b.WriteString(step)
		case name != "" && strings.TrimLeftFunc(name, isPlain) == "":
			b.WriteString(step)
		default:
			b.WriteString(`."` + escapeQuoted.Replace(name) + `"`)
		}
	}
	return b.String()
}
