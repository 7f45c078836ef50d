package payload_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/qdrantapi/payload"
)

func paths(t *testing.T, list ...string) []payload.Path {
	t.Helper()
	out := []payload.Path{}
	for _, text := range list {
		p, err := payload.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		if p.String() != text {
			t.Errorf("ParsePath(%s).String() = %s", text, p)
		}
		out = append(out, p)
	}
	return out
}

func tree(t *testing.T, list ...string) *payload.Tree {
	t.Helper()
	return payload.NewTree(paths(t, list...)...)
}

func TestParsePath(t *testing.T) {
	paths(t, "a", "a.b", "a[]", "a[].b", "a[0]", "a[12][3].b[]", `"a.b"`, `a."b[]".c`, "ключ.日本", "a b.c-d", `""`, "$a")
	for _, bad := range []string{"", ".", "a.", ".a", "a..b", "a[", "a]", "a[x]", "a[-1]", "[0]", "[]", `"a`, `a"b"`, "a[1]b", "a[99999999999]", `a.""x`} {
		if p, err := payload.ParsePath(bad); err == nil {
			t.Errorf("ParsePath(%q) = %q; want an error", bad, p)
		}
	}
}

func TestMerge(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":1,"b":{"c":1}}`, `{"b":{"d":2},"e":1.50}`, `{"a":1,"b":{"d":2},"e":1.50}`},
		{`{"a":1,"b":2}`, `{"a":null,"x":null}`, `{"b":2}`},
		{``, `{"a":12345678901234567890}`, `{"a":12345678901234567890}`},
		{`{"b":2,"a":1}`, `{"a":3}`, `{"b":2,"a":3}`},
		{`{ "a\"\u00e9,}" : [ 1 , "]" ] , "b":{} }`, `{"c":-1.5e3,"a\"é,}":false}`, `{"a\"é,}":false,"b":{},"c":-1.5e3}`},
		{`{"a":1,"a":2,"b":{"x":1,"x":2}}`, `{"a":3}`, `{"a":1,"a":3,"b":{"x":1,"x":2}}`},
		{`{"a":1,"a":2}`, `{"a":null}`, `{}`},
	} {
		if got := payload.Merge(c[0], c[1]); got != c[2] {
			t.Errorf("Merge(%s, %s) = %s; want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestSet(t *testing.T) {
	for _, c := range [][4]string{
		{"a", `{"a":{"x":1,"y":2}}`, `{"x":3,"y":null}`, `{"a":{"x":3}}`},
		{"a.b", `{"a":1}`, `{"x":3}`, `{"a":{"b":{"x":3}}}`},
		{"a.b", `{}`, `{"x":3}`, `{"a":{"b":{"x":3}}}`},
		{"a[].b", `{"a":[{"b":1},{"c":2},5]}`, `{"x":3}`, `{"a":[{"b":{"x":3}},{"c":2,"b":{"x":3}},{"b":{"x":3}}]}`},
		{"a[1]", `{"a":[{"b":1},{"c":2}]}`, `{"x":3}`, `{"a":[{"b":1},{"c":2,"x":3}]}`},
		{"a[7]", `{"a":[1]}`, `{"x":3}`, `{"a":[1]}`},
		{"a[]", `{"a":5}`, `{"x":3}`, `{"a":[]}`},
		{`"a.b"`, `{"a":{"b":1}}`, `{"x":3}`, `{"a":{"b":1},"a.b":{"x":3}}`},
	} {
		if got := paths(t, c[0])[0].Set(c[1], c[2]); got != c[3] {
			t.Errorf("%s.Set(%s, %s) = %s; want %s", c[0], c[1], c[2], got, c[3])
		}
	}
}

func TestRemove(t *testing.T) {
	for _, c := range [][3]string{
		{"a", `{"a":1,"b":2}`, `{"b":2}`},
		{"a.b", `{"a":{"b":1,"c":2}}`, `{"a":{"c":2}}`},
		{"a.b", `{"a":[{"b":1}]}`, `{"a":[{"b":1}]}`},
		{"a[].b", `{"a":[{"b":1,"c":2},{"b":3},4]}`, `{"a":[{"c":2},{},4]}`},
		{"a[0]", `{"a":[1,2,3]}`, `{"a":[2,3]}`},
		{"a[]", `{"a":[1,2,3]}`, `{"a":[]}`},
		{"a[1].b", `{"a":[{"b":1},{"b":2}]}`, `{"a":[{"b":1},{}]}`},
		{"x", ``, `{}`},
		{"x.y", `{"a":1}`, `{"a":1}`},
	} {
		if got := paths(t, c[0])[0].Remove(c[1]); got != c[2] {
			t.Errorf("%s.Remove(%s) = %s; want %s", c[0], c[1], got, c[2])
		}
	}
}

func TestSelector(t *testing.T) {
	const object = `{"a":{"b":1,"c":[{"d":1,"e":2},{"e":3}]},"f":"x","g":[1,2]}`
	for _, c := range []struct {
		s    payload.Selector
		want string
	}{
		{payload.Selector{All: true}, object},
		{payload.Selector{Include: tree(t, "f")}, `{"f":"x"}`},
		{payload.Selector{Include: tree(t, "f", "a.b")}, `{"a":{"b":1},"f":"x"}`},
		{payload.Selector{Include: tree(t, "a.c[].e")}, `{"a":{"c":[{"e":2},{"e":3}]}}`},
		{payload.Selector{Include: tree(t, "a.c[1]")}, `{"a":{"c":[{"e":3}]}}`},
		{payload.Selector{Include: tree(t, "a", "a.b")}, `{"a":{"b":1,"c":[{"d":1,"e":2},{"e":3}]}}`},
		{payload.Selector{Include: tree(t, "nothing", "f.x")}, `{}`},
		{payload.Selector{Include: tree(t)}, `{}`},
		{payload.Selector{Exclude: tree(t, "a", "g")}, `{"f":"x"}`},
		{payload.Selector{Exclude: tree(t, "a.c[].e")}, `{"a":{"b":1,"c":[{"d":1},{}]},"f":"x","g":[1,2]}`},
		{payload.Selector{Exclude: tree(t)}, object},
	} {
		if got := string(c.s.Append(nil, object)); got != c.want {
			t.Errorf("%+v of the payload = %s; want %s", c.s, got, c.want)
		}
	}
	if (payload.Selector{}).Wants() || !(payload.Selector{Include: tree(t)}).Wants() {
		t.Error("Wants: nothing asks for a payload, an empty list does")
	}
	if got := string(payload.Selector{All: true}.Append(nil, "")); got != "{}" {
		t.Errorf("no payload = %s; want {}", got)
	}
}

func TestDeepPayloadsStay(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	if got, want := payload.Merge(deep, `{"b":2}`), deep[:len(deep)-1]+`,"b":2}`; got != want {
		t.Errorf("Merge into a deep payload gives %d bytes; want %d", len(got), len(want))
	}
}

func FuzzChange(f *testing.F) {
	for _, seed := range []string{"{", `{"a`, `{"a":`, `{"a":1,}`, `[1,2`, `{"a":[}]`, `x`, `{"a\\`, `{:::}`, `{"a" "b"}`, "{a:1}"} {
		f.Add(seed, "a[].b")
	}
	f.Fuzz(func(t *testing.T, object, text string) {
		p, err := payload.ParsePath(text)
		if err != nil {
			return
		}
		set, gone := p.Set(object, `{"x":1}`), p.Remove(object)
		picked := string(payload.Selector{Include: payload.NewTree(p)}.Append(nil, object))
		if !json.Valid([]byte(object)) || object[0] != '{' {
			return // it is enough that all ends
		}
		for _, got := range []string{set, gone, picked} {
			if !json.Valid([]byte(got)) {
				t.Errorf("%s of %s gives %s, which is no JSON", text, object, got)
			}
		}
	})
}

func TestReplace(t *testing.T) {
	for _, c := range [][4]string{
		{"a", `{"a":{"x":1},"b":2}`, `{"x":null,"y":1}`, `{"a":{"x":null,"y":1},"b":2}`},
		{"a.b", `{}`, `{"x":null}`, `{"a":{"b":{"x":null}}}`},
		{"a[0]", `{"a":[1,{"b":2}]}`, `{"x":3}`, `{"a":[{"x":3},{"b":2}]}`},
	} {
		if got := paths(t, c[0])[0].Replace(c[1], c[2]); got != c[3] {
			t.Errorf("%s.Replace(%s, %s) = %s; want %s", c[0], c[1], c[2], got, c[3])
		}
	}
}

func TestRemoveOfSeveralPaths(t *testing.T) {
	for _, c := range []struct {
		paths        *payload.Tree
		object, want string
	}{
		{tree(t, "a", "c.d", "c.e", "x"), `{"a":1,"b":2,"c":{"d":1,"e":2,"f":3}}`, `{"b":2,"c":{"f":3}}`},
		{tree(t, "a", "a.b"), `{"a":{"b":1},"c":1}`, `{"c":1}`},
		{tree(t, "a[0]", "a[1]"), `{"a":[1,2,3]}`, `{"a":[3]}`},
		{tree(t, "a[].b", "a[1]", "a[0].c"), `{"a":[{"b":1,"c":2},{"b":3},{"b":4,"c":5}]}`, `{"a":[{},{"c":5}]}`},
		{tree(t), `{"a":1}`, `{"a":1}`},
	} {
		if got := c.paths.Remove(c.object); got != c.want {
			t.Errorf("Remove(%s) = %s; want %s", c.object, got, c.want)
		}
	}
}

// wide returns an object with n members, the names of which begin so, and paths to them.
func wide(t *testing.T, name string, n int) (object string, all []payload.Path) {
	t.Helper()
	b := []byte{'{'}
	for i := range n {
		member := name + strconv.Itoa(i)
		b = append(b, `"`+member+`":1,`...)
		all = append(all, payload.Path{{Name: member}})
	}
	b[len(b)-1] = '}'
	return string(b), all
}

// TestWidePayloads works on payloads with so many members that a walk through all of them for
// each one would take minutes.
func TestWidePayloads(t *testing.T) {
	const n = 200_000
	object, all := wide(t, "k", n)
	others, _ := wide(t, "o", n)
	var made, merged, removed, picked, excluded string
	began := time.Now()
	tree := payload.NewTree(all...)
	made = payload.Merge("", object)
	merged = payload.Merge(object, others)
	merged = payload.Merge(merged, strings.ReplaceAll(others, ":1", ":null"))
	removed = tree.Remove(object)
	picked = string(payload.Selector{Include: tree}.Append(nil, object))
	excluded = string(payload.Selector{Exclude: tree}.Append(nil, object))
	elapsed := time.Since(began)
	if made != object || merged != object || removed != "{}" || picked != object || excluded != "{}" {
		t.Errorf("a wide payload is made %t, merged %t, picked %t, removed to %.20s, excluded to %.20s", made == object, merged == object, picked == object, removed, excluded)
	}
	if elapsed > 30*time.Second {
		t.Errorf("payloads of %d members took %v; want what grows with them", n, elapsed)
	}
}
