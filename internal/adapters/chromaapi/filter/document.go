package filter

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// document reads an object of conditions about the document.
func (r *reader) document(v any) (filterlang.Filter, error) {
	object, ok := v.(map[string]any)
	if !ok || len(object) == 0 {
		return filterlang.Filter{}, r.invalid("it must be an object with a condition")
	}
	return all(object, func(name string, value any) (filterlang.Filter, error) {
		if name == "$and" || name == "$or" {
			return r.list(name, value, r.document)
		}
		return r.textCondition(name, value)
	})
}

// documentIn reads what a where clause asks of the document.
func (r *reader) documentIn(v any) (filterlang.Filter, error) {
	object, ok := v.(map[string]any)
	if !ok || len(object) == 0 {
		return filterlang.Filter{}, r.invalid("%s takes $contains, $not_contains, $regex and $not_regex", documentKey)
	}
	return all(object, r.textCondition)
}

// textCondition reads one operator about the document. Records without one are selected by
// the negated operators only.
func (r *reader) textCondition(name string, v any) (filterlang.Filter, error) {
	text, ok := v.(string)
	if !ok {
		return filterlang.Filter{}, r.invalid("%.40q takes a string", name)
	}
	var f filterlang.Filter
	var err error
	switch name {
	case "$contains", "$not_contains":
		f = hasDocument()
		if text != "" {
			f = filterlang.Filter{Op: filterlang.Contains, Field: documentField, Args: []filterlang.Value{filterlang.Text(text)}}
		}
	case "$regex", "$not_regex":
		f, err = r.regex(text)
	default:
		err = r.invalid("unknown operator %.40q: known are $contains, $not_contains, $regex, $not_regex, $and and $or", name)
	}
	if err == nil && strings.HasPrefix(name, "$not_") {
		f = not(f)
	}
	return f, err
}

// maxPatterns bounds the memory of the regular expressions of a clause together, as
// filterlang bounds that of one.
const maxPatterns = filterlang.MaxPatterns * 64

// regex returns the filter for the documents that a pattern matches.
func (r *reader) regex(pattern string) (filterlang.Filter, error) {
	quoted, err := json.Marshal(pattern)
	if err != nil {
		return filterlang.Filter{}, err
	}
	f, err := filterlang.Parse([]byte(`{"$text":{"$regex":` + string(quoted) + `}}`))
	if err != nil {
		return filterlang.Filter{}, regexError(err)
	}
	if r.patterns += f.Bytes(); r.patterns > maxPatterns {
		return filterlang.Filter{}, r.invalid("its regular expressions are too large together")
	}
	if f.Takes(filterlang.Leaf{Value: filterlang.Text("")}) {
		return And(hasDocument(), f), nil // a chunk without a document has an empty text
	}
	return f, nil
}

// regexError is err of a pattern in the words of this API.
func regexError(err error) error {
	text := err.Error()
	if e, ok := errors.AsType[*domain.Error](err); ok {
		_, text, _ = strings.Cut(e.Message, ": ")
	}
	return refusal.Invalid("Regex syntax error: %s", text)
}
