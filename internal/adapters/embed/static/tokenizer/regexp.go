package tokenizer

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// What is more is taken for an attack: a regular expression can grow a thousandfold when it
// is compiled. Those in use have some hundred characters and repeat up to three times.
const (
	maxPattern = 1000
	maxRepeat  = 16
)

// What the escapes mean where all of Unicode counts, as parts of a class.
const (
	spaceClass    = `\t-\r\x{85}\p{Z}`
	notSpaceClass = `\x{0}-\x{8}\x{E}-\x{1F}\x{21}-\x{84}\x{86}-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}\x{202A}-\x{202E}\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{10FFFF}`
	wordClass     = `\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{B2}\x{B3}\x{B9}\x{BC}-\x{BE}\x{24B6}-\x{24E9}`
)

// trailingSpaces is how the patterns of GPT and its kin end. It looks ahead, which Go's
// regular expressions cannot, and pattern does instead.
const trailingSpaces = `|\s+(?!\S)|\s+`

// newRegexp returns what finds the matches of a regular expression in Oniguruma's syntax, as
// far as it means the same in Go's. What it has beyond that is an error.
func newRegexp(text string) (finder, error) {
	switch text {
	case `\s+`:
		return runs{of: spaces, min: 1}, nil
	case ` {2,}`:
		return runs{of: func(r rune) bool { return r == ' ' }, min: 2}, nil
	}
	if len(text) > maxPattern {
		return nil, unsupported("a regular expression of %d characters", len(text))
	}
	body, ends := strings.CutSuffix(text, trailingSpaces)
	translated, err := translate(body)
	if err != nil {
		return nil, err
	}
	if ends {
		translated += `|([` + spaceClass + `]+)`
	}
	re, err := regexp.Compile(`(?m)` + translated)
	if err != nil {
		return nil, unsupported("the regular expression %q: %v", text, err)
	}
	if re.MatchString("") {
		return nil, unsupported("the regular expression %q, which matches nothing", text)
	}
	return pattern{re: re, spaces: ends}, nil
}

// translate writes a regular expression of Oniguruma's syntax in Go's.
func translate(text string) (string, error) {
	var out strings.Builder
	refuse := func(what string) error { return unsupported("%s in the regular expression %q", what, text) }
	class := false
	runes := []rune(text)
	for i := 0; i < len(runes); i++ {
		rest := string(runes[i:min(i+4, len(runes))])
		switch r := runes[i]; {
		case r == '\\':
			if i++; i == len(runes) {
				return "", refuse(`a \ at the end`)
			}
			escape, used, err := escaped(runes[i:], class)
			if err != nil {
				return "", refuse(err.Error())
			}
			out.WriteString(escape)
			i += used - 1
		case class && (r == '[' || strings.HasPrefix(rest, "&&")):
			return "", refuse("a class within a class")
		case class:
			class = r != ']'
			out.WriteRune(r)
		case r == '[':
			class = true
			out.WriteRune(r)
			if i+1 < len(runes) && runes[i+1] == '^' {
				i++
				out.WriteRune('^')
			}
			if i+1 < len(runes) && runes[i+1] == ']' {
				return "", refuse("a ] at the beginning of a class")
			}
		case strings.HasPrefix(rest, "(?") && !strings.HasPrefix(rest, "(?:") && !strings.HasPrefix(rest, "(?i:"):
			return "", refuse(fmt.Sprintf("the group %q", rest))
		case r == '^':
			return "", refuse("the beginning of a line")
		case r == '{' && repeats(runes[i+1:]) > maxRepeat:
			return "", refuse(fmt.Sprintf("more than %d repetitions", maxRepeat))
		case strings.ContainsRune("*+?}", r) && i+1 < len(runes) && runes[i+1] == '+':
			return "", refuse("a possessive quantifier")
		default:
			out.WriteRune(r)
		}
	}
	return out.String(), nil
}

// repeats returns the largest number before the next }.
func repeats(runes []rune) (largest int) {
	n := 0
	for _, r := range runes {
		if r < '0' || r > '9' {
			n = 0
		} else {
			n = min(10*n+int(r-'0'), maxRepeat+1)
		}
		largest = max(largest, n)
		if r == '}' {
			break
		}
	}
	return largest
}

// escaped returns in Go's syntax what stands behind a \, and how many characters that took.
func escaped(runes []rune, class bool) (out string, used int, err error) {
	in := func(positive string) string {
		if class {
			return positive
		}
		return "[" + positive + "]"
	}
	switch r := runes[0]; r {
	case 's':
		return in(spaceClass), 1, nil
	case 'S':
		return in(notSpaceClass), 1, nil
	case 'd':
		return `\p{Nd}`, 1, nil
	case 'D':
		return `\P{Nd}`, 1, nil
	case 'w':
		return in(wordClass), 1, nil
	case 'W':
		if class {
			return "", 0, errors.New(`\W within a class`)
		}
		return "[^" + wordClass + "]", 1, nil
	case 'n', 'r', 't', 'f', 'v':
		return `\` + string(r), 1, nil
	case 'p', 'P':
		end := strings.IndexRune(string(runes), '}')
		if len(runes) < 2 || runes[1] != '{' || end < 0 {
			return "", 0, fmt.Errorf(`\%c without {…}`, r)
		}
		return `\` + string(runes[:end+1]), end + 1, nil
	case 'x', 'u':
		digits := 0
		for digits < 4 && 1+digits < len(runes) && strings.ContainsRune("0123456789abcdefABCDEF", runes[1+digits]) {
			digits++
		}
		if r == 'x' && digits > 2 || r == 'u' && digits != 4 || digits == 0 {
			return "", 0, fmt.Errorf(`the escape \%c`, r)
		}
		return `\x{` + string(runes[1:1+digits]) + `}`, 1 + digits, nil
	default:
		if r < unicode.MaxASCII && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return `\` + string(r), 1, nil
		}
		return "", 0, fmt.Errorf(`the escape \%c`, r)
	}
}
