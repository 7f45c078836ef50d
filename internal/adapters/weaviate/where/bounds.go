package where

import "github.com/memista/memista/internal/adapters/weaviate/wire"

// Set is chunks that a filter of Weaviate selects. The zero Set is all there are.
type Set struct {
	Filter *wire.Filter // nil: all there are, or none
	None   bool         // no chunk at all, whatever there is
}

var (
	nothing    = Set{None: true}
	everything = Set{}
)

// having is the chunks with at least one of terms.
func having(terms ...string) Set {
	if len(terms) == 0 {
		return nothing
	}
	f := wire.HasAny(Property, terms)
	return Set{Filter: &f}
}

func (s Set) not() Set {
	if s.Filter == nil {
		return Set{None: !s.None}
	}
	f := wire.Not(*s.Filter)
	if s.Filter.Operator == wire.NotOf {
		f = s.Filter.Sub[0]
	}
	return Set{Filter: &f}
}

// and is what all of sets have.
func and(sets ...Set) Set {
	var all []wire.Filter
	for _, s := range sets {
		switch {
		case s.Filter != nil:
			all = append(all, *s.Filter)
		case s.None:
			return nothing
		}
	}
	if len(all) == 0 {
		return everything
	}
	f := wire.And(all...)
	return Set{Filter: &f}
}

// or is what one of sets has. Sets of chunks with terms become one.
func or(sets ...Set) Set {
	var all []wire.Filter
	var terms []string
	for _, s := range sets {
		switch {
		case s.Filter == nil && !s.None:
			return everything
		case s.Filter == nil:
		case s.Filter.Operator == wire.ContainsAny:
			if list, ok := s.Filter.Value.([]string); ok {
				terms = append(terms, list...)
			}
		default:
			all = append(all, *s.Filter)
		}
	}
	if terms != nil {
		all = append(all, wire.HasAny(Property, terms))
	}
	if len(all) == 0 {
		return nothing
	}
	f := wire.Or(all...)
	return Set{Filter: &f}
}

// bounds say of a filter what it selects at most and at least.
type bounds struct {
	upper, lower Set
	exact        bool // both are what it selects
}

// exactly are the bounds of a filter that selects s.
func exactly(s Set) bounds { return bounds{s, s, true} }

// atMost are the bounds of a filter that selects some of s.
func atMost(s Set) bounds { return bounds{s, nothing, false} }

// atMostIf are those of a filter that selects s if exact, else some of it.
func atMostIf(exact bool, s Set) bounds {
	if exact {
		return exactly(s)
	}
	return atMost(s)
}

func (b bounds) not() bounds { return bounds{b.lower.not(), b.upper.not(), b.exact} }

// joined joins bounds by and or by or.
func joined(join func(...Set) Set, all []bounds) bounds {
	j := bounds{exact: true}
	var uppers, lowers []Set
	for _, b := range all {
		uppers, lowers = append(uppers, b.upper), append(lowers, b.lower)
		j.exact = j.exact && b.exact
	}
	j.upper, j.lower = join(uppers...), join(lowers...)
	return j
}
