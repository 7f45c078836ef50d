package filterlang

import (
	"strings"

	"github.com/memista/memista/internal/domain"
)

// maxFieldPath is the most steps a path may have.
const maxFieldPath = 16

// ParseField reads the name of a field as filters have it: $id, $key, $text, or a path in
// the metadata.
//
// A path that begins with "$." leads just where its steps say: $.a.b into objects, $.a[2] to
// the third element of an array, $.a[*] to all elements. A name may stand in double quotes,
// and has to if there is anything else in it than letters, digits, _ and -; in quotes a
// backslash stands before a quote and a backslash.
//
// In any other path names lead through arrays of objects on their way. The steps of a path are separated by dots. A path without a backslash also
// reaches fields with dots in their names: a.b is the b in a, or the field "a.b" itself. In
// a path with a backslash each step is one name, and \. \$ and \\ are the characters
// themselves: a\.b is the field "a.b" alone.
func ParseField(name string) (Field, error) {
	switch name {
	case "$id":
		return Field{Source: ChunkID}, nil
	case "$key":
		return Field{Source: ChunkKey}, nil
	case "$text":
		return Field{Source: ChunkText}, nil
	}
	if rest, ok := strings.CutPrefix(name, "$."); ok {
		return parseStrict(rest)
	}
	if strings.HasPrefix(name, "$") {
		return Field{}, domain.Errorf(domain.ErrInvalid, `unknown operator: here stands a field, $id, $key, $text, $and, $or, $not or $at_least; the field named %s is written \%s`, clip(name), clip(name))
	}
	if len(name) > MaxText {
		return Field{}, domain.Errorf(domain.ErrInvalid, "the name of a field has at most %d bytes", MaxText)
	}
	path, exact, err := splitPath(name)
	if err != nil {
		return Field{}, err
	}
	if len(path) > maxFieldPath {
		return Field{}, domain.Errorf(domain.ErrInvalid, `a path has at most %d steps; a dot inside a name is written \.`, maxFieldPath)
	}
	return Field{Path: path, Exact: exact}, nil
}

// splitPath takes a path apart, and reports whether it had a backslash.
func splitPath(name string) (path []string, exact bool, err error) {
	if !strings.Contains(name, `\`) {
		return strings.Split(name, "."), false, nil
	}
	var step strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; c {
		case '.':
			path = append(path, step.String())
			step.Reset()
		case '\\':
			if i++; i == len(name) || !strings.Contains(`.$\`, name[i:i+1]) {
				return nil, false, domain.Errorf(domain.ErrInvalid, `a backslash in the name of a field stands before a dot, a $ or a backslash: the backslash itself is written \\`)
			}
			step.WriteByte(name[i])
		default:
			step.WriteByte(c)
		}
	}
	return append(path, step.String()), true, nil
}

// escapeStep writes a step of an exact path.
var escapeStep = strings.NewReplacer(`\`, `\\`, `.`, `\.`, `$`, `\$`)

// String returns the field as it is written.
func (f Field) String() string {
	switch f.Source {
	case ChunkID:
		return "$id"
	case ChunkKey:
		return "$key"
	case ChunkText:
		return "$text"
	case InMetadata:
	}
	if f.Strict {
		return f.strictName()
	}
	if !f.Exact {
		return strings.Join(f.Path, ".")
	}
	steps := make([]string, len(f.Path))
	for i, step := range f.Path {
		steps[i] = escapeStep.Replace(step)
	}
	return strings.Join(steps, ".")
}

// names reports how many of the steps of path, joined by dots, are name; 0: it is no start
// of the path. In an exact path a name is one step.
func (f Field) names(name string, path []string) int {
	step := path[0]
	if f.Strict {
		step = step[1:] // without the dot
	}
	if f.Strict || f.Exact {
		if name == step {
			return 1
		}
		return 0
	}
	for i, step := range path {
		rest, ok := strings.CutPrefix(name, step)
		switch {
		case !ok:
			return 0
		case rest == "":
			return i + 1
		case rest[0] != '.':
			return 0
		}
		name = rest[1:]
	}
	return 0
}
