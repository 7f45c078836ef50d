package filtertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
)

var (
	names  = []string{"a", "b", "c", "tags", "x.y"}
	texts  = []string{`""`, `"a"`, `"ab"`, `"A b"`, `"red (1)"`, `"été"`, `"2024-05-01"`, `"2024-05-01T10:00:00Z"`, `"2024-05-01T11:30:00+02:00"`, `"2023-12-31T23:59:59.5Z"`}
	times  = []string{`"2024-05-01T00:00:00Z"`, `"2024-05-01T10:00:00Z"`, `"2024-01-01"`, `"2024-05-01T12:00:00+02:00"`}
	nums   = []string{"0", "1", "2", "3", "-1", "2.5", "1e2", "7"}
	places = []string{`{"lat":1,"lon":2}`, `{"lat":10.5,"lon":-3}`, `{"lat":1,"lon":20,"name":"x"}`, `{"lat":"1","lon":2}`}
)

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// Payload returns a random payload.
func Payload(r *rand.Rand) string { return object(r, 0) }

func object(r *rand.Rand, depth int) string {
	var parts []string
	for _, i := range r.Perm(len(names))[:r.IntN(4)] {
		name, _ := json.Marshal(names[i])
		parts = append(parts, string(name)+":"+value(r, depth+1))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func value(r *rand.Rand, depth int) string {
	n := 12
	if depth > 3 {
		n = 8
	}
	switch r.IntN(n) {
	case 0:
		return pick(r, []string{"null", "true", "false"})
	case 1, 2, 3:
		return pick(r, nums)
	case 4, 5, 6, 7:
		return pick(r, append(texts, places...))
	case 8, 9:
		return object(r, depth)
	}
	list := make([]string, r.IntN(4))
	for i := range list {
		if list[i] = value(r, depth+1); r.IntN(2) == 0 {
			list[i] = object(r, depth+1)
		}
	}
	return "[" + strings.Join(list, ",") + "]"
}

// Filter returns a random filter; ids are JSON values of ids that it may ask for.
func Filter(r *rand.Rand, ids []string) string { return filter(r, ids, 0) }

func filter(r *rand.Rand, ids []string, depth int) string {
	var parts []string
	for _, name := range []string{"must", "should", "must_not"} {
		if r.IntN(2) == 0 {
			continue
		}
		if r.IntN(6) == 0 {
			parts = append(parts, `"`+name+`":`+pick(r, []string{"null", "[]", condition(r, ids, depth+1)}))
			continue
		}
		parts = append(parts, `"`+name+`":`+conditions(r, ids, depth))
	}
	if r.IntN(6) == 0 {
		parts = append(parts, fmt.Sprintf(`"min_should":{"conditions":%s,"min_count":%d}`, conditions(r, ids, depth), r.IntN(4)))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func conditions(r *rand.Rand, ids []string, depth int) string {
	list := make([]string, 1+r.IntN(3))
	for i := range list {
		list[i] = condition(r, ids, depth+1)
	}
	return "[" + strings.Join(list, ",") + "]"
}

func condition(r *rand.Rand, ids []string, depth int) string {
	if depth < 4 && r.IntN(5) == 0 {
		return filter(r, ids, depth)
	}
	if depth < 4 && r.IntN(8) == 0 {
		return fmt.Sprintf(`{"nested":{"key":%q,"filter":%s}}`, pick(r, []string{"a", "b", "a[]", "tags", "a.b"}), filter(r, ids, depth))
	}
	if r.IntN(10) == 0 {
		return fmt.Sprintf(`{"has_id":[%s,%s]}`, pick(r, ids), pick(r, ids))
	}
	key, _ := json.Marshal(path(r))
	if r.IntN(7) == 0 {
		return fmt.Sprintf(`{"%s":{"key":%s}}`, pick(r, []string{"is_empty", "is_null"}), key)
	}
	return fmt.Sprintf(`{"key":%s,%s}`, key, test(r))
}

func path(r *rand.Rand) string {
	var b strings.Builder
	for i := range 1 + r.IntN(3) {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(pick(r, []string{"a", "b", "c", "tags", `"x.y"`}))
		if r.IntN(4) == 0 {
			b.WriteString(pick(r, []string{"[]", "[0]", "[1]"}))
		}
	}
	return b.String()
}

func test(r *rand.Rand) string {
	low, high := pick(r, nums), pick(r, nums)
	scalar := pick(r, append(append([]string{"true", "false"}, nums...), texts...))
	switch r.IntN(14) {
	case 0, 1, 2:
		return `"match":{"value":` + scalar + `}`
	case 3, 4:
		return fmt.Sprintf(`"match":{"any":[%s,%s]}`, scalar, pick(r, texts))
	case 5:
		return fmt.Sprintf(`"match":{"except":[%s,%s]}`, scalar, low)
	case 6:
		return `"match":{"text":` + pick(r, []string{`"a"`, `"b"`, `"(1"`, `""`, `"05-"`}) + `}`
	case 7:
		return `"match":` + pick(r, []string{`{"text_any":"A (1) zz"}`, `{"prefix":"a"}`, `{"prefix":"2024"}`, `{"text_any":""}`})
	case 8, 9:
		return `"range":` + pick(r, []string{`{"gt":` + low + `}`, `{"gte":` + low + `,"lt":` + high + `}`, `{"lte":` + high + `,"gt":null}`, `{}`})
	case 10:
		return `"range":` + pick(r, []string{`{"gt":` + pick(r, times) + `}`, `{"gte":` + pick(r, times) + `,"lte":` + pick(r, times) + `}`, `{"lt":` + pick(r, times) + `}`})
	case 11:
		return `"values_count":` + pick(r, []string{`{"gt":1}`, `{"gte":1,"lt":3}`, `{"lte":0}`, `{"lt":2}`, `{"gte":0}`})
	case 12:
		return pick(r, []string{`"is_empty":true`, `"is_empty":false`, `"is_null":true`, `"is_null":false`})
	}
	return `"geo_bounding_box":{"top_left":{"lat":11,"lon":1},"bottom_right":{"lat":0,"lon":5}}`
}

// Decode reads JSON as Selects takes it.
func Decode(text string) map[string]any {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		panic(fmt.Sprintf("filtertest: %s: %v", text, err)) // it is made here
	}
	return m
}
