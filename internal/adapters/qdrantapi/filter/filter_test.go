package filter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/qdrantapi/filter"
	"github.com/memista/memista/internal/adapters/qdrantapi/filter/filtertest"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/collection"
	"github.com/memista/memista/internal/domain/filterlang"
)

const points = collections.KeyForm(collection.PointKeys)

func plain() *filter.Collection {
	return &filter.Collection{Keys: points, HasVector: func(string) (filterlang.Filter, error) { return filterlang.Filter{}, nil }}
}

// TestFiltersAgreeWithTheOracle asks random filters of random payloads.
func TestFiltersAgreeWithTheOracle(t *testing.T) {
	const seed, n = 20261130, 60_000
	r := rand.New(rand.NewPCG(seed, 1))
	ids := []string{"1", "2", `"6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11"`, `"text"`}
	some := 0
	for i := range n {
		text, object, id := filtertest.Filter(r, ids), filtertest.Payload(r), ids[r.IntN(len(ids))]
		f, err := filter.Parse([]byte(text), plain())
		if err != nil {
			t.Fatalf("Parse(%s) = %v", text, err)
		}
		c := domain.Chunk{ID: 7, Key: points.Key(collections.Text(strings.Trim(id, `"`))), Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: object}}
		var asID any = json.Number(id)
		if id[0] == '"' {
			asID = strings.Trim(id, `"`)
		}
		want := filtertest.Selects(filtertest.Decode(text), filtertest.Decode(object), asID)
		if got := f == nil || f.Matches(&c); got != want {
			t.Fatalf("seed %d, round %d: %s selects %s of point %s: %v; want %v", seed, i, text, object, id, got, want)
		}
		if want {
			some++
		}
	}
	if some < n/10 || some > n*9/10 {
		t.Errorf("%d of %d filters select their point; want a tenth to nine tenths", some, n)
	}
}

func TestMatchByWords(t *testing.T) {
	in := plain()
	in.Texts = map[string]filter.Words{
		"a": {}, "b.c": {Tokenizer: "multilingual", Least: 2}, "p": {Tokenizer: "prefix"}, "k": {CaseKept: true}, "w": {Tokenizer: "whitespace"},
	}
	const object = `{"a":["The quick (brown) fox.","jumps"],"b":{"c":"東京都に住む Anna"},"p":"concatenation here","k":"Upper lower","w":"C++ e.g."}`
	for condition, want := range map[string]bool{
		`{"key":"a","match":{"text":"fox BROWN"}}`:                            true,
		`{"key":"a","match":{"text":"fox jumps"}}`:                            true,
		`{"key":"a","match":{"text":"fo"}}`:                                   false,
		`{"key":"a","match":{"text":"fox cow"}}`:                              false,
		`{"key":"a","match":{"text_any":"cow fox"}}`:                          true,
		`{"key":"a","match":{"phrase":"quick brown"}}`:                        true,
		`{"key":"a","match":{"phrase":"brown quick"}}`:                        false,
		`{"key":"a","match":{"text":" . "}}`:                                  false,
		`{"key":"b.c","match":{"text":"東京 x anna"}}`:                          true,
		`{"key":"b.c","match":{"text":"大阪"}}`:                                 false,
		`{"key":"p","match":{"text":"concat her"}}`:                           true,
		`{"key":"p","match":{"text":"cat"}}`:                                  false,
		`{"key":"k","match":{"text":"upper"}}`:                                false,
		`{"key":"k","match":{"text":"Upper"}}`:                                true,
		`{"key":"w","match":{"text":"c++ E.G."}}`:                             true,
		`{"key":"w","match":{"text":"c"}}`:                                    false,
		`{"key":"a","match":{"text":"` + strings.Repeat("long ", 100) + `"}}`: false,
	} {
		f, err := filter.Parse([]byte(`{"must":`+condition+`}`), in)
		if err != nil {
			t.Errorf("Parse(%s) = %v", condition, err)
			continue
		}
		if got := f.Matches(&domain.Chunk{Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: object}}); got != want {
			t.Errorf("%s selects: %v; want %v", condition, got, want)
		}
	}
}

// TestManyWords checks that of too many words few are compiled before they are refused.
func TestManyWords(t *testing.T) {
	in := plain()
	in.Texts = map[string]filter.Words{"indexed": {}}
	words := make([]string, 20_000)
	for i := range words {
		words[i] = fmt.Sprintf("word%d", i)
	}
	long, conditions := strings.Join(words, " "), make([]string, 20_000)
	for _, condition := range []string{
		`{"key":"indexed","match":{"text":"` + long + `"}}`, `{"key":"indexed","match":{"text_any":"` + long + `"}}`, `{"key":"plain","match":{"text_any":"` + long + `"}}`,
		`{"key":"indexed","match":{"phrase":"one two"}}`, `{"key":"plain","match":{"text":"a text"}}`, `{"key":"plain","match":{"prefix":"a text"}}`,
	} {
		text := []byte(`{"must":[` + condition + `]}`)
		if len(condition) < 100 {
			for i := range conditions {
				conditions[i] = condition
			}
			text = []byte(`{"must":[` + strings.Join(conditions, ",") + `]}`)
		}
		allocs := testing.AllocsPerRun(1, func() {
			if f, err := filter.Parse(text, in); !errors.Is(err, domain.ErrInvalid) {
				t.Errorf("Parse(%.80s) = %v, %v; want an ErrInvalid", text, f, err)
			}
		})
		if allocs > 150_000 {
			t.Errorf("Parse(%.80s) makes %.0f objects; want few, for it is refused", text, allocs)
		}
	}
	// What is within the bounds is fine as before.
	for _, condition := range []string{
		`{"key":"indexed","match":{"text":"` + strings.Join(words[:140], " ") + `"}}`, `{"key":"plain","match":{"text_any":"` + strings.Join(words[:1000], " ") + `"}}`,
		`{"key":"plain","match":{"text_any":"` + strings.Repeat("word ", 20_000) + `"}}`,
	} {
		if _, err := filter.Parse([]byte(`{"must":[`+condition+`]}`), in); err != nil {
			t.Errorf("Parse(%.80s) = %v", condition, err)
		}
	}
}

func TestIDsOfRawKeys(t *testing.T) {
	in := plain()
	in.Keys = collections.KeyForm(collection.RawKeys)
	f, err := filter.Parse([]byte(`{"must":[{"has_id":[5,"k"]}]}`), in)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		chunk domain.Chunk
		want  bool
	}{{domain.Chunk{ID: 5}, true}, {domain.Chunk{ID: 5, Key: "x"}, false}, {domain.Chunk{ID: 9, Key: "5"}, true}, {domain.Chunk{ID: 9, Key: "k"}, true}, {domain.Chunk{ID: 6}, false}} {
		if got := f.Matches(&c.chunk); got != c.want {
			t.Errorf("has_id selects chunk %d with key %q: %v; want %v", c.chunk.ID, c.chunk.Key, got, c.want)
		}
	}
}

func TestFiltersOfEverything(t *testing.T) {
	for _, text := range []string{`null`, `{}`, `{"must":[]}`, `{"should":[],"must_not":null}`, `{"must":[{}]}`, `{"min_should":{"conditions":[],"min_count":0}}`} {
		if f, err := filter.Parse([]byte(text), plain()); f != nil || err != nil {
			t.Errorf("Parse(%s) = %v, %v; want one that selects all", text, f, err)
		}
	}
}

// TestConditionsThatSayNothing checks that what is not understood never selects everything.
func TestConditionsThatSayNothing(t *testing.T) {
	for _, condition := range []string{
		`{"has_ids":[1]}`, `{"has_id":null}`, `{"kye":"n","match_value":1}`, `{"filter":{"must":[{"has_id":[1]}]}}`, `{"key":null}`, `{"key":null,"has_vector":null}`, `{"is_null":null}`,
		`{"must":[],"has_ids":[1]}`, `{"must":[{"has_id":[1]}],"match":{"value":1}}`, `{"nested":null,"x":{}}`, `{"must":[{"x":1}]}`,
		`{"key":"a","range":{"get":1}}`, `{"key":"a","values_count":{"get":1}}`,
	} {
		for _, text := range []string{`{"must":[%s]}`, `{"must":%s}`, `{"should":[%s]}`, `{"must_not":[{},%s]}`, `{"min_should":{"conditions":[%s],"min_count":1}}`, `{"must":[{"nested":{"key":"a","filter":{"must":[%s]}}}]}`} {
			text := fmt.Sprintf(text, condition)
			if f, err := filter.Parse([]byte(text), plain()); !errors.Is(err, domain.ErrInvalid) {
				t.Errorf("Parse(%s) = %v, %v; want an ErrInvalid", text, f, err)
			}
		}
	}
	for _, text := range []string{`{"must":[{"must":null}]}`, `{"must":[{"must":[],"should":[{}]}]}`} {
		if f, err := filter.Parse([]byte(text), plain()); f != nil || err != nil {
			t.Errorf("Parse(%s) = %v, %v; want one that selects all", text, f, err)
		}
	}
	for _, text := range []string{`{"must":[{"key":"a","match":{"value":1},"range":null,"note":"x"}]}`, `{"must":[{"has_id":[1],"key":null}]}`} {
		if f, err := filter.Parse([]byte(text), plain()); f == nil || err != nil {
			t.Errorf("Parse(%s) = %v, %v; want a condition", text, f, err)
		}
	}
}

func TestBadFilters(t *testing.T) {
	deep := strings.Repeat(`{"must_not":[{"must":[`, 60) + strings.Repeat(`]}]}`, 60)
	many := make([]string, 10_001)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for _, text := range []string{
		``, `[]`, `"x"`, `{"must":5}`, `{"must":[5]}`, `{"musst":[]}`, `{"must":[{"key":"a"}]}`, `{"must":[{"key":5,"match":{"value":1}}]}`, `{"must":[{"key":"a","match":{}}]}`,
		`{"must":[{"key":"a[","match":{"value":1}}]}`, `{"must":[{"key":"a","match":{"value":{}}}]}`, `{"must":[{"key":"a","match":{"any":5}}]}`, `{"must":[{"match":{"value":1}}]}`,
		`{"must":[{"key":"a","range":{"gt":"x"}}]}`, `{"must":[{"key":"a","range":{"gt":1,"lt":"2024-01-01"}}]}`, `{"must":[{"key":"a","range":{"gt":true}}]}`,
		`{"must":[{"key":"a","values_count":{"gt":-1}}]}`, `{"must":[{"has_id":[-1]}]}`, `{"must":[{"has_id":[1.5]}]}`, `{"must":[{"has_id":[{}]}]}`, `{"must":[{"has_id":5}]}`, `{"must":[{"has_id":[""]}]}`,
		`{"must":[{"is_empty":{}}]}`, `{"must":[{"nested":{"key":"a"}}]}`, `{"must":[{"key":"a","geo_radius":{"center":{"lat":100,"lon":0},"radius":1}}]}`, `{"must":[{"key":"a","geo_radius":{}}]}`,
		`{"must":[{"key":"a","geo_polygon":{"exterior":{"points":[{"lat":1,"lon":1}]}}}]}`, `{"min_should":{"conditions":[]}}`, `{"must":[]} x`, `{"must":[{"key":"a","match":{"prefix":"` + strings.Repeat("x", 2000) + `"}}]}`,
		deep, `{"must":[{"key":"a","match":{"any":[` + strings.Join(many, ",") + `]}}]}`,
	} {
		if f, err := filter.Parse([]byte(text), plain()); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Parse(%.80s) = %v, %v; want an ErrInvalid", text, f, err)
		}
	}
}
