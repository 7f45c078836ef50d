package memista_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista"
	"github.com/memista/memista/client"
	"github.com/memista/memista/internal/adapters/embed/remote/remotetest"
	"github.com/memista/memista/server"
)

// services returns a file, and a server over one, as the same interface.
func services(t *testing.T) map[string]memista.Service {
	t.Helper()
	web := httptest.NewServer(server.New(openFile(t), nil))
	t.Cleanup(web.Close)
	c, err := client.New(web.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return map[string]memista.Service{"library": openFile(t), "client": c}
}

// A program that is written for one of them works with the other.
func TestLibraryAndClientDoTheSame(t *testing.T) {
	for name, s := range services(t) {
		t.Run(name, func(t *testing.T) {
			testDatabase(t, s)
			testAliases(t, s)
			testOrders(t, s)
			testIndex(t, s)
			testRefusals(t, s)
			testDiversity(t, s)
			testGroups(t, s)
			testSample(t, s)
			testRecall(t, s)
		})
	}
}

func testDatabase(t *testing.T, s memista.Service) {
	ctx, d := t.Context(), s.Database("d")
	want := memista.Settings{Dims: 2, Metric: memista.L2, TTL: time.Hour, Metadata: memista.Meta(map[string]any{"model": "x"})}
	made, err := d.Create(ctx, &want)
	if diff := cmp.Diff(want, made.Settings); err != nil || diff != "" || made.ID != "d" {
		t.Fatalf("Create = %+v, %v (-want +got):\n%s", made, err, diff)
	}
	ids, err := d.Insert(ctx, []memista.Chunk{
		{Key: "a", Text: "one", Embedding: []float32{0, 0}, Metadata: memista.Meta(map[string]any{"page": 1, "tags": []string{"x"}})},
		{Key: "b", Text: "two", Embedding: []float32{1, 0}, Metadata: memista.Meta(map[string]any{"page": 2})},
		{Key: "c", Text: "three", Embedding: []float32{3, 0}, Metadata: memista.Meta("plain")},
	}, nil)
	if err != nil || !cmp.Equal(ids, []int64{1, 2, 3}) {
		t.Fatalf("Insert = %v, %v", ids, err)
	}
	for want, f := range map[string]*memista.Filter{
		"a": memista.Eq("page", 1), "bc": memista.Ne("page", 1), "ab": memista.Lte("page", 2), "b": memista.And(memista.Gt("page", 1), memista.Lt("page", 9)),
		"ac": memista.In(memista.FieldKey, "a", "c"), "c": memista.Nin("page", 1, 2), "abc": nil, "": memista.FilterJSON(`{"page":9}`),
	} {
		hits, err := d.Search(ctx, []float32{0, 0}, 5, &memista.SearchOptions{Filter: f, Include: []memista.Part{memista.PartMetadata}})
		if got := keysOf(hits); err != nil || got != want {
			t.Errorf("Search with %s = %s, %v; want %s", f, got, err, want)
		}
		if n, err := d.Count(ctx, f); err != nil || int(n) != len(want) {
			t.Errorf("Count of %s = %d, %v; want %d", f, n, err, len(want))
		}
	}
	c, err := d.PatchByKey(ctx, "a", memista.Patch{Metadata: memista.Meta(map[string]any{"page": nil, "seen": true})})
	if err != nil || c.Metadata.String() != `{"tags":["x"],"seen":true}` || c.ExpiresAt.IsZero() {
		t.Errorf("PatchByKey = %+v, %v", c, err)
	}
	if c, err = d.Patch(ctx, 1, memista.Patch{Metadata: memista.Meta(nil)}); err != nil || !c.Metadata.IsZero() {
		t.Errorf("Patch = %+v, %v; want no metadata", c, err)
	}
	if same, err := d.GetByKey(ctx, "a"); err != nil || !cmp.Equal(same, c) {
		t.Errorf("GetByKey = %+v, %v; want %+v", same, err, c)
	}
	page, err := d.List(ctx, &memista.ListOptions{Limit: 2, Include: []memista.Part{memista.PartEmbedding}})
	if err != nil || len(page.Chunks) != 2 || page.Next != 2 || page.Chunks[1].Text != "" || !cmp.Equal(page.Chunks[1].Embedding, []float32{1, 0}) {
		t.Errorf("List = %+v, %v", page, err)
	}
	found, err := d.Query(ctx, []memista.Query{{Key: "a", K: 1}, {ChunkID: 3, Filter: memista.Exists("page")}}, &memista.QueryOptions{Explain: true})
	if err != nil || keysOf(found.Hits[0])+keysOf(found.Hits[1]) != "bb" || found.Explain[1].Filter.Of != 3 || found.Took <= 0 {
		t.Errorf("Query = %+v, %v", found, err)
	}
	if n, err := d.DeleteKeys(ctx, "b", "nobody"); err != nil || n != 1 {
		t.Errorf("DeleteKeys = %d, %v; want 1", n, err)
	}
	if n, err := d.Delete(ctx, 3, 99); err != nil || n != 1 {
		t.Errorf("Delete = %d, %v; want 1", n, err)
	}
	if n, err := d.PatchWhere(ctx, memista.In(memista.FieldKey, "a", "none"), memista.Patch{Metadata: memista.Meta(map[string]any{"changed": true})}); err != nil || n != 1 {
		t.Errorf("PatchWhere = %d, %v; want 1", n, err)
	}
	values, err := d.CountValues(ctx, "changed", nil)
	if want := (memista.Values{Values: []memista.ValueCount{{Value: true, Chunks: 1}}, Distinct: 1}); err != nil || !cmp.Equal(values, want) {
		t.Errorf("CountValues = %+v, %v; want %+v", values, err, want)
	}
	if n, err := d.Count(ctx, memista.Eq("changed", true)); err != nil || n != 1 {
		t.Errorf("Count of what PatchWhere changed = %d, %v; want 1", n, err)
	}
	if n, err := d.DeleteWhere(ctx, memista.Eq(memista.FieldKey, "a")); err != nil || n != 1 {
		t.Errorf("DeleteWhere = %d, %v; want 1", n, err)
	}
}

func testAliases(t *testing.T, s memista.Service) {
	ctx, now := t.Context(), s.Database("now-or-later")
	for _, id := range []string{"v1", "v2"} {
		if _, err := s.Insert(ctx, id, []memista.Chunk{{Key: id, Embedding: []float32{1}}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want string) {
		t.Helper()
		hits, err := now.Search(ctx, []float32{1}, 1, nil)
		if err != nil || len(hits) != 1 || hits[0].Key != want {
			t.Errorf("Search by the alias = %+v, %v; want %s", hits, err, want)
		}
		if info, err := now.Describe(ctx); err != nil || info.ID != want {
			t.Errorf("Describe by the alias = %q, %v; want %s", info.ID, err, want)
		}
	}
	if err := s.ChangeAliases(ctx, memista.CreateAlias("now-or-later", "v1"), memista.CreateAlias("x", "v2")); err != nil {
		t.Fatal(err)
	}
	check("v1")
	if err := s.ChangeAliases(ctx, memista.RenameAlias("x", "now-or-later"), memista.DeleteAlias("never")); err != nil {
		t.Fatal(err)
	}
	check("v2")
	if list, err := s.Aliases(ctx); err != nil || !cmp.Equal(list, []memista.Alias{{Alias: "now-or-later", Database: "v2"}}) {
		t.Errorf("Aliases = %+v, %v", list, err)
	}
	for what, err := range map[string]error{
		"not found": s.ChangeAliases(ctx, memista.CreateAlias("y", "none")),
		"conflict":  s.ChangeAliases(ctx, memista.CreateAlias("v1", "v2")),
		"invalid":   s.ChangeAliases(ctx),
	} {
		want := map[string]error{"not found": memista.ErrNotFound, "conflict": memista.ErrConflict, "invalid": memista.ErrInvalid}[what]
		if !errors.Is(err, want) {
			t.Errorf("ChangeAliases = %v; want %v", err, want)
		}
	}
	for _, id := range []string{"v1", "v2"} {
		if err := s.Drop(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := now.Count(ctx, nil); !errors.Is(err, memista.ErrNotFound) {
		t.Errorf("Count by an alias of what is gone = %v; want ErrNotFound", err)
	}
}

func testOrders(t *testing.T, s memista.Service) {
	ctx, d := t.Context(), s.Database("ordered")
	chunks := []memista.Chunk{{Key: "b"}, {Text: "no key"}, {Key: "B"}, {Key: "a"}, {Text: "nor here"}}
	for i := range chunks {
		chunks[i].Embedding = []float32{1}
	}
	if _, err := d.Insert(ctx, chunks, nil); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		o    memista.ListOptions
		want []int64
	}{
		{memista.ListOptions{Limit: 2}, []int64{1, 2, 3, 4, 5}},
		{memista.ListOptions{Limit: 2, Skip: 3}, []int64{4, 5}},
		{memista.ListOptions{Limit: 1, Order: memista.ByKey}, []int64{2, 5, 3, 4, 1}},
		{memista.ListOptions{Limit: 2, Order: memista.ByKey, Skip: 1, Filter: memista.Ne(memista.FieldKey, "a")}, []int64{5, 3, 1}},
		{memista.ListOptions{Order: memista.ByKey, From: "C"}, []int64{4, 1}},
	} {
		if got := listAll(t, d, tt.o); !cmp.Equal(got, tt.want) {
			t.Errorf("List(%+v) = %v; want %v", tt.o, got, tt.want)
		}
	}
	day := func(text string) memista.Metadata { return memista.Meta(map[string]any{"d": text}) }
	numbered := func(n any) memista.Metadata { return memista.Meta(map[string]any{"n": n}) }
	more := []memista.Chunk{{Metadata: numbered(7)}, {Metadata: numbered([]any{9, -1.5})}, {Metadata: numbered("x")}, {Metadata: numbered(7)}, {Metadata: day("2026-01-02")}, {Metadata: day("2026-01-01T23:00:00Z")}}
	for _, n := range []string{"1e999", "-1e999", "1e999"} { // beyond float64
		more = append(more, memista.Chunk{Metadata: memista.Meta(json.RawMessage(`{"i":` + n + `}`))})
	}
	for i := range more {
		more[i].Embedding = []float32{1}
	}
	if _, err := d.Insert(ctx, more, nil); err != nil { // from 6 on
		t.Fatal(err)
	}
	for _, tt := range []struct {
		o    memista.ListOptions
		want []int64
	}{
		{memista.ListOptions{Sort: &memista.Sort{Field: "n"}, Limit: 1}, []int64{7, 6, 9, 8}},
		{memista.ListOptions{Sort: &memista.Sort{Field: "n", Descending: true}, Limit: 2}, []int64{8, 7, 6, 9}},
		{memista.ListOptions{Sort: &memista.Sort{Field: "n", From: 7.0}, Limit: 3}, []int64{6, 9, 8}},
		{memista.ListOptions{Sort: &memista.Sort{Field: "n", From: 7}, After: 6, Skip: 1}, []int64{8}},
		{memista.ListOptions{Sort: &memista.Sort{Field: "n"}, Filter: memista.Gt("n", 8)}, []int64{7}},
		{memista.ListOptions{Sort: &memista.Sort{Field: "d"}, Limit: 1}, []int64{11, 10}},
		{memista.ListOptions{Sort: &memista.Sort{Field: "d", From: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}}, []int64{10}},
		{memista.ListOptions{Sort: &memista.Sort{Field: "none"}}, nil},
		{memista.ListOptions{Sort: &memista.Sort{Field: "i"}, Limit: 1}, []int64{13, 12, 14}},
	} {
		if got := listAll(t, d, tt.o); !cmp.Equal(got, tt.want) {
			t.Errorf("List(%+v, %+v) = %v; want %v", tt.o, *tt.o.Sort, got, tt.want)
		}
	}
	for _, o := range []memista.ListOptions{{Sort: &memista.Sort{}}, {Sort: &memista.Sort{Field: "n", From: true}}, {Sort: &memista.Sort{Field: "n", From: []int{1}}}, {Sort: &memista.Sort{Field: "n"}, After: 1}, {Sort: &memista.Sort{Field: "n"}, Order: memista.ByKey}, {Sort: &memista.Sort{Field: "$id"}}} {
		if _, err := d.List(ctx, &o); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("List(%+v, %+v) = %v; want ErrInvalid", o, *o.Sort, err)
		}
	}
	for _, o := range []memista.ListOptions{{Order: "size"}, {From: "a"}, {Skip: -1}} {
		if _, err := d.List(ctx, &o); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("List(%+v) = %v; want ErrInvalid", o, err)
		}
	}
	if err := d.Drop(ctx); err != nil {
		t.Fatal(err)
	}
}

// listAll returns the ids of the chunks of all pages.
func listAll(t *testing.T, d *memista.Database, o memista.ListOptions) (ids []int64) {
	t.Helper()
	for more := true; more; {
		page, err := d.List(t.Context(), &o)
		if err != nil {
			t.Fatalf("List(%+v) = %v", o, err)
		}
		for _, c := range page.Chunks {
			ids = append(ids, c.ID)
		}
		more = page.Follow(&o)
	}
	return ids
}

func keysOf(hits []memista.Hit) string {
	var keys strings.Builder
	for _, h := range hits {
		keys.WriteString(h.Key)
	}
	return keys.String()
}

func testGroups(t *testing.T, s memista.Service) {
	ctx, d := t.Context(), s.Database("groups")
	var chunks []memista.Chunk
	for i, of := range []any{"x", "x", 2.5, int64(1) << 60, true, nil} {
		chunks = append(chunks, memista.Chunk{Key: string(rune('a' + i)), Text: "text", Embedding: []float32{10, float32(i)}, Metadata: memista.Meta(map[string]any{"of": of})})
	}
	if _, err := d.Insert(ctx, chunks, nil); err != nil {
		t.Fatal(err)
	}
	got, err := d.SearchGroups(ctx, memista.Query{Embedding: []float32{1, 0}}, "of", nil)
	if err != nil || len(got) != 4 || got[0].Value != "x" || got[1].Value != 2.5 || got[2].Value != int64(1)<<60 || got[3].Value != true || keysOf(got[0].Hits) != "ab" || got[0].Hits[0].Text != "text" {
		t.Errorf("SearchGroups = %+v, %v; want x with a and b, 2.5, 1<<60 and true", got, err)
	}
	got, err = d.SearchGroups(ctx, memista.Query{Embedding: []float32{1, 0}, Filter: memista.Ne("of", "x")}, "of", &memista.GroupsOptions{Groups: 1, Size: 1, Include: []memista.Part{}})
	if err != nil || len(got) != 1 || keysOf(got[0].Hits) != "c" || got[0].Hits[0].Text != "" {
		t.Errorf("SearchGroups of one = %+v, %v; want c without its text", got, err)
	}
	for name, q := range map[string]memista.Query{"K": {Embedding: []float32{1, 0}, K: 1}, "an offset": {Embedding: []float32{1, 0}, Offset: 1}, "nothing": {}} {
		if _, err := d.SearchGroups(ctx, q, "of", nil); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("SearchGroups with %s = %v; want ErrInvalid", name, err)
		}
	}
	if _, err := d.SearchGroups(ctx, memista.Query{Embedding: []float32{1, 0}}, "", nil); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("SearchGroups by nothing = %v; want ErrInvalid", err)
	}
}

// testRecall asks for the recall of a database with a graph, by another name of it.
func testRecall(t *testing.T, s memista.Service) {
	ctx, d := t.Context(), s.Database("measured")
	chunks := make([]memista.Chunk, 9000)
	rng := rand.New(rand.NewPCG(4, 2))
	for i := range chunks {
		v := make([]float32, 24)
		for j := range v {
			v[j] = float32(rng.NormFloat64())
		}
		chunks[i] = memista.Chunk{Embedding: v, Metadata: memista.Meta(map[string]any{"half": i % 2})}
	}
	if _, err := d.Insert(ctx, chunks, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.WaitIndexed(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.ChangeAliases(ctx, memista.AliasAction{Action: "create", Alias: "measured-too", Database: "measured"}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Recall(ctx, "measured-too", &memista.RecallOptions{K: 5, Queries: 300, Ef: []int{8, 64}, Target: 0.9, MaxTime: time.Minute, Filter: memista.Exists("half")})
	if err != nil || got.K != 5 || got.Queries != 300 || got.Vectors != 9000 || got.Plan != "graph" || !got.Complete || got.Took <= 0 || len(got.Curve) < 2 || got.Target == nil {
		t.Fatalf("Recall = %+v, %v; want two points and more of 300 queries over a graph", got, err)
	}
	first, last, target := got.Curve[0], got.Curve[len(got.Curve)-1], got.Target
	if first.Ef < 5 || first.Ef > 8 || first.Recall > last.Recall || first.Low >= first.Recall || first.High <= first.Recall || first.Queries != 300 || first.P50 <= 0 || first.P99 < first.P50 {
		t.Errorf("the first point is %+v, the last %+v", first, last)
	}
	if now := got.Now; now.Ef != 0 || now.Recall < 0.9 || now.Queries != 300 {
		t.Errorf("searches as they are: %+v; want a good recall without a beam width", now)
	}
	if target.Wanted != 0.9 || !target.Reached || target.Recall < 0.9 || target.Ef < 5 || target.Confidence <= 0 || target.Confidence > 1 {
		t.Errorf("the target is %+v; want a beam width that reaches 0.9", target)
	}
	if got, err := d.Recall(ctx, &memista.RecallOptions{MaxTime: time.Minute}); err != nil || got.K != 10 || len(got.Curve) != 6 || got.Target != nil {
		t.Errorf("Recall = %+v, %v; want the six beam widths for ten neighbors", got, err)
	}
	if got, err := d.Recall(ctx, &memista.RecallOptions{Ef: []int{}, Queries: 1}); err != nil || len(got.Curve) != 0 || got.Queries != 1 {
		t.Errorf("Recall = %+v, %v; want searches as they are only", got, err)
	}
	for name, o := range map[string]*memista.RecallOptions{
		"target": {Target: 1.5}, "no number": {Target: math.NaN()}, "time": {MaxTime: -time.Second}, "a long time": {MaxTime: time.Hour}, "ef": {Ef: []int{0}},
		"k": {K: -1}, "queries": {Queries: 1 << 20}, "filter": {Filter: memista.Eq("a", make(chan int))},
	} {
		if got, err := d.Recall(ctx, o); !errors.Is(err, memista.ErrInvalid) {
			t.Errorf("Recall with a bad %s = %+v, %v; want ErrInvalid", name, got, err)
		}
	}
	if _, err := s.Recall(ctx, "none", nil); !errors.Is(err, memista.ErrNotFound) {
		t.Errorf("Recall of no database = %v; want ErrNotFound", err)
	}
	testTarget(t, d)
	if err := d.Drop(ctx); err != nil {
		t.Fatal(err)
	}
}

// testTarget gives d, which has a graph, a target recall, and waits until it is kept.
func testTarget(t *testing.T, d *memista.Database) {
	ctx := t.Context()
	if st, err := d.Stats(ctx); err != nil || st.TargetRecall != 0 || st.Recall != nil {
		t.Errorf("Stats = %+v, %v; want no target", st.Recall, err)
	}
	if info, err := d.Update(ctx, memista.Update{TargetRecall: new(0.9)}); err != nil || info.TargetRecall != 0.9 {
		t.Fatalf("Update = %+v, %v; want the target", info, err)
	}
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		st, err := d.Stats(ctx)
		if err != nil || st.Recall == nil || st.Recall.Target != 0.9 {
			t.Fatalf("Stats = %+v, %v; want the target", st.Recall, err)
		}
		if m := st.Recall.Measured; m != nil {
			if m.Ef < 10 || !m.Reached || m.Recall < 0.9 || m.Low >= m.Recall || m.High <= m.Recall || m.K != 10 || m.Queries != 1000 || m.Vectors != 9000 || m.At.IsZero() || len(m.Curve) < 6 || m.Curve[0].Ef == 0 || m.Curve[0].P50US <= 0 {
				t.Errorf("the measurement is %+v", m)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatal("the target was not measured in two minutes")
		}
	}
	for _, bad := range []float64{0.1, 1, -1, math.NaN()} {
		if info, err := d.Update(ctx, memista.Update{TargetRecall: &bad}); err == nil {
			t.Errorf("Update to a target of %v = %+v; want an error", bad, info)
		}
	}
	if _, err := d.Update(ctx, memista.Update{EfSearch: new(40)}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Update of EfSearch beside a target = %v; want ErrInvalid", err)
	}
	if info, err := d.Update(ctx, memista.Update{TargetRecall: new(0.0), EfSearch: new(40)}); err != nil || info.TargetRecall != 0 || info.EfSearch != 40 {
		t.Errorf("Update = %+v, %v; want a beam width in place of the target", info, err)
	}
}

func testSample(t *testing.T, s memista.Service) {
	ctx, d := t.Context(), s.Database("groups")
	seen := map[string]bool{}
	for range 200 {
		list, err := d.Sample(ctx, 2, &memista.SampleOptions{Filter: memista.Ne("of", "x"), Include: []memista.Part{memista.PartEmbedding}})
		if err != nil || len(list) != 2 || list[0].Key == list[1].Key || len(list[0].Embedding) != 2 || list[0].Text != "" {
			t.Fatalf("Sample = %+v, %v; want two with their embeddings", list, err)
		}
		seen[list[0].Key] = true
	}
	if len(seen) != 4 || seen["a"] || seen["b"] {
		t.Errorf("200 samples have begun with %v; want c, d, e and f", seen)
	}
	if list, err := d.Sample(ctx, 0, nil); err != nil || len(list) != 6 || list[0].Text != "text" {
		t.Errorf("Sample = %+v, %v; want all six", list, err)
	}
	if _, err := d.Sample(ctx, -1, nil); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Sample of -1 = %v; want ErrInvalid", err)
	}
}

func testDiversity(t *testing.T, s memista.Service) {
	ctx, d := t.Context(), s.Database("diverse")
	_, err := d.Insert(ctx, []memista.Chunk{
		{Key: "a", Embedding: []float32{0.99, 0.01}}, {Key: "b", Embedding: []float32{1, 0}}, {Key: "c", Embedding: []float32{0.5, 0.5}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		m    *memista.MMR
		want string
	}{{nil, "ab"}, {&memista.MMR{}, "ac"}, {&memista.MMR{Diversity: new(0.0)}, "ab"}, {&memista.MMR{Diversity: new(1.0), Candidates: 2}, "ab"}} {
		hits, err := d.Search(ctx, []float32{1, 0.1}, 2, &memista.SearchOptions{MMR: tc.m})
		if err != nil || keysOf(hits) != tc.want {
			t.Errorf("Search with %+v = %+v, %v; want %s", tc.m, hits, err, tc.want)
		}
		got, err := d.Query(ctx, []memista.Query{{Embedding: []float32{1, 0.1}, K: 2, MMR: tc.m}}, nil)
		if err != nil || keysOf(got.Hits[0]) != tc.want {
			t.Errorf("Query with %+v = %+v, %v; want %s", tc.m, got, err, tc.want)
		}
	}
	if _, err := d.Search(ctx, []float32{1, 0}, 1, &memista.SearchOptions{MMR: &memista.MMR{Diversity: new(2.0)}}); !errors.Is(err, memista.ErrInvalid) {
		t.Errorf("Search with a diversity of 2 = %v; want ErrInvalid", err)
	}
}

func testIndex(t *testing.T, s memista.Service) {
	ctx, d := t.Context(), s.Database("many")
	chunks := make([]memista.Chunk, 9000)
	for i := range chunks {
		chunks[i].Embedding = []float32{float32(i % 97), float32(i % 89), 1}
	}
	if _, err := d.Insert(ctx, chunks, nil); err != nil {
		t.Fatal(err)
	}
	var done, total int64
	if err := d.WaitIndexed(ctx, func(d, n int64) { done, total = d, n }); err != nil {
		t.Fatal(err)
	}
	st, err := d.Stats(ctx)
	if err != nil || st.Chunks != 9000 || st.Disk.EmbeddingBytes != 12*9000 || len(st.Problems) != 0 || st.Tail == nil {
		t.Fatalf("Stats = %+v, %v", st, err)
	}
	if st.Graph == nil || st.Graph.Vectors != 9000 || st.Tail.Vectors != 0 || done > total {
		t.Errorf("after WaitIndexed graph = %+v, tail = %+v, told %d of %d; want all in the graph", st.Graph, st.Tail, done, total)
	}
	if err := d.Rebuild(ctx); err != nil {
		t.Error(err)
	}
	j, err := s.StartRebuild(ctx, "many")
	if err != nil || j.Kind != "rebuild" || j.Database != "many" {
		t.Fatalf("StartRebuild = %+v, %v", j, err)
	}
	if j, err = s.WaitJob(ctx, j.ID); err != nil || j.State != memista.JobDone || j.Err != nil || j.EndedAt.IsZero() {
		t.Errorf("WaitJob = %+v, %v; want it done", j, err)
	}
	rebuilds := 0 // besides what begins by itself
	all, err := s.Jobs(ctx)
	for _, j := range all {
		if j.Kind == "rebuild" {
			rebuilds++
		}
	}
	if err != nil || rebuilds != 2 {
		t.Errorf("Jobs = %+v, %v; want two rebuilds", all, err)
	}
	var b bytes.Buffer
	if n, err := s.Backup(ctx, &b); err != nil || n != int64(b.Len()) || !bytes.HasPrefix(b.Bytes(), []byte("SQLite format 3")) {
		t.Errorf("Backup = %d bytes of %d, %v", n, b.Len(), err)
	}
}

// A database that began without an embedder gets one, over the library and over a server.
func TestLibraryAndClientReembed(t *testing.T) {
	texts := remotetest.NewOpenAI(t)
	for _, name := range []string{"library", "client"} {
		t.Run(name, func(t *testing.T) {
			db, err := memista.Open("", &memista.Options{Embedding: memista.Embedding{OpenAI: texts.URL + "/v1"}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if name == "library" {
				testReembed(t, db)
				return
			}
			web := httptest.NewServer(server.New(db, nil))
			defer web.Close()
			c, err := client.New(web.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			testReembed(t, c)
		})
	}
}

func testReembed(t *testing.T, s memista.Service) {
	other := memista.Embedder{Provider: "openai", Model: "words"}
	ctx, d := t.Context(), s.Database("texts")
	if _, err := d.Insert(ctx, []memista.Chunk{{Text: "one", Embedding: []float32{1, 0}}, {Text: "two", Embedding: []float32{0, 1}}}, nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Reembed(ctx, other, &memista.ReembedOptions{Metric: memista.InnerProduct}); err != nil {
		t.Fatal(err)
	}
	info, err := d.Describe(ctx)
	if err != nil || info.Embedder != other || info.Metric != memista.InnerProduct || info.Dims == 2 || info.Chunks != 2 {
		t.Errorf("Describe = %+v, %v; want the other embedder", info, err)
	}
	res, err := d.Query(ctx, []memista.Query{{NearText: "two", K: 1}}, nil)
	if err != nil || len(res.Hits[0]) != 1 || res.Hits[0][0].Text != "two" {
		t.Errorf("Query = %+v, %v; want the text", res.Hits, err)
	}
	if _, err := s.StartReembed(ctx, "texts", other, nil); !errors.Is(err, memista.ErrConflict) {
		t.Errorf("StartReembed by the embedder that it has = %v; want ErrConflict", err)
	}
	if j, err := s.StartReembed(ctx, "none", other, nil); !errors.Is(err, memista.ErrNotFound) {
		t.Errorf("StartReembed = %+v, %v; want ErrNotFound", j, err)
	}
}

func testRefusals(t *testing.T, s memista.Service) {
	ctx, d := t.Context(), s.Database("d")
	insert := func(c memista.Chunk) error {
		_, err := d.Insert(ctx, []memista.Chunk{c}, nil)
		return err
	}
	_, none := s.Database("none").Stats(ctx)
	_, conflict := d.Create(ctx, &memista.Settings{Metric: memista.Cosine})
	_, patchAll := d.PatchWhere(ctx, nil, memista.Patch{Metadata: memista.Meta(map[string]any{"a": 1})})
	word := "the same for all"
	_, patchText := d.PatchWhere(ctx, memista.Eq("a", 1), memista.Patch{Text: &word})
	_, patchNothing := d.PatchWhere(ctx, memista.Eq("a", 1), memista.Patch{})
	_, patchNull := d.PatchWhere(ctx, memista.Eq("a", 1), memista.Patch{Metadata: memista.Meta(nil)})
	_, patchString := d.PatchWhere(ctx, memista.Eq("a", 1), memista.Patch{Metadata: memista.Meta("a word")})
	_, empty := d.DeleteWhere(ctx, nil)
	_, all := d.DeleteWhere(ctx, memista.And())
	_, nothing := d.Delete(ctx)
	_, noField := d.CountValues(ctx, "$id", nil)
	_, manyValues := d.CountValues(ctx, "a", &memista.ValuesOptions{Limit: 1 << 30})
	_, bad := d.Count(ctx, memista.Eq("a", make(chan int)))
	_, part := d.List(ctx, &memista.ListOptions{Include: []memista.Part{"words"}})
	_, job := s.Job(ctx, 99)
	_, alter := s.Update(ctx, "d", memista.Update{})
	for name, tc := range map[string]struct{ err, want error }{
		"values of ids": {noField, memista.ErrInvalid}, "many values": {manyValues, memista.ErrInvalid}, "patch all": {patchAll, memista.ErrInvalid}, "patch texts": {patchText, memista.ErrInvalid}, "patch nothing": {patchNothing, memista.ErrInvalid},
		"patch many with null": {patchNull, memista.ErrInvalid}, "patch many with a string": {patchString, memista.ErrInvalid},
		"no database": {none, memista.ErrNotFound}, "other settings": {conflict, memista.ErrConflict}, "no job": {job, memista.ErrNotFound},
		"no filter": {empty, memista.ErrInvalid}, "a filter of all": {all, memista.ErrInvalid}, "no ids": {nothing, memista.ErrInvalid},
		"a value that is none": {bad, memista.ErrInvalid}, "a part that is none": {part, memista.ErrInvalid}, "no update": {alter, memista.ErrInvalid},
		"metadata that is none": {insert(memista.Chunk{Embedding: []float32{1, 2}, Metadata: memista.Meta(make(chan int))}), memista.ErrInvalid},
		"metadata of numbers":   {insert(memista.Chunk{Embedding: []float32{1, 2}, Metadata: memista.Meta(7)}), memista.ErrInvalid},
		"an id":                 {insert(memista.Chunk{ID: 4, Embedding: []float32{1, 2}}), memista.ErrInvalid},
		"another dimension":     {insert(memista.Chunk{Embedding: []float32{1}}), memista.ErrDimension},
	} {
		if !errors.Is(tc.err, tc.want) {
			t.Errorf("%s: %v; want %v", name, tc.err, tc.want)
		}
	}
}

// The error of a job that failed says what an errors.Is can find.
func TestTheErrorOfAJobHasAKind(t *testing.T) {
	for name, s := range services(t) {
		t.Run(name, func(t *testing.T) {
			d := s.Database("d")
			if _, err := d.Create(t.Context(), &memista.Settings{Metric: memista.L2}); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Insert(t.Context(), []memista.Chunk{{Embedding: []float32{0, 0}}}, nil); err != nil {
				t.Fatal(err)
			}
			_, err := d.Update(t.Context(), memista.Update{Metric: new(memista.Cosine)})
			if err == nil || name == "library" && !errors.Is(err, memista.ErrZeroVector) {
				t.Errorf("Update to cosine with a zero vector = %v; want ErrZeroVector", err)
			}
			all, errJobs := s.Jobs(t.Context())
			if errJobs != nil || len(all) != 1 || all[0].State != memista.JobFailed || all[0].Err == nil || all[0].Err.Error() != err.Error() {
				t.Errorf("Jobs = %+v, %v; want one that failed for %v", all, errJobs, err)
			}
		})
	}
}

// TestOneListOfSharedTypes: both packages give the same names to the same types.
func TestOneListOfSharedTypes(t *testing.T) {
	ours, err := os.ReadFile("alias.go")
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(filepath.Join("client", "alias.go"))
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(string(ours), "package memista", "package client", 1); string(theirs) != want {
		t.Error("client/alias.go is not alias.go of another package: change both")
	}
}
