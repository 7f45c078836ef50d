package filterlang_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports/repotest"
)

// A second, slow evaluator, written from the description of the language over encoding/json
// and math/big, that shares no code with the first.

// member is one member of an object: an object may have several of one name.
type member struct {
	name  string
	value any // nil, bool, *big.Rat, string, []any or []member
}

// decode reads JSON and keeps all members.
func decode(d *json.Decoder) any {
	t, err := d.Token()
	if err != nil {
		panic(err)
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			list := []any{}
			for d.More() {
				list = append(list, decode(d))
			}
			_, _ = d.Token()
			return list
		}
		object := []member{}
		for d.More() {
			name, _ := d.Token()
			object = append(object, member{name.(string), decode(d)})
		}
		_, _ = d.Token()
		return object
	case json.Number:
		return number(string(t))
	default:
		return t
	}
}

// number reads a number as memista keeps it: an integer of 64 bits, or a float64.
func number(text string) *big.Rat {
	if i, ok := new(big.Int).SetString(text, 10); ok && i.IsInt64() {
		return new(big.Rat).SetInt(i)
	}
	f, _ := new(big.Float).SetString(text)
	rounded, _ := f.Float64()
	return new(big.Rat).SetFloat64(rounded)
}

// reached appends what a path reaches in an object: all that its readings reach.
func reached(object []member, path []string, exact bool, out []any) []any {
	for n := 1; n <= len(path); n++ {
		if exact && n > 1 {
			return out
		}
		for _, m := range object {
			if m.name != strings.Join(path[:n], ".") {
				continue
			}
			if n == len(path) {
				out = append(out, m.value)
				continue
			}
			elements, isArray := m.value.([]any)
			if !isArray {
				elements = []any{m.value}
			}
			for _, e := range elements {
				if inner, ok := e.([]member); ok {
					out = reached(inner, path[n:], exact, out)
				}
			}
		}
	}
	return out
}

// reachedStrictly appends what a strict path reaches from v.
func reachedStrictly(v any, path []string, out []any) []any {
	if len(path) == 0 {
		return append(out, v)
	}
	switch v := v.(type) {
	case []member:
		for _, m := range v {
			if path[0] == "."+m.name {
				out = reachedStrictly(m.value, path[1:], out)
			}
		}
	case []any:
		for i, e := range v {
			if path[0] == "[*]" || path[0] == fmt.Sprintf("[%d]", i) {
				out = reachedStrictly(e, path[1:], out)
			}
		}
	}
	return out
}

// accepts asks all that $any_value asks of one value.
func accepts(f *filterlang.Filter, v any, inArray bool) bool {
	switch f.Op {
	case filterlang.And:
		return !slices.ContainsFunc(f.Sub, func(s filterlang.Filter) bool { return !accepts(&s, v, inArray) })
	case filterlang.Or:
		return slices.ContainsFunc(f.Sub, func(s filterlang.Filter) bool { return accepts(&s, v, inArray) })
	case filterlang.Not:
		return !accepts(&f.Sub[0], v, inArray)
	default:
		return holds(f, v, inArray)
	}
}

func isScalar(v any) bool {
	switch v.(type) {
	case []any, []member:
		return false
	}
	return true
}

func argument(v filterlang.Value) any {
	switch v.Kind {
	case filterlang.FalseValue, filterlang.TrueValue:
		return v.Kind == filterlang.TrueValue
	case filterlang.IntValue:
		return new(big.Rat).SetInt64(v.Int)
	case filterlang.FloatValue:
		return new(big.Rat).SetFloat64(v.Float)
	case filterlang.TextValue:
		return v.Text
	case filterlang.NullValue:
	}
	return nil
}

func equal(a, b any) bool {
	if x, ok := a.(*big.Rat); ok {
		y, ok := b.(*big.Rat)
		return ok && x.Cmp(y) == 0
	}
	return a == b
}

// order compares two numbers or two texts.
func order(a, b any) (sign int, ok bool) {
	switch x := a.(type) {
	case *big.Rat:
		if y, ok := b.(*big.Rat); ok {
			return x.Cmp(y), true
		}
	case string:
		if y, ok := b.(string); ok {
			s, isTime := instant(x)
			t, isTimeToo := instant(y)
			if isTime && isTimeToo {
				return s.Compare(t), true
			}
			return strings.Compare(x, y), true
		}
	}
	return 0, false
}

func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// holds asks one comparison of a scalar.
func holds(f *filterlang.Filter, v any, inArray bool) bool {
	if f.Op == filterlang.AnyValue {
		return accepts(&f.Sub[0], v, inArray)
	}
	if f.Op == filterlang.In {
		return slices.ContainsFunc(f.Args, func(a filterlang.Value) bool { return equal(v, argument(a)) })
	}
	arg := argument(f.Args[0])
	if f.Op == filterlang.Regex {
		text, isText := v.(string)
		return isText && regexp.MustCompile(f.Args[0].Text).MatchString(text)
	}
	if f.Op == filterlang.Contains {
		if inArray {
			return equal(v, arg)
		}
		text, isText := v.(string)
		part, isPart := arg.(string)
		return isText && isPart && strings.Contains(text, part)
	}
	sign, ok := order(v, arg)
	return ok && (f.Op == filterlang.Gt && sign > 0 || f.Op == filterlang.Gte && sign >= 0 || f.Op == filterlang.Lt && sign < 0 || f.Op == filterlang.Lte && sign <= 0)
}

// selects is the reference.
func selects(f *filterlang.Filter, c *domain.Chunk) bool {
	switch f.Op {
	case filterlang.And:
		return !slices.ContainsFunc(f.Sub, func(s filterlang.Filter) bool { return !selects(&s, c) })
	case filterlang.Or:
		return slices.ContainsFunc(f.Sub, func(s filterlang.Filter) bool { return selects(&s, c) })
	case filterlang.AtLeast:
		n := int64(0)
		for i := range f.Sub {
			if selects(&f.Sub[i], c) {
				n++
			}
		}
		return n >= f.Args[0].Int
	case filterlang.Not:
		return !selects(&f.Sub[0], c)
	default:
	}
	var there []any
	switch f.Field.Source {
	case filterlang.ChunkID:
		there = []any{new(big.Rat).SetInt64(c.ID)}
	case filterlang.ChunkText:
		there = []any{c.Text}
	case filterlang.ChunkKey:
		if c.Key != "" {
			there = []any{c.Key}
		}
	case filterlang.InMetadata:
		if text, ok := c.Metadata.Fields(); ok {
			d := json.NewDecoder(bytes.NewReader([]byte(text)))
			d.UseNumber()
			object := decode(d).([]member)
			if f.Field.Strict {
				there = reachedStrictly(object, f.Field.Path, nil)
			} else {
				there = reached(object, f.Field.Path, f.Field.Exact, nil)
			}
		}
	}
	switch f.Op {
	case filterlang.Exists:
		return len(there) > 0
	case filterlang.Size:
		if len(there) == 0 {
			there = []any{nil}
		}
		return slices.ContainsFunc(there, func(v any) bool {
			n := int64(1)
			if list, ok := v.([]any); ok {
				n = int64(len(list))
			} else if v == nil {
				n = 0
			}
			return f.Args[0].Int <= n && n <= f.Args[1].Int
		})
	case filterlang.ElemMatch:
		return slices.ContainsFunc(there, func(v any) bool {
			list, _ := v.([]any)
			return slices.ContainsFunc(list, func(e any) bool {
				object, ok := e.([]member)
				return ok && selects(&f.Sub[0], &domain.Chunk{Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: encode(object)}})
			})
		})
	case filterlang.Within:
		return slices.ContainsFunc(there, func(v any) bool {
			if list, ok := v.([]any); ok {
				return slices.ContainsFunc(list, func(e any) bool { return isPlaceIn(f.Area, e) })
			}
			return isPlaceIn(f.Area, v)
		})
	default:
	}
	return slices.ContainsFunc(there, func(v any) bool {
		if list, ok := v.([]any); ok {
			return slices.ContainsFunc(list, func(e any) bool { return isScalar(e) && holds(f, e, true) })
		}
		return isScalar(v) && holds(f, v, false)
	})
}

func TestFiltersAgreeWithASlowReading(t *testing.T) {
	const seed = 20261129
	rng := rand.New(rand.NewPCG(seed, 2))
	some := 0
	n := repotest.RandomFilters(20_000)
	for i := range n {
		text := repotest.RandomFilter(rng)
		f, err := filterlang.Parse([]byte(text))
		if err != nil {
			t.Fatalf("Parse(%s) = %v", text, err)
		}
		c := repotest.RandomChunk(rng, i%5)
		c.ID = 1 + rng.Int64N(6)
		got, want := f.Matches(&c), selects(&f, &c)
		if got != want {
			t.Fatalf("seed %d, filter %d: %s selects key %q, text %q, metadata %s: %v; want %v", seed, i, text, c.Key, c.Text, c.Metadata.Text, got, want)
		}
		if want {
			some++
		}
	}
	if some < n/10 || some > n*9/10 {
		t.Errorf("%d of %d filters select their chunk; want a tenth to nine tenths, or they prove little", some, n)
	}
}
