package filterlang_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/domain"
)

func TestFilterRefusals(t *testing.T) {
	deep := strings.Repeat(`{"$not":`, 17) + `{"a":1}` + strings.Repeat("}", 17)
	for text, says := range map[string]string{
		``:                        "filter: is not valid JSON",
		`[]`:                      "filter: must be an object",
		`{} {}`:                   "unexpected data",
		`{"a":1,"a":2}`:           "filter: a occurs twice",
		`{"a":{"$gt":1,"$gt":2}}`: "filter.a: $gt occurs twice",
		`{"$or":[]}`:              "filter.$or: cannot be empty",
		`{"$or":[{"a":1},{}]}`:    "filter.$or[1]: cannot be empty",
		`{"$nor":[]}`:             "filter.$nor: unknown operator",
		`{"a":{}}`:                "filter.a: needs an operator",
		`{"a":{"b":1}}`:           "filter.a.b: unknown operator",
		`{"a":[1]}`:               `{"$in": […]}`,
		`{"a":{"$in":1}}`:         "filter.a.$in: must be an array of values",
		`{"a":{"$in":[1,{}]}}`:    "filter.a.$in[1]: must be a string",
		`{"a":{"$gt":true}}`:      "filter.a.$gt: must be a number or a string",
		`{"a":{"$exists":1}}`:     "filter.a.$exists: must be true or false",
		`{"a":1e999}`:             "filter.a: the number is out of range",
		`{"a":{"$regex":"("}}`:    "filter.a.$regex: missing closing )",
		`{"a":{"$regex":1}}`:      "filter.a.$regex: must be a regular expression",
		`{"a":{"$regex":"` + strings.Repeat("x", 1025) + `"}}`:                                   "at most 1024 bytes",
		`{"a":{"$regex":"((((x{100}){100}){100}){100})"}}`:                                       "filter.a.$regex: invalid repeat count",
		`{"a":{"$regex":"(abc){1000}{9}"}}`:                                                      "$regex: invalid nested repetition operator",
		`{"a":{"$regex":"(?:` + strings.Repeat("ab", 400) + `){1000}"}}`:                         "at most 10000 steps",
		`{"a":{"$regex":"` + strings.Repeat(`\\pL`, 60) + `"}}`:                                  "at most 10000 steps",
		`{"$or":[` + strings.Repeat(`{"a":{"$regex":"(?:abcdefghij){100}"}},`, 12) + `{"a":1}]}`: "at most 10000 steps",
		`{"a":{"$size":-1}}`:            "filter.a.$size: must be a whole number",
		`{"a":{"$size":{}}}`:            "filter.a.$size: needs a bound",
		`{"a":{"$size":{"$in":[0,3]}}}`: "filter.a.$size.$in: unknown operator",
		`{"a":{"$size":[1]}}`:           "filter.a.$size: must be a whole number",
		`{"a":{"$size":{"$gte":{}}}}`:   "filter.a.$size.$gte: must be a whole number",
		`{"$regexp":"x"}`:               "$and, $or, $not or $at_least",
		`{"a":{"$size":{"$ne":1}}}`:     "filter.a.$size.$ne: unknown operator",
		`{"$id":{"$size":1}}`:           "$size is for fields of the metadata",
		`{"a":{"$elem_match":{}}}`:      "filter.a.$elem_match: cannot be empty",
		`{"a":{"$elem_match":{"b":{"$elem_match":{"c":1}},"$or":[{"c":1},{"$key":"x"}]}}}`: "an element of an array has no $key",
		`{"$at_least":[{"a":1}]}`:                                                                     "filter.$at_least: must be an object",
		`{"$at_least":{"count":0,"of":[{"a":1}]}}`:                                                    "filter.$at_least: count must be between 1 and 1, the number of filters, got 0",
		`{"$at_least":{"of":[{"a":1},{"b":1}],"count":3}}`:                                            "filter.$at_least: count must be between 1 and 2, the number of filters, got 3",
		`{"$at_least":{"count":1}}`:                                                                   "filter.$at_least: needs count and of",
		`{"$at_least":{"count":1.5,"of":[{"a":1}]}}`:                                                  "filter.$at_least.count: must be a whole number",
		`{"$at_least":{"least":1,"of":[{"a":1}]}}`:                                                    "filter.$at_least.least: unknown",
		`{"a":{"$geo_radius":{"center":{"lat":91,"lon":0},"radius":1}}}`:                              "lat is from -90 to 90",
		`{"a":{"$geo_radius":{"center":{"lat":1,"lon":0}}}}`:                                          `"radius": 1000} with meters`,
		`{"a":{"$geo_radius":{"center":{"lat":1},"radius":1}}}`:                                       "filter.a.$geo_radius: must be",
		`{"a":{"$geo_bounding_box":{"top_left":{"lat":1,"lon":0},"bottom_right":{"lat":2,"lon":0}}}}`: "filter.a.$geo_bounding_box: must be",
		`{"a":{"$geo_polygon":{"exterior":{"points":[{"lat":1,"lon":0},{"lat":2,"lon":0}]}}}}`:        "three points or more",
		`{"a":{"$geo_polygon":{"points":[]}}}`:                                                        "filter.a.$geo_polygon: must be",
		`{"$a":1}`:                                                                                    `the field named $a is written \$a`,
		`{"a\\b":1}`:                                                                                  `the backslash itself is written \\`,
		`{"a\\":1}`:                                                                                   `the backslash itself is written \\`,
		deep:                                                                                          "nested deeper than 16 levels",
		"{\"a\":\"\xff\"}":                                                                            "not valid UTF-8",
		`{"a":"` + strings.Repeat("x", 8193) + `"}`:                                                   "at most 8192 bytes",
		`{"` + strings.Repeat("a.", 16) + `a":1}`:                                                     "at most 16 steps",
		`{"a":{"$in":[` + strings.Repeat("1,", 10_000) + `1]}}`:                                       "more than 10000 comparisons and values",
		`{"a":` + strings.Repeat(`{"$not":`, 20) + strings.Repeat("}", 21):                            "nested deeper than 16 levels",
	} {
		_, err := filterlang.Parse([]byte(text))
		if !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), says) {
			t.Errorf("Parse(%.60s) = %v; want ErrInvalid that says %q", text, err, says)
		}
	}
}

// The rules of the language, one row each: metadata, filter, whether it selects.
func TestFilterSemantics(t *testing.T) {
	for _, tt := range []struct {
		metadata, filter string
		want             bool
	}{
		{`{"n":1}`, `{"n":1.0}`, true},
		{`{"n":9007199254740993}`, `{"n":9007199254740992}`, false},
		{`{"n":9007199254740993}`, `{"n":{"$gt":9007199254740992.0}}`, true},
		{`{"n":"1"}`, `{"n":1}`, false},
		{`{"n":true}`, `{"n":1}`, false},
		{`{"n":null}`, `{"n":null}`, true},
		{`{}`, `{"n":null}`, false},
		{`{}`, `{"n":{"$ne":1}}`, true},
		{`{}`, `{"n":{"$nin":[1]}}`, true},
		{`{}`, `{"n":{"$exists":false}}`, true},
		{`{"n":null}`, `{"n":{"$exists":true}}`, true},
		{`{"t":["a","b"]}`, `{"t":"b"}`, true},
		{`{"t":["a","b"]}`, `{"t":{"$ne":"b"}}`, false},
		{`{"t":[[1]]}`, `{"t":1}`, false},
		{`{"t":[1,9]}`, `{"t":{"$gt":5,"$lt":3}}`, true},
		{`{"t":["ab"]}`, `{"t":{"$contains":"a"}}`, false},
		{`{"t":["ab"]}`, `{"t":{"$contains":"ab"}}`, true},
		{`{"t":"ab"}`, `{"t":{"$contains":"b"}}`, true},
		{`{"a":{"b":2}}`, `{"a.b":2}`, true},
		{`{"a":[{"b":1},{"b":2}]}`, `{"a.b":2}`, true},
		{`{"a":"z"}`, `{"a":{"$gt":1}}`, false},
		{`{"a.b":2}`, `{"a.b":2}`, true},
		{`{"a.b":1,"a":{"b":2}}`, `{"a.b":2}`, true},
		{`{"a.b":1,"a":{"b":2}}`, `{"a.b":1}`, true},
		{`{"a.b":2}`, `{"a.b":{"$ne":2}}`, false},
		{`{"a":{"b.c":2}}`, `{"a.b.c":2}`, true},
		{`{"a.b":{"c":2}}`, `{"a.b.c":2}`, true},
		{`{"a.b":[{"c":1},{"c.d":2}]}`, `{"a.b.c.d":2}`, true},
		{`{"a.bc":2}`, `{"a.b.c":2}`, false},
		{`{"a.b.c":{"d":2}}`, `{"a.b":{"$exists":true}}`, false},
		{`{"a.b":2}`, `{"a\\.b":2}`, true},
		{`{"a":{"b":2}}`, `{"a\\.b":2}`, false},
		{`{"a.b":{"c":2}}`, `{"a\\.b.c":2}`, true},
		{`{"a.b.c":2}`, `{"a\\.b.c":2}`, false},
		{`{"$a":2}`, `{"\\$a":2}`, true},
		{`{"a":{"$b":2}}`, `{"a.$b":2}`, true},
		{`{"$in":2}`, `{"\\$in":{"$in":[2]}}`, true},
		{`{"a\\b":2}`, `{"a\\\\b":2}`, true},
		{`{"":2}`, `{"":2}`, true},
		{`{"":{"":2}}`, `{".":2}`, true},
		{`{".":2}`, `{".":2}`, true},
		{`{"a..b":2}`, `{"a..b":2}`, true},
		{`{"a.":{"b":2}}`, `{"a..b":2}`, true},
		{`{"a":2}`, `{"a.":2}`, false},
		{`{"\u0061.b":2}`, `{"a.b":2}`, true},
		{`{"at":"2026-01-01T00:30:00+02:00"}`, `{"at":{"$lt":"2025-12-31T22:45:00Z"}}`, true},
		{`{"at":"2026-01-01T00:30:00+02:00"}`, `{"at":{"$gt":"2025-12-31T22:15:00Z"}}`, true},
		{`{"at":"2026-01-01T00:30:00+02:00"}`, `{"at":{"$gte":"2025-12-31T22:30:00Z","$lte":"2025-12-31T22:30:00.000Z"}}`, true},
		{`{"at":"2026-01-01T00:30:00+02:00"}`, `{"at":"2025-12-31T22:30:00Z"}`, false},
		{`{"at":"2026-01-01"}`, `{"at":{"$lte":"2026-01-01T00:00:00"}}`, true},
		{`{"at":["2020-01-01","2026-01-01T00:30:00+02:00"]}`, `{"at":{"$gt":"2025-12-31T22:00:00Z"}}`, true},
		{`{"at":"2026"}`, `{"at":{"$lt":"2026-01-01"}}`, true},
		{`{"at":"9"}`, `{"at":{"$gt":"2026-01-01T00:00:00Z"}}`, true},
		{`{"at":"2026-01-01T00:30:00+02:00"}`, `{"at":{"$gt":"2026"}}`, true},
		{`{"a":1e400}`, `{"a":{"$gt":1e300}}`, true},
		{`{"a":"\ud83d\ude42"}`, `{"a":"🙂"}`, true},
		{`{"a":"readme.md"}`, `{"a":{"$regex":"\\.md$"}}`, true},
		{`{"a":"readme.md"}`, `{"a":{"$regex":"^md"}}`, false},
		{`{"a":["x","readme.md"]}`, `{"a":{"$regex":"^read"}}`, true},
		{`{"a":12}`, `{"a":{"$regex":"1"}}`, false},
		{`{}`, `{"a":{"$not_regex":"1"}}`, true},
		{`{}`, `{"a":{"$not_contains":"1"}}`, true},
		{`{"a":["1"]}`, `{"a":{"$not_contains":"1"}}`, false},
		{`{"a":[1,[2,3]]}`, `{"a":{"$size":2}}`, true},
		{`{"a":[]}`, `{"a":{"$size":0}}`, true},
		{`{"a":null}`, `{"a":{"$size":0}}`, true},
		{`{}`, `{"a":{"$size":0}}`, true},
		{`{}`, `{"a":{"$size":{"$gte":1}}}`, false},
		{`{"a":{}}`, `{"a":{"$size":1}}`, true},
		{`{"a":"xyz"}`, `{"a":{"$size":{"$gt":0,"$lt":2}}}`, true},
		{`{"a":"xyz"}`, `{"a":{"$size":{"$lt":0}}}`, false},
		{`{"a":[{"b":[1,2]},{"b":[]}]}`, `{"a.b":{"$size":0}}`, true},
		{`{"a":[{"b":1,"c":2},{"b":2,"c":1}]}`, `{"a":{"$elem_match":{"b":1,"c":2}}}`, true},
		{`{"a":[{"b":1,"c":2},{"b":2,"c":1}]}`, `{"a":{"$elem_match":{"b":1,"c":1}}}`, false},
		{`{"a":[{"b":1,"c":2},{"b":2,"c":1}]}`, `{"a.b":1,"a.c":1}`, true},
		{`{"a":[1]}`, `{"a":{"$elem_match":{"b":{"$ne":1}}}}`, false},
		{`{"a":{"b":1}}`, `{"a":{"$elem_match":{"b":1}}}`, false},
		{`{"a":[{"b":[{"c":1}]}]}`, `{"a":{"$elem_match":{"b":{"$elem_match":{"c":1}}}}}`, true},
		{`{"a":1,"b":2}`, `{"$at_least":{"count":2,"of":[{"a":1},{"b":3},{"b":2}]}}`, true},
		{`{"a":1,"b":2}`, `{"$at_least":{"count":3,"of":[{"a":1},{"b":3},{"b":2}]}}`, false},
		{`{"p":{"lat":52.516,"lon":13.377}}`, `{"p":{"$geo_radius":{"center":{"lat":52.52,"lon":13.4},"radius":1630}}}`, true},
		{`{"p":{"lat":52.516,"lon":13.377}}`, `{"p":{"$geo_radius":{"center":{"lat":52.52,"lon":13.4},"radius":1610}}}`, false},
		{`{"p":{"lat":0,"lon":-179.9}}`, `{"p":{"$geo_radius":{"center":{"lat":0,"lon":179.9},"radius":22300}}}`, true},
		{`{"p":{"lat":"0","lon":0}}`, `{"p":{"$geo_radius":{"center":{"lat":0,"lon":0},"radius":1e9}}}`, false},
		{`{"p":[1,{"lat":5,"lon":5},{"lat":0,"lon":0}]}`, `{"p":{"$geo_radius":{"center":{"lat":0,"lon":0},"radius":1}}}`, true},
		{`{"p":{"lat":0,"lon":-179}}`, `{"p":{"$geo_bounding_box":{"top_left":{"lat":1,"lon":170},"bottom_right":{"lat":-1,"lon":-170}}}}`, true},
		{`{"p":{"lat":0,"lon":0}}`, `{"p":{"$geo_bounding_box":{"top_left":{"lat":1,"lon":170},"bottom_right":{"lat":-1,"lon":-170}}}}`, false},
		{`{"p":{"lat":1,"lon":1}}`, `{"p":{"$geo_polygon":{"exterior":{"points":[{"lat":0,"lon":0},{"lat":4,"lon":0},{"lat":0,"lon":4}]}}}}`, true},
		{`{"p":{"lat":3,"lon":3}}`, `{"p":{"$geo_polygon":{"exterior":{"points":[{"lat":0,"lon":0},{"lat":4,"lon":0},{"lat":0,"lon":4}]}}}}`, false},
		{`{"p":{"lat":1,"lon":1}}`, `{"p":{"$geo_polygon":{"exterior":{"points":[{"lat":0,"lon":0},{"lat":4,"lon":0},{"lat":0,"lon":4}]},"interiors":[{"points":[{"lat":0.5,"lon":0.5},{"lat":2,"lon":0.5},{"lat":0.5,"lon":2}]}]}}}`, false},
	} {
		f, err := filterlang.Parse([]byte(tt.filter))
		if err != nil {
			t.Fatal(err)
		}
		c := domain.Chunk{ID: 1, Metadata: domain.MetadataString(tt.metadata)}
		if got := f.Matches(&c); got != tt.want {
			t.Errorf("%s selects %s: %v; want %v", tt.filter, tt.metadata, got, tt.want)
		}
	}
}

// What is accepted must come back as the same filter, and be asked of any document
// without a panic.
func FuzzParseFilter(f *testing.F) {
	f.Add(`{"a.b":{"$gte":1,"$in":["x",null,true]},"$or":[{"$id":5},{"$not":{"$text":{"$contains":"é"}}}]}`, `{"a":[{"b":1}],"c":"\u0041"}`)
	f.Add(`{}`, `{`)
	f.Add(`{"$at_least":{"count":1,"of":[{"a":{"$size":{"$gt":1}}},{"a":{"$elem_match":{"b":{"$regex":"x"}}}},{"p":{"$geo_polygon":{"exterior":{"points":[{"lat":0,"lon":0},{"lat":4,"lon":0},{"lat":0,"lon":4}]}}}}]}}`, `{"a":[{"b":"x"}],"p":{"lat":1,"lon":1}}`)
	f.Add(`{"p":{"$geo_radius":{"center":{"lat":0,"lon":0},"radius":1}},"q":{"$geo_bounding_box":{"top_left":{"lat":1,"lon":0},"bottom_right":{"lat":0,"lon":1}}}}`, `{"p":{"lat":1`)
	f.Fuzz(func(t *testing.T, text, document string) {
		flt, err := filterlang.Parse([]byte(text))
		if err != nil {
			return
		}
		again, err := filterlang.Parse([]byte(flt.String()))
		tooLarge := err != nil && (strings.Contains(err.Error(), "nested deeper") || strings.Contains(err.Error(), "more than"))
		if !tooLarge && (err != nil || !reflect.DeepEqual(flt, again)) { // written out, it may exceed the bounds
			t.Fatalf("%q is read as %s, which is read as %s, %v", text, flt.String(), again.String(), err)
		}
		for _, form := range []domain.MetadataForm{domain.StringMetadata, domain.ObjectMetadata} {
			c := domain.Chunk{ID: 1, Metadata: domain.Metadata{Form: form, Text: document}}
			flt.Matches(&c) // also of what is no JSON
		}
	})
}
