package where

import (
	"strings"

	"github.com/memista/memista/internal/domain/filterlang"
)

// Selection is what a filter selects, as far as terms tell.
type Selection struct {
	Most  Set // all chunks that the filter selects, and perhaps others
	Least Set // chunks that it selects
	// Doubt is those of Most that are not in Least: they are to be compared with the filter
	// itself. If it is None, Most is exactly what the filter selects.
	Doubt Set
}

// Exact reports whether Most is what the filter selects, and no more.
func (s *Selection) Exact() bool { return s.Doubt.None }

// Select returns what f selects.
func Select(f *filterlang.Filter) Selection {
	b := boundsOf(f, prefix{})
	s := Selection{Most: b.upper, Least: b.lower, Doubt: nothing}
	if !b.exact {
		s.Doubt = and(b.upper, b.lower.not())
	}
	return s
}

// prefix is where the fields of a filter begin: at the root, or inside a field.
type prefix struct {
	name  string
	inner bool
}

// boundsOf returns what f selects at most and at least.
func boundsOf(f *filterlang.Filter, p prefix) bounds {
	switch f.Op {
	case filterlang.And:
		return joined(and, subs(f, p))
	case filterlang.Or:
		return joined(or, subs(f, p))
	case filterlang.AtLeast:
		return atLeast(f.Args[0].Int, subs(f, p))
	case filterlang.Not:
		return boundsOf(&f.Sub[0], p).not()
	default:
	}
	if p.inner && f.Field.Source != filterlang.InMetadata { // an element has none
		return atMost(everything)
	}
	return comparison(f, p)
}

func subs(f *filterlang.Filter, p prefix) []bounds {
	all := make([]bounds, len(f.Sub))
	for i := range f.Sub {
		all[i] = boundsOf(&f.Sub[i], p)
	}
	return all
}

// atLeast are the bounds of n of all.
func atLeast(n int64, all []bounds) bounds {
	switch n {
	case 1:
		return joined(or, all)
	case int64(len(all)):
		return joined(and, all)
	}
	return bounds{upper: joined(or, all).upper, lower: joined(and, all).lower}
}

// fieldsOf returns what a field of a filter may be: one, or with a strict path also those in
// arrays of arrays. It is exact if the names lead nowhere else, which inside a field they may:
// to several elements.
func fieldsOf(f filterlang.Field, p prefix) (all []field, exact bool) {
	if f.Source != filterlang.InMetadata {
		return []field{{source: f.Source}}, true
	}
	names, indexed := f.Path, false
	if f.Strict {
		names = nil
		for _, step := range f.Path {
			name, isName := strings.CutPrefix(step, ".")
			if isName {
				names = append(names, name)
			}
			indexed = indexed || !isName
		}
	}
	name := strings.Join(names, ".")
	if p.inner {
		name = p.name + "." + name
	}
	all = []field{{name: name}}
	if indexed || p.inner {
		all = append(all, field{name: name, nested: true})
	}
	// A single name without a dot cannot be read in two ways.
	single := !indexed && len(f.Path) == 1 && !strings.Contains(name, ".")
	return all, single || !f.Exact && !f.Strict && !p.inner
}
