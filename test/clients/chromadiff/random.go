package chromadiff

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// source makes random values.
type source struct{ *rand.Rand }

// one returns one of list.
func one[T any](s source, list ...T) T { return list[s.IntN(len(list))] }

// chance reports true in one of n cases.
func (s source) chance(n int) bool { return s.IntN(n) == 0 }

func quoted(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(b)
}

// id returns the id of one of few records.
func (s source) id() string {
	if s.chance(12) {
		return one(s, "7", "007", "Ünï", "a b", "x/y", "'", "6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11", "-1", "1e3", " ")
	}
	return "id" + strconv.Itoa(s.IntN(30))
}

func (s source) ids(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = s.id()
	}
	return ids
}

var words = []string{"red", "green", "blue", "Red", "reddish", "x.y", "100%", "a_b", "ü", "línea\n", "\"q\"", "", " "}

func (s source) text() string {
	n := s.IntN(4)
	list := make([]string, n)
	for i := range list {
		list[i] = one(s, words...)
	}
	return strings.Join(list, " ")
}

// orNull returns JSON, or null in one of n cases.
func (s source) orNull(n int, text string) string {
	if s.chance(n) {
		return "null"
	}
	return text
}

// column returns an array of n elements, or null.
func (s source) column(n int, element func() string) string {
	if s.chance(6) {
		return "null"
	}
	list := make([]string, n)
	for i := range list {
		list[i] = element()
	}
	return "[" + strings.Join(list, ",") + "]"
}

// scalarOf returns a value as records have it under a key: each key has values of few kinds.
func (s source) scalarOf(key string) string {
	switch key {
	case "n":
		return strconv.Itoa(s.IntN(5) - 1)
	case "f":
		return one(s, "0.5", "1.5", "-2.25", "1e2", "3.75")
	case "b":
		return one(s, "true", "false")
	default:
		return quoted(one(s, "x", "y", "X", "", "longer text", "ü"))
	}
}

// listOf returns a list as records have it under a key that begins with l.
func (s source) listOf(key string) string {
	element := map[string]string{"ln": "n", "ls": "s", "lb": "b"}[key]
	list := make([]string, 1+s.IntN(3))
	for i := range list {
		list[i] = s.scalarOf(element)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// metadata returns an object; with nulls some fields are null.
func (s source) metadata(nulls bool) string {
	var fields []string
	for _, key := range []string{"n", "f", "b", "s", "ln", "ls", "lb", "a.b"} {
		if !s.chance(3) {
			continue
		}
		var value string
		switch {
		case nulls && s.chance(4):
			value = "null"
		case key[0] == 'l':
			value = s.listOf(key)
		default:
			value = s.scalarOf(key)
		}
		fields = append(fields, quoted(key)+":"+value)
	}
	return "{" + strings.Join(fields, ",") + "}"
}

// vector returns an embedding of small numbers, in one of its forms, and whether it is zero.
func (s source) vector(dims int, coded bool) string {
	v := make([]float32, dims)
	for i := range v {
		v[i] = float32(s.IntN(9)-4) / 2
	}
	v[0] += 0.25 // none is zero
	if !coded {
		return quoted(v)
	}
	var b []byte
	for _, f := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	return quoted(base64.StdEncoding.EncodeToString(b))
}

// where returns a where clause.
func (s source) where(depth int) string {
	if depth > 0 && s.chance(3) {
		list := make([]string, s.IntN(4))
		for i := range list {
			list[i] = s.where(depth - 1)
		}
		return `{"` + one(s, "$and", "$or") + `":[` + strings.Join(list, ",") + "]}"
	}
	if s.chance(6) {
		return `{"#document":` + s.textCondition() + "}"
	}
	if s.chance(4) {
		key := one(s, "ln", "ls", "lb", "none")
		element := map[string]string{"ln": "n", "ls": "s", "lb": "b", "none": "s"}[key]
		return `{"` + key + `":{"` + one(s, "$contains", "$not_contains") + `":` + s.scalarOf(element) + "}}"
	}
	key := one(s, "n", "f", "b", "s", "a.b", "none")
	switch s.IntN(5) {
	case 0:
		return "{" + quoted(key) + ":" + s.scalarOf(key) + "}"
	case 1:
		n := map[string]string{"n": "n", "f": "f"}[key]
		if n == "" {
			n = "n"
		}
		return "{" + quoted(key) + `:{"` + one(s, "$gt", "$gte", "$lt", "$lte") + `":` + s.scalarOf(n) + "}}"
	case 2:
		list := make([]string, 1+s.IntN(3))
		for i := range list {
			list[i] = s.scalarOf(key)
		}
		return "{" + quoted(key) + `:{"` + one(s, "$in", "$nin") + `":[` + strings.Join(list, ",") + "]}}"
	default:
		return "{" + quoted(key) + `:{"` + one(s, "$eq", "$ne") + `":` + s.scalarOf(key) + "}}"
	}
}

func (s source) textCondition() string {
	if s.chance(3) {
		return `{"` + one(s, "$regex", "$not_regex") + `":` + quoted(one(s, "re", "^r", "d$", "(?i)RED", "[a-c]", "x.y", `x\.y`, "", ".*", "a|ü", "b.+e", `\bred\b`)) + "}"
	}
	return `{"` + one(s, "$contains", "$not_contains") + `":` + quoted(one(s, "red", "re", "Red", "%", "_", "", " ", "x.y", "ü", "q", "\n", "zzz")) + "}"
}

func (s source) whereDocument(depth int) string {
	if depth > 0 && s.chance(3) {
		list := make([]string, s.IntN(4))
		for i := range list {
			list[i] = s.whereDocument(depth - 1)
		}
		return `{"` + one(s, "$and", "$or") + `":[` + strings.Join(list, ",") + "]}"
	}
	return s.textCondition()
}

func (s source) include(parts ...string) string {
	list := []string{}
	for _, p := range parts {
		if s.chance(2) {
			list = append(list, p)
		}
	}
	return quoted(list)
}
