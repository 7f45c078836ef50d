package qdrantapi_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/web"
)

// hostileBits are put into requests.
var hostileBits = []string{
	`null`, `-`, `1e999`, `1e-999`, `NaN`, `-0`, `00`, `{}`, `[]`, `[[[[[[`, `{"a":`, `"`, `\u0000`, `\ud800`, "\xff\xfe", "\x00", "\ufeff", `,`, `:`,
	`99999999999999999999`, `-1`, `true`, `/*x*/`, `'x'`, strings.Repeat("[", 3000), strings.Repeat(`{"a":`, 3000), strings.Repeat("9", 3000), `"filter":{"must":[{}]},`,
	`"limit":0,`, `"limit":4294967296,`, `{"must":[{"key":"a[","match":{"value":1}}]}`, `{"nearest":1}`, `{"fusion":"rrf"}`, `{"prefetch":[]}`, `"order_by":"n",`, `18446744073709551616`, `0.0`,
}

// mutated returns a broken variant of a body.
func mutated(r *rand.Rand, good string) string {
	b := []byte(good)
	for range 1 + r.IntN(4) {
		if len(b) == 0 {
			return "["
		}
		i := r.IntN(len(b))
		switch r.IntN(7) {
		case 0:
			b = b[:i]
		case 1:
			b[i] = byte(r.Uint32())
		case 2:
			b = append(b[:i:i], b[i+1:]...)
		case 3:
			b = append(b[:i:i], append([]byte(hostileBits[r.IntN(len(hostileBits))]), b[i:]...)...)
		case 4:
			j := r.IntN(len(b))
			b = append(b[:max(i, j):max(i, j)], b[min(i, j):]...)
		case 5:
			b[i] ^= 1 << r.IntN(8)
		case 6: // another value in the place of one
			from := strings.IndexAny(string(b[i:]), ":[,")
			if from < 0 {
				continue
			}
			from += i + 1
			to := from + max(0, strings.IndexAny(string(b[from:]), ",]}"))
			b = append(b[:from:from], append([]byte(hostileBits[r.IntN(len(hostileBits))]), b[to:]...)...)
		}
	}
	return string(b)
}

// values take the place of others in reshaped.
var values = []string{
	`null`, `0`, `1`, `-1`, `2.5`, `1e300`, `18446744073709551615`, `99999999999999999999`, `true`, `""`, `"a"`, `"n"`, `"a[].b"`, `"6b0b7c0e-5b0c-4a1a-9d6e-0f6f4f0d2a11"`, `[]`, `{}`, `[1,2,3]`, `[0,0,0]`, `[[1]]`,
	`[null]`, `{"a":1}`, `{"must":[{"key":"n","range":{"gt":0}}]}`, `{"should":[{"has_id":[1,5]}],"must_not":{"is_empty":{"key":"n"}}}`, `{"text":"x","model":"bm25"}`, `{"indices":[1],"values":[1]}`, `{"":[1,2,3]}`,
	`{"order_by":"n"}`, `{"sample":"random"}`, `{"recommend":{"positive":[1]}}`, `{"nearest":5,"mmr":{}}`, `[{"query":[1,0,0],"limit":1},{}]`, `{"key":"n","direction":"desc","start_from":1}`, `{"include":["n"]}`,
}

// reshaped returns a body with another value in some place, or with one member less.
func reshaped(r *rand.Rand, good string) string {
	d := json.NewDecoder(strings.NewReader(good))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return good
	}
	for range 1 + r.IntN(3) {
		v = replaced(r, v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was decoded
	}
	return string(text)
}

func replaced(r *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 && r.IntN(8) > 0 {
			names := slices.Sorted(maps.Keys(v))
			name := names[r.IntN(len(names))]
			if r.IntN(8) == 0 {
				delete(v, name)
			} else {
				v[name] = replaced(r, v[name])
			}
			return v
		}
	case []any:
		if len(v) > 0 && r.IntN(4) > 0 {
			i := r.IntN(len(v))
			v[i] = replaced(r, v[i])
			return v
		}
	}
	return json.RawMessage(values[r.IntN(len(values))])
}

// wireRequests returns the requests in testdata/wire.txt that have a body.
func wireRequests(t testing.TB) (list [][3]string) {
	t.Helper()
	f, err := os.Open("testdata/wire.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		part := strings.SplitN(scan.Text(), " ", 3)
		if len(part) == 3 && strings.HasPrefix(part[1], "/") {
			list = append(list, [3]string(part))
		}
	}
	return list
}

// TestHostileRequests sends broken variants of all requests that there are. None may end in
// a failure of the server, and every failure has its envelope.
func TestHostileRequests(t *testing.T) {
	const seed = 20261130
	rounds := 40
	if text := os.Getenv("MEMISTA_HOSTILE"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		rounds = n / len(wireRequests(t))
	}
	c := newClient(t, web.Options{})
	r := rand.New(rand.NewPCG(seed, 0))
	good := wireRequests(t)
	if len(good) < 100 {
		t.Fatalf("%d requests stand in the testdata; want all of them", len(good))
	}
	sent, accepted := 0, 0
	for round := range rounds {
		c.send("PUT", "/collections/docs", `{"vectors":{"size":3,"distance":"Cosine"},"sparse_vectors":{"bm25":{}}}`)
		c.send("PUT", "/collections/named", `{"vectors":{"fast-bge":{"size":2,"distance":"Euclid"}}}`)
		c.send("PUT", "/collections/docs/index", `{"field_name":"n","field_schema":"float"}`)
		c.send("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1,2,3],"payload":{"n":1,"tags":["x"],"nested":{"a":[{"b":1}]}}},{"id":5,"vector":[3,2,1],"payload":{"n":2}}]}`)
		for _, g := range good {
			path := g[1]
			if r.IntN(20) == 0 {
				path = strings.Replace(path, "docs", url.PathEscape(hostileBits[r.IntN(len(hostileBits))]), 1)
			}
			body := mutated(r, g[2])
			if r.IntN(2) == 0 {
				body = reshaped(r, g[2])
			}
			rec := c.send(g[0], path, body)
			sent++
			switch {
			case rec.Code == 501 || rec.Code >= 400 && rec.Code < 500:
				errorOf(t, rec)
			case rec.Code != 200:
				t.Fatalf("seed %d, round %d: %s %s %.2000q = %d %s", seed, round, g[0], path, body, rec.Code, rec.Body)
			default:
				accepted++
			}
		}
	}
	if accepted > sent/2 || accepted < sent/20 {
		t.Errorf("%d of %d broken requests were accepted; want some, and not most", accepted, sent)
	}
	t.Logf("%d requests, %d accepted, seed %d", sent, accepted, seed)
	c.send("PUT", "/collections/docs", `{"vectors":{"size":3,"distance":"Cosine"}}`)
	c.ok("POST", "/collections/docs/points/count", `{}`)
}

// TestDeepAndLong sends what is large in one way or another.
func TestDeepAndLong(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Dot"}}`)
	deep := strings.Repeat(`{"a":`, 99) + "1" + strings.Repeat("}", 99)
	for _, r := range [][3]string{
		{"PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1,2],"payload":` + deep + `}]}`},
		{"POST", "/collections/docs/points/query", strings.Repeat(`{"prefetch":`, 90) + `{"query":[1,2]}` + strings.Repeat(`}`, 90)},
		{"POST", "/collections/docs/points/query", `{"query":[1,2],"filter":` + strings.Repeat(`{"must":[`, 45) + strings.Repeat(`]}`, 45) + `}`},
		{"POST", "/collections/docs/points/query/batch", `{"searches":[` + strings.TrimSuffix(strings.Repeat(`{"query":[1,2]},`, 20_000), ",") + `]}`},
		{"POST", "/collections/docs/points", `{"ids":[` + strings.TrimSuffix(strings.Repeat(`7,`, 200_000), ",") + `]}`},
		{"POST", "/collections/docs/points/delete", `{"points":[` + strings.TrimSuffix(strings.Repeat(`7,`, 200_000), ",") + `]}`},
		{"PUT", "/collections/" + strings.Repeat("x", 300), `{}`},
		{"PUT", "/collections/" + url.PathEscape(strings.Repeat("é", 255)), `{}`},
		{"GET", "/collections/docs/points/" + strings.Repeat("x", 1000), ``},
		{"PUT", "/collections/docs/index", `{"field_name":"` + strings.Repeat("a.", 100) + `b","field_schema":"text"}`},
	} {
		rec := c.send(r[0], r[1], r[2])
		if rec.Code >= 500 {
			t.Errorf("%s %.60s %.60s = %d %s", r[0], r[1], r[2], rec.Code, rec.Body)
		}
		if rec.Code >= 400 {
			errorOf(t, rec)
		}
	}
}

// TestPayloadsStayWhole changes payloads that are as deep as they may be.
func TestPayloadsStayWhole(t *testing.T) {
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Dot"}}`)
	deep := strings.Repeat(`{"a":`, 90) + "1" + strings.Repeat("}", 90)
	c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1,2],"payload":`+deep+`}]}`)
	c.ok("POST", "/collections/docs/points/payload", `{"payload":{"b":12345678901234567890.50},"points":[1]}`)
	c.want("POST", "/collections/docs/points", `{"ids":[1]}`, fmt.Sprintf(`[{"id":1,"payload":%s,"b":12345678901234567890.50}}]`, deep[:len(deep)-1]))
}
