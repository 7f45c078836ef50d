package filter

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/memista/memista/internal/domain/filterlang"
)

// match reads what a value has to be.
func (r *reader) match(field filterlang.Field, path string) (f filterlang.Filter, err error) {
	found := false
	err = r.Members(func(name []byte) (err error) {
		kind := string(name)
		if r.Null() {
			return nil
		}
		found = true
		switch kind {
		case "value", "keyword", "integer":
			var v filterlang.Value
			v, err = r.scalar()
			f = filterlang.AnyOf(field, v)
		case "any":
			var list []filterlang.Value
			list, err = r.scalars()
			f = filterlang.AnyOf(field, list...)
		case "except":
			var list []filterlang.Value
			list, err = r.scalars()
			none := filterlang.AnyOf(field, append(list, filterlang.Value{})...)
			f = anyValue(field, []filterlang.Filter{not(none)})
		case "text", "text_any", "phrase", "prefix":
			f, err = r.matchText(kind, field, path)
		default:
			found = false
			_, err = r.Value()
		}
		return err
	})
	if err == nil && !found {
		err = r.missing("data did not match any variant of untagged enum Match")
	}
	return f, err
}

// matchText reads a text that has to occur: by its words where the field has an index of
// them, else as it is.
func (r *reader) matchText(kind string, field filterlang.Field, path string) (filterlang.Filter, error) {
	raw, err := r.Text()
	if err != nil {
		return filterlang.Filter{}, err
	}
	text := string(raw)
	words, indexed := r.in.Texts[path]
	switch {
	case kind == "prefix":
		return r.matching(field, text, "^"+regexp.QuoteMeta(text))
	case indexed:
		return r.matchWords(words, kind, field, text)
	case kind == "text_any":
		return r.each(field, one, strings.Fields(text), regexp.QuoteMeta)
	case len(text) > filterlang.MaxPattern/2: // a pattern of it may be too long
		return filterlang.Filter{Op: filterlang.Contains, Field: field, Args: []filterlang.Value{filterlang.Text(text)}}, nil
	}
	return r.matching(field, text, regexp.QuoteMeta(text))
}

// matching is filterlang.Matching of a pattern for a text. What must be too much for the
// filter as a whole is refused before it is compiled.
func (r *reader) matching(field filterlang.Field, text, pattern string) (filterlang.Filter, error) {
	// A pattern has a step for each character at least, and one for each of the ranges that
	// characters between words are in.
	const ranges = 20
	*r.steps += 1 + utf8.RuneCountInString(text) + ranges*strings.Count(pattern, separators)
	if *r.steps > filterlang.MaxPatterns {
		return filterlang.Filter{}, r.missing("its texts and words to match are too many")
	}
	return filterlang.Matching(field, pattern)
}

// each joins the filters of the texts that have one of parts, as pattern writes it.
func (r *reader) each(field filterlang.Field, join func(...filterlang.Filter) filterlang.Filter, parts []string, pattern func(string) string) (filterlang.Filter, error) {
	var list []filterlang.Filter
	seen := make(map[string]bool, min(len(parts), filterlang.MaxPatterns))
	for _, part := range parts {
		if seen[part] {
			continue
		}
		seen[part] = true
		f, err := r.matching(field, part, pattern(part))
		if err != nil {
			return filterlang.Filter{}, err
		}
		list = append(list, f)
	}
	if len(list) == 0 {
		return Nothing(), nil
	}
	return join(list...), nil
}
