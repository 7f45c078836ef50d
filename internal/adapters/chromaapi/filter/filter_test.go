package filter_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi/filter"
	"github.com/memista/memista/internal/adapters/chromaapi/record"
	"github.com/memista/memista/internal/adapters/chromaapi/refusal"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
)

// records are those of which a server of Chroma 1.0 was asked what stands in the tables below.
func records(t *testing.T) []domain.Chunk {
	t.Helper()
	chunks := make([]domain.Chunk, 0, 6)
	for i, r := range []record.Record{
		{Document: record.Some("Hello World"), Metadata: `{"k":1,"s":"x","b":true,"l":[1,2]}`},
		{Document: record.Some("hello"), Metadata: `{"k":1.0,"s":"y","f":2.5}`},
		{},
		{Document: record.Some(""), Metadata: `{"k":2,"s":"X","l":["a","b"]}`},
		{Document: record.Some("x.y*z"), Metadata: `{"b":false,"k":"1"}`},
		{Document: record.Some("ümlaut Straße"), Metadata: `{"k":true,"s":"","l":[true]}`},
	} {
		c := domain.Chunk{ID: int64(i + 1), Key: string(rune('a' + i))}
		if err := r.Into(&c); err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, c)
	}
	return chunks
}

// selected returns the keys of the chunks that f selects.
func selected(f *filterlang.Filter, chunks []domain.Chunk) string {
	var keys strings.Builder
	for i := range chunks {
		if f.Matches(&chunks[i]) {
			keys.WriteString(chunks[i].Key)
		}
	}
	return keys.String()
}

func TestWhere(t *testing.T) {
	chunks := records(t)
	for where, want := range map[string]string{
		`{"k":1}`: "ab", `{"k":1.0}`: "ab", `{"k":2}`: "d", `{"k":true}`: "f", `{"k":"1"}`: "e",
		`{"k":{"$ne":1}}`: "cdef", `{"k":{"$eq":true}}`: "f", `{"s":""}`: "f", `{"s":{"$ne":""}}`: "abcde", `{"f":2.5}`: "b",
		`{"k":{"$gt":0}}`: "abd", `{"k":{"$gt":1}}`: "d", `{"k":{"$gte":1}}`: "abd", `{"k":{"$lt":2}}`: "ab", `{"k":{"$gt":1.5}}`: "d", `{"f":{"$gt":2}}`: "b",
		`{"k":{"$in":[1,2]}}`: "abd", `{"k":{"$in":[1.0]}}`: "ab", `{"k":{"$in":["1"]}}`: "e", `{"k":{"$in":[true]}}`: "f", `{"k":{"$nin":[1]}}`: "cdef",
		`{"k":{"$in":[1.5,1]}}`:                                  "ab",
		`{"$and":[{"k":1},{"s":"x"}]}`:                           "a",
		`{"$or":[{"k":1},{"s":"X"}]}`:                            "abd",
		`{"$or":[]}`:                                             "",
		`{"$and":[{"k":1}]}`:                                     "ab",
		`{"$or":[{"k":1}]}`:                                      "ab",
		`{"l":{"$contains":1}}`:                                  "a",
		`{"l":{"$contains":1.0}}`:                                "a",
		`{"l":{"$contains":"a"}}`:                                "d",
		`{"l":{"$contains":true}}`:                               "f",
		`{"l":{"$not_contains":1}}`:                              "bcdef",
		`{"zz":{"$ne":1}}`:                                       "abcdef",
		`{"zz":{"$nin":["q"]}}`:                                  "abcdef",
		`{"#id":"a"}`:                                            "",
		`{"#foo":1}`:                                             "",
		`{"":1}`:                                                 "",
		`{"k":9007199254740993}`:                                 "",
		`{"l":{"$gt":5}}`:                                        "",
		`{"#document":{"$regex":"^h"}}`:                          "b",
		`{"#document":{"$contains":""}}`:                         "abdef",
		`{"#document":{"$contains":"hello"}}`:                    "b",
		`{"#document":{"$not_contains":"hello"}}`:                "acdef",
		`{"$and":[{"#document":{"$contains":"o"}},{"k":1}]}`:     "ab",
		`{"$or":[{"$and":[{"k":1},{"s":"y"}]},{"k":{"$gt":1}}]}`: "bd",

		// What a server of Chroma refuses.
		`{"k":1,"s":"x"}`:         "a",
		`{"k":{"$gt":0,"$lt":2}}`: "ab",
		`{"k":{"$in":[1,1.5]}}`:   "ab",
		// What one answers otherwise: there 1.5 equals 1, and elements count for $contains only.
		`{"k":1.5}`:                   "",
		`{"l":1}`:                     "a",
		`{"s":{"$contains":"x"}}`:     "a",
		`{"s":{"$not_contains":"x"}}`: "bcdef",
	} {
		f, err := filter.Where([]byte(where))
		if err != nil {
			t.Errorf("Where(%s): %v", where, err)
			continue
		}
		if got := selected(&f, chunks); got != want {
			t.Errorf("Where(%s) selects %q; want %q", where, got, want)
		}
	}
}

func TestWhereDocument(t *testing.T) {
	chunks := records(t)
	for where, want := range map[string]string{
		`{"$contains":"hello"}`: "b", `{"$contains":"Hello"}`: "a", `{"$contains":"lo Wo"}`: "a", `{"$contains":"l"}`: "abf", `{"$contains":"lo"}`: "ab",
		`{"$contains":""}`: "abdef", `{"$not_contains":""}`: "c", `{"$not_contains":"hello"}`: "acdef", `{"$contains":"Straße"}`: "f",
		`{"$contains":".y*"}`: "e", `{"$contains":"%"}`: "", `{"$contains":"_"}`: "",
		`{"$regex":"^[hH]ello"}`: "ab", `{"$regex":".*"}`: "abdef", `{"$regex":""}`: "abdef", `{"$not_regex":""}`: "c", `{"$not_regex":"hello"}`: "acdef",
		`{"$regex":"(?i)HELLO"}`: "ab", `{"$regex":"\\bhello\\b"}`: "b",
		`{"$and":[{"$contains":"l"},{"$contains":"W"}]}`: "a", `{"$or":[{"$contains":"W"},{"$contains":"z"}]}`: "ae",
		`{"$or":[]}`: "", `{"$and":[{"$contains":"l"}]}`: "abf",
		`{"$contains":"l","$not_contains":"W"}`: "bf", // a server of Chroma refuses it
	} {
		f, err := filter.WhereDocument([]byte(where))
		if err != nil {
			t.Errorf("WhereDocument(%s): %v", where, err)
			continue
		}
		if got := selected(&f, chunks); got != want {
			t.Errorf("WhereDocument(%s) selects %q; want %q", where, got, want)
		}
	}
}

func TestRefusedWhere(t *testing.T) {
	for _, where := range []string{
		`{}`, `"x"`, `[1]`, `5`, `{"k":null}`, `{"k":[1]}`, `{"k":{}}`, `{"k":{"$eq":null}}`, `{"k":{"$foo":1}}`, `{"$foo":1}`, `{"$not":{"k":1}}`,
		`{"k":{"$gt":"a"}}`, `{"k":{"$gt":true}}`, `{"k":{"$in":[]}}`, `{"k":{"$nin":[]}}`, `{"k":{"$in":[1,"a"]}}`, `{"k":{"$in":[null]}}`, `{"k":{"$in":1}}`,
		`{"$and":{"k":1}}`, `{"$and":[]}`, `{"$or":[{"$and":[]}]}`, `{"$and":[{}]}`, `{"l":{"$contains":[1]}}`, `{"l":{"$contains":null}}`, `{"k":{"$regex":"x"}}`,
		`{"#document":"hello"}`, `{"#document":{"$eq":"hello"}}`, `{"#document":{"$contains":1}}`, `{"k":1e999}`, `{"k":{"a":1}}`,
	} {
		_, err := filter.Where([]byte(where))
		refused(t, where, err, "Invalid where clause")
	}
	for _, where := range []string{
		`{}`, `"x"`, `[]`, `{"$contains":1}`, `{"$contains":null}`, `{"$contains":["a"]}`, `{"$foo":"x"}`, `{"$eq":"hello"}`, `{"$and":[{"k":1}]}`, `{"$and":[]}`, `{"$or":"x"}`,
	} {
		_, err := filter.WhereDocument([]byte(where))
		refused(t, where, err, "Invalid where document clause")
	}
	for _, where := range []string{`{"$regex":"("}`, `{"$regex":"(a)\\1"}`, `{"$not_regex":"x(?=y)"}`, `{"$regex":"` + strings.Repeat("x", 2000) + `"}`} {
		_, err := filter.WhereDocument([]byte(where))
		refused(t, where, err, "Regex syntax error: ")
	}
	many := `{"$and":[` + strings.TrimSuffix(strings.Repeat(`{"$regex":"a{999}"},`, 30), ",") + `]}`
	_, err := filter.WhereDocument([]byte(many))
	refused(t, "many patterns", err, "Invalid where document clause: its regular expressions are too large together")
}

func refused(t *testing.T, what string, err error, text string) {
	t.Helper()
	e, ok := errors.AsType[*refusal.Error](err)
	if !ok || e.Status != 400 || !strings.HasPrefix(e.Text, text) {
		t.Errorf("%.60s = %v; want 400 %s", what, err, text)
	}
}
