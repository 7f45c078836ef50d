package qdrantapi_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/qdrantapi/filter/filtertest"
	"github.com/memista/memista/internal/adapters/web"
)

// TestFilters compares what scroll, query, search, count and groups of random filters find
// with an oracle that knows the description of Qdrant's language alone, while points change.
func TestFilters(t *testing.T) {
	const seed, rounds = 20261130, 1000
	r := rand.New(rand.NewPCG(seed, 2))
	c := newClient(t, web.Options{})
	c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Cosine"}}`)
	ids := make([]string, 40)
	payloads := make([]string, len(ids))
	for i := range ids {
		if ids[i] = fmt.Sprint(i * 7); i%3 == 0 {
			ids[i] = fmt.Sprintf(`"00000000-0000-4000-8000-%012d"`, i)
		}
	}
	write := func(i int) {
		payloads[i] = filtertest.Payload(r)
		c.ok("PUT", "/collections/docs/points", fmt.Sprintf(`{"points":[{"id":%s,"vector":[1,%d],"payload":%s}]}`, ids[i], i+1, payloads[i]))
	}
	for i := range ids {
		write(i)
	}
	some := 0
	for round := range rounds {
		if round%4 == 0 {
			write(r.IntN(len(ids)))
		}
		text := filtertest.Filter(r, ids)
		want := []string{}
		for i := range ids {
			var id any = json.Number(ids[i])
			if ids[i][0] == '"' {
				id = strings.Trim(ids[i], `"`)
			}
			if filtertest.Selects(filtertest.Decode(text), filtertest.Decode(payloads[i]), id) {
				want = append(want, ids[i])
			}
		}
		slices.Sort(want)
		if len(want) > 0 && len(want) < len(ids) {
			some++
		}
		for _, ask := range []string{
			`points/scroll {"filter":%s,"limit":999999999,"with_payload":false}`,
			`points/query {"query":[1,0.5],"filter":%s,"limit":999999999}`,
			`points/query {"prefetch":{"filter":%s,"limit":999999999},"query":[1,0.5],"limit":100}`,
			`points/query {"filter":%s,"limit":100}`,
			`points/search {"vector":[1,0.5],"filter":%s,"limit":100,"params":{"exact":true}}`,
		} {
			path, body, _ := strings.Cut(ask, " ")
			got := idsIn(t, c.ok("POST", "/collections/docs/"+path, fmt.Sprintf(body, text)))
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, round %d: %s %s\n got: %v\nwant: %v", seed, round, path, text, got, want)
			}
		}
		c.want("POST", "/collections/docs/points/count", `{"filter":`+text+`}`, fmt.Sprintf(`{"count":%d}`, len(want)))
	}
	if some < rounds/10 {
		t.Errorf("%d of %d filters select some points and not all; want a tenth", some, rounds)
	}
}

// idsIn returns the ids of the points in a result, sorted.
func idsIn(t *testing.T, result string) []string {
	t.Helper()
	var list []struct{ ID json.RawMessage }
	var in struct{ Points json.RawMessage }
	raw := []byte(result)
	if raw[0] == '{' {
		if err := json.Unmarshal(raw, &in); err != nil {
			t.Fatal(err)
		}
		raw = in.Points
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatalf("%s: %v", result, err)
	}
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = string(list[i].ID)
	}
	slices.Sort(ids)
	return ids
}
