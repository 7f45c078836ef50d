package chromaapi_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
)

// row is a record as the oracle knows it.
type row struct {
	id       string
	metadata map[string]any // string, float64, bool or []any
	document *string
}

// clause is a condition: as JSON, and whether it selects a record.
type clause struct {
	json    any
	selects func(r *row) bool
}

// oracle makes random records and conditions.
type oracle struct{ *rand.Rand }

func pick[T any](o oracle, list ...T) T { return list[o.IntN(len(list))] }

// scalar returns a value of one of the kinds that a key has.
func (o oracle) scalar(key string) any {
	switch key {
	case "n":
		return float64(o.IntN(4))
	case "f":
		return pick(o, 0.5, 1.0, 1.5, -2.25)
	case "b":
		return pick(o, true, false)
	case "mixed":
		return pick[any](o, 1.0, "1", true, "x")
	default:
		return pick(o, "x", "X", "y", "", "ü")
	}
}

var keyNames = []string{"n", "f", "b", "s", "mixed", "a.b"}

func (o oracle) row(i int) row {
	r := row{id: fmt.Sprintf("r%02d", i), metadata: map[string]any{}}
	for _, key := range keyNames {
		if o.IntN(3) > 0 {
			r.metadata[key] = o.scalar(key)
		}
	}
	for _, key := range []string{"ln", "ls"} {
		if o.IntN(2) == 0 {
			list := make([]any, 1+o.IntN(3))
			for i := range list {
				list[i] = o.scalar(key[1:])
			}
			r.metadata[key] = list
		}
	}
	if o.IntN(4) > 0 {
		words := []string{"red", "Red", "green", "bl_ue", "100%", "", "ü"}
		text := strings.TrimSpace(pick(o, words...) + " " + pick(o, words...))
		r.document = &text
	}
	return r
}

// compare returns what an operator says of two values.
func compare(op string, v, arg any) bool {
	x, isX := v.(float64)
	y, isY := arg.(float64)
	switch op {
	case "$eq":
		return v == arg
	case "$gt":
		return isX && isY && x > y
	case "$gte":
		return isX && isY && x >= y
	case "$lt":
		return isX && isY && x < y
	default:
		return isX && isY && x <= y
	}
}

// where returns a condition on metadata.
func (o oracle) where(depth int) clause {
	if depth > 0 && o.IntN(2) == 0 {
		return o.combined(depth, o.where)
	}
	if o.IntN(6) == 0 {
		c := o.text()
		return clause{map[string]any{"#document": c.json}, c.selects}
	}
	if o.IntN(4) == 0 {
		return o.contains()
	}
	key := pick(o, append([]string{"none"}, keyNames...)...)
	switch o.IntN(4) {
	case 0:
		return o.among(key)
	case 1:
		key, op := pick(o, "n", "f", "mixed"), pick(o, "$gt", "$gte", "$lt", "$lte")
		arg := o.scalar("f")
		return clause{map[string]any{key: map[string]any{op: arg}}, func(r *row) bool { return compare(op, r.metadata[key], arg) }}
	case 2:
		arg := o.scalar(key)
		return clause{map[string]any{key: arg}, func(r *row) bool { return r.metadata[key] == arg }}
	default:
		arg := o.scalar(key)
		return clause{map[string]any{key: map[string]any{"$ne": arg}}, func(r *row) bool { return r.metadata[key] != arg }}
	}
}

// among returns $in or $nin.
func (o oracle) among(key string) clause {
	kind := key
	if key == "mixed" {
		kind = "s"
	}
	args := make([]any, 1+o.IntN(3))
	for i := range args {
		args[i] = o.scalar(kind)
	}
	op := pick(o, "$in", "$nin")
	return clause{map[string]any{key: map[string]any{op: args}}, func(r *row) bool {
		v, there := r.metadata[key]
		return (there && slices.Contains(args, v)) == (op == "$in")
	}}
}

// contains returns $contains or $not_contains of a list.
func (o oracle) contains() clause {
	key, op := pick(o, "ln", "ls", "none"), pick(o, "$contains", "$not_contains")
	arg := o.scalar(strings.TrimPrefix(key, "l"))
	return clause{map[string]any{key: map[string]any{op: arg}}, func(r *row) bool {
		list, _ := r.metadata[key].([]any)
		return slices.Contains(list, arg) == (op == "$contains")
	}}
}

// text returns a condition on the document.
func (o oracle) text() clause {
	op := pick(o, "$contains", "$not_contains", "$regex", "$not_regex")
	if strings.HasSuffix(op, "regex") {
		pattern := pick(o, "red", "^[rR]", "", ".*", "e+n$", "(?i)RED", "_|%", `\bred\b`)
		re := regexp.MustCompile(pattern)
		return clause{map[string]any{op: pattern}, func(r *row) bool {
			return (r.document != nil && re.MatchString(*r.document)) == (op == "$regex")
		}}
	}
	part := pick(o, "red", "Red", "e", "", " ", "%", "_", "ü", "zzz")
	return clause{map[string]any{op: part}, func(r *row) bool {
		return (r.document != nil && strings.Contains(*r.document, part)) == (op == "$contains")
	}}
}

func (o oracle) document(depth int) clause {
	if depth > 0 && o.IntN(2) == 0 {
		return o.combined(depth, o.document)
	}
	return o.text()
}

// combined returns $and or $or of up to three conditions.
func (o oracle) combined(depth int, one func(int) clause) clause {
	op, list, sub := pick(o, "$and", "$or"), []any{}, []clause{}
	n := o.IntN(4)
	if op == "$and" {
		n = max(1, n) // one of nothing is refused
	}
	for range n {
		c := one(depth - 1)
		list, sub = append(list, c.json), append(sub, c)
	}
	return clause{map[string]any{op: list}, func(r *row) bool {
		for _, c := range sub {
			if c.selects(r) == (op == "$or") {
				return op == "$or"
			}
		}
		return op == "$and"
	}}
}

// TestFiltersAgainstAnOracle asks random conditions of a get, a query and, at the end, a
// delete.
func TestFiltersAgainstAnOracle(t *testing.T) {
	const seed, records, filters = 20261130, 80, 400
	o := oracle{rand.New(rand.NewPCG(seed, 0))}
	c := newClient(t, newService(t), web.Options{}, chromaapi.Options{})
	c.make("docs", "")
	rows := make([]row, records)
	in := struct {
		IDs        []string         `json:"ids"`
		Embeddings [][]float64      `json:"embeddings"`
		Metadatas  []map[string]any `json:"metadatas"`
		Documents  []*string        `json:"documents"`
	}{}
	for i := range rows {
		rows[i] = o.row(i)
		r := &rows[i]
		in.IDs, in.Embeddings = append(in.IDs, r.id), append(in.Embeddings, []float64{float64(i), 1})
		in.Metadatas, in.Documents = append(in.Metadatas, r.metadata), append(in.Documents, r.document)
	}
	c.want("POST", "/collections/{docs}/add", mustJSON(t, in), 201, `{}`)
	selected := 0
	for i := range filters {
		body := map[string]any{"include": []string{}, "query_embeddings": [][]float64{{0, 1}}, "n_results": records}
		all := []clause{}
		if i%3 != 0 {
			all = append(all, o.where(2))
			body["where"] = all[0].json
		}
		if i%3 != 1 {
			d := o.document(2)
			all = append(all, d)
			body["where_document"] = d.json
		}
		want := []string{}
		for j := range rows {
			if !slices.ContainsFunc(all, func(c clause) bool { return !c.selects(&rows[j]) }) {
				want = append(want, rows[j].id)
			}
		}
		selected += len(want)
		text := mustJSON(t, body)
		list := mustJSON(t, want)
		const rest = `,"embeddings":null,"documents":null,"uris":null,"metadatas":null`
		c.want("POST", "/collections/{docs}/get", text, 200, `{"ids":`+list+rest+`,"include":[]}`)
		c.want("POST", "/collections/{docs}/query", text, 200, `{"ids":[`+list+`]`+rest+`,"distances":null,"include":[]}`)
		if t.Failed() {
			t.Fatalf("seed %d, filter %d", seed, i)
		}
	}
	if selected < filters || selected > filters*records*9/10 {
		t.Errorf("%d filters select %d of %d records each: they ask for nothing", filters, selected/filters, records)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
