package where_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/weaviate/where"
	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports/repotest"
)

// has reports whether a chunk with terms is in s, as Weaviate answers.
func has(s where.Set, terms []string) bool {
	return s.Filter == nil && !s.None || s.Filter != nil && selects(s.Filter, terms)
}

func selects(f *wire.Filter, terms []string) bool {
	sub := func(s wire.Filter) bool { return selects(&s, terms) }
	switch f.Operator {
	case wire.AllOf:
		return !slices.ContainsFunc(f.Sub, func(s wire.Filter) bool { return !sub(s) })
	case wire.AnyOf:
		return slices.ContainsFunc(f.Sub, sub)
	case wire.NotOf:
		return !sub(f.Sub[0])
	case wire.ContainsAny:
		return slices.ContainsFunc(f.Value.([]string), func(term string) bool {
			_, found := slices.BinarySearch(terms, term)
			return found
		})
	default:
		panic("an operator that where does not use")
	}
}

// check compares what terms say with what the filter does.
func check(t *testing.T, text string, c *domain.Chunk) (matches, exact, inMost bool) {
	t.Helper()
	f, err := filterlang.Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse(%s) = %v", text, err)
	}
	matches = f.Matches(c)
	s, terms := where.Select(&f), where.Terms(c)
	most, least, doubt := has(s.Most, terms), has(s.Least, terms), has(s.Doubt, terms)
	if matches && !most || least && !matches || doubt != (most && !least) && !s.Exact() || s.Exact() && (doubt || most != matches) {
		t.Fatalf("%s of key %q, text %q, metadata %s: matches %v; in Most %v, in Least %v, in Doubt %v, exact %v", text, c.Key, c.Text, c.Metadata.Text, matches, most, least, doubt, s.Exact())
	}
	return matches, s.Exact(), most
}

func TestTermsAgreeWithTheLanguageOfFilters(t *testing.T) {
	const seed = 20261130
	rng := rand.New(rand.NewPCG(seed, 1))
	n := repotest.RandomFilters(10_000)
	var matched, exact, selected int
	for i := range n {
		text := repotest.RandomFilter(rng)
		for j := range 3 {
			c := repotest.RandomChunk(rng, (i+j)%5)
			c.ID = 1 + rng.Int64N(6)
			matches, isExact, most := check(t, text, &c)
			if matches {
				matched++
			}
			if isExact {
				exact++
			}
			if most {
				selected++
			}
		}
	}
	t.Logf("seed %d: %d filters over 3 chunks each: %d match, %d are selected, %d are exact", seed, n, matched, selected, exact)
	if matched < n/3 || exact < n/3 {
		t.Errorf("%d match and %d are exact of %d: too few prove something", matched, exact, 3*n)
	}
}

// values are numbers and times around what terms could confuse.
var values = func() (all []string) {
	for _, f := range []float64{0, 1, -1, 0.1, -0.1, 1.5, 3, 7, 15, 16, 17, 255, 256, -16, -17, 1e9, 1e15, math.MaxFloat64, -math.MaxFloat64, 5e-324, 1 << 53, -1 << 53} {
		for _, g := range []float64{f, math.Nextafter(f, math.Inf(1)), math.Nextafter(f, math.Inf(-1))} {
			if raw, err := json.Marshal(g); err == nil {
				all = append(all, string(raw))
			}
		}
	}
	all = append(all, "9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775806", "-0.0")
	for _, s := range []string{
		"2026-11-30", "2026-11-30T00:00:00Z", "2026-11-30T00:00:00.000000001Z", "2026-11-29T23:59:59.999999999Z", "2026-11-30T01:00:00+01:00",
		"0001-01-01", "1697-01-01", "1698-06-01", "2242-03-16T12:56:31Z", "2242-03-16T12:56:32Z", "9999-12-31T23:59:59Z", "1970-01-01", "no time", "", "2026",
	} {
		all = append(all, `"`+s+`"`)
	}
	return all
}()

func TestComparisonsAtTheEdges(t *testing.T) {
	for _, op := range []string{"$gt", "$gte", "$lt", "$lte", "$eq", "$ne"} {
		for _, arg := range values {
			for _, v := range values {
				metadata := domain.Metadata{Form: domain.ObjectMetadata, Text: `{"a":` + v + `}`}
				text := `{"a":{"` + op + `":` + arg + `}}`
				if strings.HasPrefix(arg, "1.797") || arg == "1e999" {
					continue
				}
				check(t, text, &domain.Chunk{ID: 1, Metadata: metadata})
			}
		}
	}
}

func TestComparisonsOfNumbersAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	number := func() float64 {
		switch rng.IntN(3) {
		case 0:
			return float64(rng.IntN(50) - 25)
		case 1:
			return rng.NormFloat64() * math.Pow(10, float64(rng.IntN(12)))
		}
		return float64(1_700_000_000_000 + rng.IntN(1000))
	}
	most := 0
	for range repotest.RandomFilters(5000) {
		value, _ := json.Marshal(number())
		arg, _ := json.Marshal(number())
		op := []string{"$gt", "$gte", "$lt", "$lte"}[rng.IntN(4)]
		c := domain.Chunk{ID: 1, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: `{"a":` + string(value) + `}`}}
		text := `{"a":{"` + op + `":` + string(arg) + `}}`
		if _, exact, _ := check(t, text, &c); !exact {
			t.Fatalf("%s is not exact", text)
		}
		f, _ := filterlang.Parse([]byte(text))
		s := where.Select(&f)
		most = max(most, len(s.Most.Filter.Value.([]string)))
		if n := len(where.Terms(&c)); n > 2+2+17 {
			t.Fatalf("%s has %d terms", value, n)
		}
	}
	if most > 500 {
		t.Errorf("a comparison has %d terms; want at most 500", most)
	}
	t.Logf("a comparison has at most %d terms", most)
}

func TestPathsOfAllForms(t *testing.T) {
	documents := []string{
		`{"a":1}`, `{"a":[1,"x"]}`, `{"a":[[1],2]}`, `{"a":[[{"b":1}]]}`, `{"a":[{"b":1},{"b":[2,"xy"]}]}`, `{"a":{"b":null}}`, `{"a.b":1}`, `{"a":{"b.c":1}}`, `{"a.b":{"c":1}}`,
		`{"a":null}`, `{"a":[]}`, `{"a":[ ]}`, `{"a":[null]}`, `{"a":{}}`, `{"":1}`, `{"a":{"":1}}`, `{"a":1,"a":"x"}`, `{}`, `{"a":"xy"}`, `{"a":["xy"]}`, `{"a":"\ud800"}`,
		`{"a":[{"lat":52.5,"lon":13.4}]}`, `{"a":{"lat":0,"lon":180}}`, `{"a":{"lat":0,"lon":-180}}`, `{"a":{"lat":90,"lon":0}}`, `{"a":true}`, `{"a":"2026-01-01"}`,
	}
	paths := []string{"a", "a.b", `a\.b`, "$.a", "$.a.b", "$.a[0]", "$.a[*]", "$.a[*][*]", "$.a[0].b", "$.a[0][0].b", `$."a.b"`, "a.b.c", `$.a."b.c"`, "", "a.", "$key", "$text", "$id"}
	tests := []string{
		`1`, `null`, `"xy"`, `{"$ne":1}`, `{"$in":[1,2]}`, `{"$nin":[]}`, `{"$exists":true}`, `{"$exists":false}`, `{"$contains":"x"}`, `{"$contains":1}`, `{"$not_contains":"x"}`, `{"$regex":"x"}`, `{"$not_regex":"y"}`,
		`{"$gt":0,"$lt":2}`, `{"$lt":"xz"}`, `{"$gte":"2025-01-01"}`, `{"$not":{"$lt":"2025-01-01"}}`, `true`,
	}
	whole := []string{
		`{"$size":0}`, `{"$size":1}`, `{"$size":{"$gte":1}}`, `{"$size":{"$lt":1}}`, `{"$size":{"$lt":0}}`, `{"$not":{"$size":0}}`, `{"$any_value":{"$gt":0,"$lt":2}}`, `{"$any_value":{"$ne":1}}`, `{"$any_value":{"$or":[{"$eq":1},{"$regex":"x"}]}}`,
		`{"$elem_match":{"b":1}}`, `{"$elem_match":{"b":{"$ne":1}}}`, `{"$elem_match":{"b":{"$size":0}}}`, `{"$not":{"$elem_match":{"b":1}}}`, `{"$elem_match":{"$.b[1]":"xy"}}`,
		`{"$geo_radius":{"center":{"lat":0,"lon":179.999999},"radius":10000}}`, `{"$geo_radius":{"center":{"lat":89,"lon":90},"radius":200000}}`, `{"$geo_radius":{"center":{"lat":52.5,"lon":13.4},"radius":0}}`,
		`{"$geo_bounding_box":{"top_left":{"lat":60,"lon":10},"bottom_right":{"lat":50,"lon":20}}}`, `{"$geo_bounding_box":{"top_left":{"lat":60,"lon":20},"bottom_right":{"lat":-50,"lon":10}}}`,
		`{"$geo_bounding_box":{"top_left":{"lat":60,"lon":20},"bottom_right":{"lat":-50,"lon":19.9999999}}}`,
		`{"$geo_polygon":{"exterior":{"points":[{"lat":50,"lon":10},{"lat":50,"lon":20},{"lat":60,"lon":15}]}}}`,
	}
	for _, path := range paths {
		name, _ := json.Marshal(path)
		for _, test := range append(slices.Clone(tests), whole...) {
			if strings.HasPrefix(path, "$key") || path == "$text" || path == "$id" {
				if slices.Contains(whole, test) {
					continue
				}
			}
			for _, document := range documents {
				c := domain.Chunk{ID: 1, Key: "xy", Text: "xy", Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: document}}
				check(t, `{`+string(name)+`:`+test+`}`, &c)
				check(t, `{"$not":{`+string(name)+`:`+test+`}}`, &c)
			}
		}
	}
}

func TestPlainFiltersAreExact(t *testing.T) {
	for text, exact := range map[string]bool{
		`{}`: true, `{"a":1}`: true, `{"a":{"$in":["x",null]}}`: true, `{"a":{"$ne":"x"}}`: true, `{"a.b":{"$exists":true}}`: true, `{"a":{"$gte":3,"$lt":7}}`: true,
		`{"$or":[{"a":1},{"$not":{"b":2}}]}`: true, `{"$key":"x"}`: true, `{"$id":{"$in":[1,2]}}`: true, `{"a":{"$size":0}}`: true, `{"$.a":1}`: true, `{"$at_least":{"count":1,"of":[{"a":1},{"b":1}]}}`: true,
		`{"a":{"$regex":"x"}}`: false, `{"a":{"$contains":"x"}}`: false, `{"a":{"$gt":"x"}}`: false, `{"$.a[0]":1}`: false, `{"$text":{"$contains":"x"}}`: false, `{"a":{"$gt":9007199254740993}}`: false,
	} {
		f, err := filterlang.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if s := where.Select(&f); s.Exact() != exact {
			t.Errorf("Select(%s) is exact: %v; want %v", text, s.Exact(), exact)
		}
	}
	f, _ := filterlang.Parse([]byte(`{"a":{"$in":[]}}`))
	if s := where.Select(&f); !s.Most.None {
		t.Error("a filter that selects nothing is asked for")
	}
}

func BenchmarkTerms(b *testing.B) {
	c := domain.Chunk{ID: 1 << 60, Key: "doc-17", Text: strings.Repeat("some text ", 50), Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: `{"source":"readme","page":17,"tags":["a","b"],"at":"2026-11-30T12:00:00Z","price":9.99}`}}
	b.Logf("%d terms", len(where.Terms(&c)))
	for b.Loop() {
		where.Terms(&c)
	}
}
