package repotest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/domain"
)

// The vocabulary of random documents and filters is small, so that they often meet.
var (
	randomNames = []string{"a", "b", "c", "a", "b", "n", "ü \"x\\", "a.b", "b.a", "$a", ""}
	randomTexts = []string{"", "a", "b", "ab", "A", "ba", "1", "true", "null", "é", "日本", "a\u0000b", "x\"y\\z", "\u2028", "🙂", "zz",
		"2026-01-01", "2026-01-01T00:30:00+02:00", "2025-12-31T22:30:00Z", "2026"}
	randomNumbers = []string{"0", "-0", "1", "1.0", "2", "-3", "2.5", "1e2", "100", "0.1", "9007199254740993", "9007199254740992.0",
		"9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e300", "-1e-300", "1.5E+1"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// RandomChunk returns a chunk with random metadata, text and key, such as RandomFilter
// asks for. Its key, if it has one, ends in number.
func RandomChunk(r *rand.Rand, number int) domain.Chunk {
	c := domain.Chunk{Text: pick(r, randomTexts) + pick(r, randomTexts), Embedding: []float32{1, r.Float32()}}
	if r.IntN(2) == 0 {
		c.Key = fmt.Sprintf("%s%d", pick(r, []string{"a", "b", "1"}), number)
	}
	switch r.IntN(12) {
	case 0: // none
	case 1:
		c.Metadata = domain.MetadataString(pick(r, []string{"", "text", "[1]", "{", `{"a":1}x`, `{"a":1,}`, "\u00a0{\"a\":1}", "{'a':1}", "{\"a\":\"\x01\"}", "null", "5"}))
	case 2, 3:
		c.Metadata = domain.MetadataString(pick(r, []string{"", " ", "\n\t"}) + randomObject(r, 0) + pick(r, []string{"", " \r"}))
	default:
		c.Metadata = domain.Metadata{Form: domain.ObjectMetadata, Text: randomObject(r, 0)}
	}
	return c
}

func randomObject(r *rand.Rand, depth int) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range r.IntN(5) {
		if i > 0 {
			b.WriteString(pick(r, []string{",", ", "}))
		}
		b.WriteString(quoteJSON(r, pick(r, randomNames)) + pick(r, []string{":", " : "}) + randomJSON(r, depth+1))
	}
	return b.String() + "}"
}

func randomJSON(r *rand.Rand, depth int) string {
	n := 14
	if depth > 3 {
		n = 9
	}
	switch r.IntN(n) {
	case 0:
		return "null"
	case 1:
		return "true"
	case 2:
		return "false"
	case 3, 4, 5:
		return pick(r, randomNumbers)
	case 6, 7, 8:
		return quoteJSON(r, pick(r, randomTexts))
	case 9:
		return randomObject(r, depth)
	case 10:
		return pick(r, []string{randomObject(r, depth), randomPlace(r)})
	}
	parts := make([]string, r.IntN(4))
	for i := range parts {
		parts[i] = randomJSON(r, depth+1)
	}
	return "[" + strings.Join(parts, " ,") + "]"
}

// quoteJSON writes s as JSON, some of its characters as escapes although they need none.
func quoteJSON(r *rand.Rand, s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c > 0xffff:
			c -= 0x10000
			fmt.Fprintf(&b, "\\u%04x\\u%04X", 0xd800+c>>10, 0xdc00+c&0x3ff)
		case c < 0x20 || r.IntN(8) == 0:
			fmt.Fprintf(&b, "\\u%04x", c)
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String() + `"`
}

// RandomFilter returns a random filter as JSON.
func RandomFilter(r *rand.Rand) string { return randomFilter(r, 0) }

func randomFilter(r *rand.Rand, depth int) string {
	var parts []string
	used := map[string]bool{}
	for range 1 + r.IntN(2) {
		name, value := randomMember(r, depth)
		if !used[name] {
			used[name] = true
			parts = append(parts, quoteJSON(r, name)+":"+value)
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func randomMember(r *rand.Rand, depth int) (name, value string) {
	if depth < 3 && r.IntN(3) == 0 {
		op := pick(r, []string{"$and", "$or", "$at_least", "$not"})
		if op == "$not" {
			return op, randomFilter(r, depth+1)
		}
		subs := make([]string, 1+r.IntN(4))
		for i := range subs {
			subs[i] = randomFilter(r, depth+1)
		}
		list := "[" + strings.Join(subs, ",") + "]"
		if op == "$at_least" {
			list = fmt.Sprintf(`{"of":%s,"count":%d}`, list, 1+r.IntN(len(subs)))
		}
		return op, list
	}
	switch r.IntN(9) {
	case 0:
		return "$id", randomTest(r, func() string { return pick(r, []string{"1", "2.0", "5", "7.5", "1000", `"3"`, "-1"}) })
	case 1:
		return "$key", randomTest(r, func() string { return quoteJSON(r, pick(r, []string{"a1", "a2", "b3", "a", "b", "1", ""})) })
	case 2:
		return "$text", randomTest(r, func() string { return quoteJSON(r, pick(r, randomTexts)) })
	}
	if depth < 4 && r.IntN(4) == 0 {
		return randomPath(r), randomWhole(r, depth)
	}
	return randomPath(r), randomTest(r, func() string { return randomScalar(r) })
}

// randomPath returns a path: one without a backslash, or with each step as one name, or one
// that says where it leads through arrays.
func randomPath(r *rand.Rand) string {
	if r.IntN(4) == 0 {
		path := []string{"." + pick(r, randomNames)}
		for range r.IntN(3) {
			path = append(path, pick(r, []string{"[*]", "[0]", "[1]", "." + pick(r, randomNames)}))
		}
		return filterlang.Field{Path: path, Strict: true}.String()
	}
	path := make([]string, pick(r, []int{1, 1, 2, 3}))
	for i := range path {
		path[i] = pick(r, randomNames)
	}
	plain := strings.Join(path, ".")
	if r.IntN(2) == 0 && !strings.HasPrefix(plain, "$") && !strings.Contains(plain, `\`) {
		return plain
	}
	return filterlang.Field{Path: path, Exact: true}.String()
}

func randomScalar(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0:
		return pick(r, []string{"null", "true", "false"})
	case 1, 2, 3, 4:
		return pick(r, randomNumbers)
	}
	return quoteJSON(r, pick(r, randomTexts))
}

// randomTest returns what stands beside a field; scalar makes what it is compared with.
func randomTest(r *rand.Rand, scalar func() string) string {
	if r.IntN(3) == 0 {
		return scalar()
	}
	ops := []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists", "$contains", "$not_contains", "$regex", "$not_regex", "$not"}
	var parts []string
	for _, i := range r.Perm(len(ops))[:1+r.IntN(2)] {
		value := scalar()
		switch ops[i] {
		case "$gt", "$gte", "$lt", "$lte":
			for value == "null" || value == "true" || value == "false" {
				value = scalar()
			}
		case "$in", "$nin":
			list := make([]string, r.IntN(4))
			for j := range list {
				list[j] = scalar()
			}
			value = "[" + strings.Join(list, ",") + "]"
		case "$regex", "$not_regex":
			value = pick(r, []string{`"a"`, `"^b"`, `"[0-9]$"`, `"(?i)^A?B*$"`, `"."`, `"^$"`, `"^é|日"`})
		case "$exists":
			value = pick(r, []string{"true", "false"})
		case "$not":
			value = `{"$gte":` + pick(r, randomNumbers) + "}"
		}
		parts = append(parts, `"`+ops[i]+`":`+value)
	}
	return "{" + strings.Join(parts, ",") + "}"
}
