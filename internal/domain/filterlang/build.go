package filterlang

import (
	"slices"

	"github.com/memista/memista/internal/domain"
)

// AnyOf is the filter of chunks with one of values in field; of none it selects nothing. It
// keeps values, and sorts them.
func AnyOf(field Field, values ...Value) Filter {
	slices.SortFunc(values, Value.Compare)
	return Filter{Op: In, Field: field, Args: slices.Compact(values)}
}

// Matching is the filter of chunks with a text in field that a regular expression matches.
// One that is none, or too long, is an ErrInvalid.
func Matching(field Field, pattern string) (Filter, error) {
	p := filterParser{}
	f := Filter{Op: Regex, Field: field, Args: []Value{Text(pattern)}}
	var err error
	f.pattern, err = p.compile(f.Args[0], field.String())
	return f, err
}

// maxBuilt is the most levels of a filter that was not read by Parse: what another language
// says in one level may take several here.
const maxBuilt = 4 * MaxDepth

// Bounded refuses a filter that was not read by Parse where it has too many levels,
// comparisons and values, or steps of regular expressions.
func (f *Filter) Bounded() error {
	switch {
	case !f.shallow(maxBuilt):
		return domain.Errorf(domain.ErrInvalid, "filter: nested deeper than %d levels", maxBuilt)
	case f.Size() > domain.MaxFilterSize:
		return domain.Errorf(domain.ErrInvalid, "the filter has more than %d comparisons and values", domain.MaxFilterSize)
	case f.Bytes() > perStep*MaxPatterns:
		return domain.Errorf(domain.ErrInvalid, "the regular expressions of a filter have at most %d steps, where a repetition counts as often as it says", MaxPatterns)
	}
	return nil
}

// shallow reports whether f has no more than depth levels.
func (f *Filter) shallow(depth int) bool {
	return depth > 0 && !slices.ContainsFunc(f.Sub, func(s Filter) bool { return !s.shallow(depth - 1) })
}
