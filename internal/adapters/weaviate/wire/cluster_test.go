package wire_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/test/cluster"
)

// clientOf returns a client of a cluster.
func clientOf(t *testing.T, c *cluster.Cluster, o wire.Options) *wire.Client {
	t.Helper()
	o.Addresses, o.GRPC = c.Addresses(), c.GRPC()
	client, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// classOf is a class for tests.
func classOf(name string, replicas int, tenants bool) wire.Class {
	yes, no := true, false
	return wire.Class{
		Name: name, Vectorizer: "none", VectorIndexType: "hnsw", VectorIndexConfig: map[string]any{"distance": "l2-squared"},
		MultiTenancy: &wire.MultiTenancy{Enabled: tenants}, Replication: &wire.Replication{Factor: replicas, Async: replicas > 1, Deletion: "TimeBasedResolution"},
		InvertedIndex: &wire.InvertedIndex{IndexNullState: true, Stopwords: &wire.Stopwords{Preset: "none"}},
		Properties: []wire.Property{
			{Name: "terms", DataType: []string{"text[]"}, Tokenization: "field", IndexFilterable: &yes, IndexSearchable: &no},
			{Name: "text", DataType: []string{"text"}, Tokenization: "word", IndexFilterable: &no, IndexSearchable: &yes},
			{Name: "n", DataType: []string{"int"}, IndexRange: &yes},
			{Name: "f", DataType: []string{"number[]"}}, {Name: "i", DataType: []string{"int[]"}}, {Name: "b", DataType: []string{"boolean"}},
			{Name: "at", DataType: []string{"date"}, IndexRange: &yes},
		},
	}
}

func TestANodeKeepsWhatItIsSent(t *testing.T) {
	cluster.Enabled(t)
	ctx := context.Background()
	c := clientOf(t, cluster.Start(t, 1), wire.Options{})
	if m, err := c.Meta(ctx); err != nil || m.Version == "" {
		t.Fatalf("Meta = %+v, %v", m, err)
	}
	class := classOf("Kept", 1, true)
	if err := c.CreateClass(ctx, class); err != nil {
		t.Fatal(err)
	}
	if err := c.CreateClass(ctx, class); !errors.Is(err, domain.ErrConflict) {
		t.Errorf("CreateClass of one that is there = %v; want ErrConflict", err)
	}
	if err := c.AddTenants(ctx, "Kept", wire.Tenant{Name: "a"}, wire.Tenant{Name: "b"}); err != nil {
		t.Fatal(err)
	}
	p := wire.Place{Class: "Kept", Tenant: "a"}
	at := time.Date(2026, 11, 30, 12, 0, 0, 123456789, time.UTC)
	first := wire.Object{ID: uuid.UUID{15: 1}, Vector: []float32{1, 2}, Properties: wire.Properties{
		"terms": []string{"x", "y"}, "text": `some "words" here`, "n": int64(1) << 53, "f": []float64{0.5, -1e300}, "i": []int64{-3, 4}, "b": false, "at": at,
	}}
	second := wire.Object{ID: uuid.UUID{0: 255, 15: 2}, Vector: []float32{1, 3}, Properties: wire.Properties{"text": "words words", "terms": []string{}}}
	results, err := c.Put(ctx, p, []wire.Object{first, second})
	if err != nil || results[0] != nil || results[1] != nil {
		t.Fatalf("Put = %v, %v", results, err)
	}
	t.Run("searches", func(t *testing.T) { kept(t, c, p, first, second) })
	t.Run("objects", func(t *testing.T) { keptObjects(t, c, p, first, second) })
	t.Run("filters", func(t *testing.T) { keptFilters(t, c, p, at) })
	t.Run("what is not there", func(t *testing.T) { notThere(t, c, p) })
	t.Run("deletes", func(t *testing.T) { deletes(t, c, p, first.ID, second.ID) })
}

func kept(t *testing.T, c *wire.Client, p wire.Place, first, second wire.Object) {
	ctx := context.Background()
	for name, test := range map[string]struct {
		query wire.Query
		want  []uuid.UUID
	}{
		"by vector": {wire.Query{Vector: []float32{1, 2.9}}, []uuid.UUID{second.ID, first.ID}},
		"by words":  {wire.Query{Text: "words", TextIn: []string{"text"}}, []uuid.UUID{second.ID, first.ID}},
		"by both":   {wire.Query{Text: "some", TextIn: []string{"text"}, Vector: []float32{1, 2}, Alpha: 0.5, Ranked: true}, []uuid.UUID{first.ID, second.ID}},
		"by ids":    {wire.Query{}, []uuid.UUID{first.ID, second.ID}},
		"a part":    {wire.Query{Vector: []float32{1, 2.9}, Offset: 1}, []uuid.UUID{first.ID}},
	} {
		test.query.Place, test.query.Limit, test.query.WithVector = p, 10, true
		test.query.Properties = []string{"terms", "text", "n", "f", "i", "b", "at"}
		found, err := c.Search(ctx, test.query)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var ids []uuid.UUID
		for _, f := range found {
			ids = append(ids, f.ID)
			if f.ID == first.ID {
				sameValues(t, f.Object, first)
			}
		}
		if !slices.Equal(ids, test.want) {
			t.Errorf("%s: Search = %v; want %v", name, ids, test.want)
		}
	}
}

// sameValues compares an object that was read with the one that was sent.
func sameValues(t *testing.T, got, want wire.Object) {
	t.Helper()
	n, _ := got.Properties.Int("n")
	at, _ := got.Properties.Time("at")
	b, hasB := got.Properties.Bool("b")
	wantAt, _ := want.Properties.Time("at")
	if !slices.Equal(got.Vector, want.Vector) || got.Properties.Text("text") != want.Properties.Text("text") || n != 1<<53 || b || !hasB || !at.Equal(wantAt) ||
		!slices.Equal(got.Properties.Texts("terms"), want.Properties.Texts("terms")) {
		t.Errorf("read %+v; want %+v", got, want)
	}
}

func keptObjects(t *testing.T, c *wire.Client, p wire.Place, first, second wire.Object) {
	ctx := context.Background()
	o, err := c.Object(ctx, p, first.ID, true)
	if err != nil {
		t.Fatal(err)
	}
	sameValues(t, o, first)
	objects, found, err := c.Objects(ctx, p, []uuid.UUID{second.ID, uuid.New(), first.ID}, false)
	if err != nil || !slices.Equal(found, []bool{true, false, true}) || objects[0].ID != second.ID || objects[2].ID != first.ID {
		t.Errorf("Objects = %v, %v, %v; want the second, none and the first", objects, found, err)
	}
	list, err := c.List(ctx, p, uuid.Nil, 1, true)
	if err != nil || len(list) != 1 || list[0].ID != first.ID {
		t.Fatalf("List = %v, %v; want the first", list, err)
	}
	sameValues(t, list[0], first)
	if list, err = c.List(ctx, p, list[0].ID, 10, false); err != nil || len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("List after the first = %v, %v; want the second", list, err)
	}
}

func keptFilters(t *testing.T, c *wire.Client, p wire.Place, at time.Time) {
	for name, test := range map[string]struct {
		filter wire.Filter
		want   int64
	}{
		"a term":      {wire.HasAny("terms", []string{"y", "z"}), 1},
		"no term":     {wire.HasAny("terms", []string{"z"}), 0},
		"not":         {wire.Not(wire.HasAny("terms", []string{"y"})), 1},
		"and":         {wire.And(wire.Equal("terms", "x"), wire.Equal("b", false)), 1},
		"or":          {wire.Or(wire.Equal("terms", "x"), wire.Not(wire.Equal("terms", "x"))), 2},
		"an int":      {wire.Compare("n", wire.GreaterEqual, int64(1)<<53), 1},
		"a number":    {wire.Compare("f", wire.Less, -1e299), 1},
		"a time":      {wire.Compare("at", wire.LessEqual, at), 1},
		"before it":   {wire.Compare("at", wire.Less, at), 0},
		"null":        {wire.Compare("n", wire.IsNull, true), 1},
		"ids":         {wire.HasAny(wire.IDProperty, []string{uuid.UUID{15: 1}.String(), uuid.UUID{15: 9}.String()}), 1},
		"one of ints": {wire.Filter{Operator: wire.ContainsAny, Property: "i", Value: []int64{4, 5}}, 1},
	} {
		if n, err := c.Count(context.Background(), p, &test.filter); n != test.want || err != nil {
			t.Errorf("%s: Count = %d, %v; want %d", name, n, err, test.want)
		}
	}
}

func notThere(t *testing.T, c *wire.Client, p wire.Place) {
	ctx := context.Background()
	for name, do := range map[string]func(p wire.Place) error{
		"Object": func(p wire.Place) error { _, err := c.Object(ctx, p, uuid.New(), false); return err },
		"Search": func(p wire.Place) error {
			_, err := c.Search(ctx, wire.Query{Place: p, Vector: []float32{1, 2}, Limit: 1})
			return err
		},
		"Count": func(p wire.Place) error { _, err := c.Count(ctx, p, nil); return err },
	} {
		for _, place := range []wire.Place{{Class: p.Class, Tenant: "nobody"}, {Class: "Nothing", Tenant: "a"}} {
			if err := do(place); !errors.Is(err, domain.ErrNotFound) {
				t.Errorf("%s in %v = %v; want ErrNotFound", name, place, err)
			}
		}
	}
	results, err := c.Put(ctx, wire.Place{Class: p.Class, Tenant: "nobody"}, []wire.Object{{ID: uuid.New(), Vector: []float32{1, 2}}})
	if err != nil || !errors.Is(results[0], domain.ErrNotFound) {
		t.Errorf("Put in a tenant that is not there = %v, %v; want ErrNotFound", results, err)
	}
	if _, err := c.Tenant(ctx, p.Class, "nobody"); !errors.Is(err, domain.ErrNotFound) {
		t.Errorf("Tenant = %v; want ErrNotFound", err)
	}
}

func deletes(t *testing.T, c *wire.Client, p wire.Place, first, second uuid.UUID) {
	ctx := context.Background()
	f := wire.HasAny("terms", []string{"x"})
	if d, err := c.DeleteWhere(ctx, p, f, true); d != (wire.Deleted{Matched: 1, Deleted: 1}) || err != nil {
		t.Errorf("DeleteWhere without doing it = %+v, %v; want one", d, err)
	}
	if _, err := c.Object(ctx, p, first, false); err != nil {
		t.Errorf("it was done: %v", err)
	}
	if d, err := c.DeleteWhere(ctx, p, f, false); d != (wire.Deleted{Matched: 1, Deleted: 1}) || err != nil {
		t.Errorf("DeleteWhere = %+v, %v; want one", d, err)
	}
	for range 2 { // the second time it is not there
		if err := c.Delete(ctx, p, second); err != nil {
			t.Errorf("Delete = %v", err)
		}
	}
	if n, err := c.Count(ctx, p, nil); n != 0 || err != nil {
		t.Errorf("Count = %d, %v; want none", n, err)
	}
	for range 2 {
		if err := errors.Join(c.DropTenants(ctx, p.Class, "a", "b"), c.DropClass(ctx, p.Class)); err != nil {
			t.Errorf("Drop = %v", err)
		}
	}
}

// load searches and stores until it is stopped.
type load struct {
	searches, failed, puts, refused atomic.Int64
	slowest                         atomic.Int64 // of the searches, in nanoseconds
	mu                              sync.Mutex   // guards kept and errs
	kept                            []uuid.UUID
	errs                            []string
}

func (l *load) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err.Error())
}

// run searches in two goroutines and stores in one, until ctx ends.
func (l *load) run(ctx context.Context, c *wire.Client, p wire.Place) *sync.WaitGroup {
	var wait sync.WaitGroup
	vector := func() []float32 { return []float32{rand.Float32(), rand.Float32()} }
	for range 2 {
		wait.Go(func() {
			for ctx.Err() == nil {
				start := time.Now()
				_, err := c.Search(context.Background(), wire.Query{Place: p, Vector: vector(), Limit: 5})
				l.searches.Add(1)
				l.slowest.Store(max(l.slowest.Load(), int64(time.Since(start))))
				if err != nil {
					l.failed.Add(1)
					l.note(err)
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	wait.Go(func() {
		for ctx.Err() == nil {
			id := uuid.New()
			results, err := c.Put(context.Background(), p, []wire.Object{{ID: id, Vector: vector(), Properties: wire.Properties{"text": "x"}}})
			l.puts.Add(1)
			if err == nil {
				err = results[0]
			}
			if err != nil {
				l.refused.Add(1)
				l.note(err)
			} else {
				l.mu.Lock()
				l.kept = append(l.kept, id)
				l.mu.Unlock()
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	return &wait
}

// withLoad runs break under load, and returns what the load came to.
func withLoad(c *wire.Client, p wire.Place, breakIt func()) *load {
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{}
	wait := l.run(ctx, c, p)
	breakIt()
	cancel()
	wait.Wait()
	return l
}

func TestSearchesAndWritesGoOnWhileNodesAreBroken(t *testing.T) {
	cluster.Enabled(t)
	ctx := context.Background()
	nodes := cluster.Start(t, 3)
	c := clientOf(t, nodes, wire.Options{})
	if err := c.CreateClass(ctx, classOf("Broken", 3, false)); err != nil {
		t.Fatal(err)
	}
	p := wire.Place{Class: "Broken"}
	for i, way := range []string{"killed", "paused", "killed", "paused"} {
		n := nodes.Nodes[i%3]
		l := withLoad(c, p, func() {
			time.Sleep(time.Second)
			if way == "killed" {
				n.Kill()
			} else if err := n.Pause(); err != nil {
				t.Error(err)
			}
			time.Sleep(8 * time.Second)
			if way == "killed" {
				_ = n.Start()
			} else {
				_ = n.Resume()
			}
			if err := nodes.Healthy(ctx); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
		})
		lost := 0
		for _, id := range l.kept {
			if _, err := c.Object(ctx, p, id, false); err != nil {
				lost++
			}
		}
		slices.Sort(l.errs)
		t.Logf("one of three nodes %s: %d of %d searches failed, the slowest took %v; %d of %d writes were refused, %d of %d that were not are lost; %s", way,
			l.failed.Load(), l.searches.Load(), time.Duration(l.slowest.Load()), l.refused.Load(), l.puts.Load(), lost, len(l.kept), strings.Join(slices.Compact(l.errs), "\n"))
		if lost > 0 || l.failed.Load()*1000 > l.searches.Load() {
			t.Errorf("more than one search of a thousand failed, or something is lost")
		}
	}
}

func TestAProxyThatDropsOrResetsIsLeftOut(t *testing.T) {
	cluster.Enabled(t)
	ctx := context.Background()
	nodes := cluster.Start(t, 3)
	var o wire.Options
	var proxies [][2]*proxy
	for _, n := range nodes.Nodes {
		rest, grpc := newProxy(t, n.REST()), newProxy(t, n.GRPC())
		proxies = append(proxies, [2]*proxy{rest, grpc})
		o.Addresses, o.GRPC = append(o.Addresses, rest.address()), append(o.GRPC, grpc.address())
	}
	c, err := wire.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.CreateClass(ctx, classOf("Proxied", 3, false)); err != nil {
		t.Fatal(err)
	}
	p := wire.Place{Class: "Proxied"}
	for _, way := range []struct {
		name       string
		rest, grpc mode
	}{{"drops all", dropping, dropping}, {"resets all", resetting, resetting}, {"drops gRPC alone", passing, dropping}, {"resets gRPC alone", passing, resetting}} {
		l := withLoad(c, p, func() {
			time.Sleep(500 * time.Millisecond)
			proxies[0][0].set(way.rest)
			proxies[0][1].set(way.grpc)
			time.Sleep(5 * time.Second)
			if c.Nodes()[0].Up {
				t.Errorf("%s: the node is not known to be down", way.name)
			}
			proxies[0][0].set(passing)
			proxies[0][1].set(passing)
			for deadline := time.Now().Add(20 * time.Second); !c.Nodes()[0].Up; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Errorf("%s: the node does not come back", way.name)
					return
				}
			}
		})
		t.Logf("a proxy that %s: %d of %d searches failed, the slowest took %v; %d of %d writes were refused", way.name,
			l.failed.Load(), l.searches.Load(), time.Duration(l.slowest.Load()), l.refused.Load(), l.puts.Load())
		if l.failed.Load() > 0 || l.refused.Load() > 0 {
			t.Errorf("%s: %v", way.name, l.errs)
		}
	}
}
