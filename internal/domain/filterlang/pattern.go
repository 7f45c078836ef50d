package filterlang

import (
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/memista/memista/internal/domain"
)

// MaxPatterns bounds all regular expressions of a filter together, in steps of the compiled
// ones: a repetition counts as often as it says, so that a short text makes no large program.
const MaxPatterns = 10_000

// perStep is about how many bytes a step takes once it is compiled.
const perStep = 64

// compile reads a pattern.
func (p *filterParser) compile(v Value, place string) (*regexp.Regexp, error) {
	switch {
	case v.Kind != TextValue:
		return nil, domain.Errorf(domain.ErrInvalid, "%s: must be a regular expression as a string", place)
	case len(v.Text) > MaxPattern:
		return nil, domain.Errorf(domain.ErrInvalid, "%s: a regular expression has at most %d bytes", place, MaxPattern)
	}
	tree, err := syntax.Parse(v.Text, syntax.Perl)
	if err != nil {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: %s", place, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if p.patterns += steps(tree); p.patterns > MaxPatterns {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: the regular expressions of a filter have at most %d steps, where a repetition counts as often as it says", place, MaxPatterns)
	}
	pattern, err := regexp.Compile(v.Text)
	if err != nil {
		return nil, domain.Errorf(domain.ErrInvalid, "%s: %s", place, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	return pattern, nil
}

// steps is about how many instructions a pattern compiles to, at most a little more than
// MaxPatterns.
func steps(re *syntax.Regexp) int {
	n := 1 + len(re.Rune)
	if re.Op == syntax.OpCharClass { // the runes are ends of ranges
		n = 1 + len(re.Rune)/2
	}
	for _, sub := range re.Sub {
		n = min(n+steps(sub), MaxPatterns+1)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, MaxPatterns+1)
}

// Bytes is about what f takes in memory besides its fields and values: its patterns.
func (f *Filter) Bytes() (n int64) {
	f.Comparisons(func(c *Filter) {
		for i := range c.Sub {
			n += c.Sub[i].Bytes()
		}
		if c.pattern == nil {
			return
		}
		if tree, err := syntax.Parse(c.Args[0].Text, syntax.Perl); err == nil {
			n += perStep * int64(steps(tree))
		}
	})
	return n
}
