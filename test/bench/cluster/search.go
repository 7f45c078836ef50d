package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/test/bench/httpload"
	"github.com/memista/memista/test/bench/measure"
	"github.com/memista/memista/test/bench/rest"
)

// way is one interface to search by.
type way struct {
	name string
	// open returns what one client searches with: it gives the texts of the hits, nearest
	// first.
	open func() (search func(query int) ([]string, error), done func())
}

// properties are those of a chunk that memista asks for in a search.
var properties = []string{"chunk_id", "key", "text", "metadata", "form", "expires"}

// ways are Weaviate's own gRPC, its GraphQL, and memista. The first is what the others are
// compared with: memista asks by it.
func (b *bench) ways() []way {
	return []way{
		{"Weaviate, gRPC", func() (func(int) ([]string, error), func()) {
			return func(i int) ([]string, error) {
				found, err := b.client.Search(context.Background(), wire.Query{Place: b.place, Vector: b.set.Queries[i], Limit: k, Properties: properties})
				texts := make([]string, len(found))
				for j, f := range found {
					texts[j] = f.Properties.Text("text")
				}
				return texts, err
			}, func() {}
		}},
		b.overHTTP("Weaviate, GraphQL", b.cluster.Nodes[0].REST(), "/v1/graphql", func(i int) any {
			tenant := ""
			if b.place.Tenant != "" {
				tenant = fmt.Sprintf("tenant:%q ", b.place.Tenant)
			}
			return map[string]string{"query": fmt.Sprintf(`{Get{%s(%snearVector:{vector:%s} limit:%d){chunk_id key text metadata form expires _additional{id distance}}}}`, b.place.Class, tenant, httpload.Encode(b.set.Queries[i]), k)}
		}, b.textsOfGraphQL),
		b.overHTTP("memista", b.memista.Addr, "/v1/search", func(i int) any {
			return map[string]any{"database_id": "words", "embeddings": []any{b.set.Queries[i]}, "num_results": k}
		}, textsOfMemista),
	}
}

// overHTTP is a way whose requests are made before: the client's work is not measured.
func (b *bench) overHTTP(name, addr, path string, body func(int) any, texts func([]byte) ([]string, error)) way {
	bodies := make([][]byte, len(b.set.Queries))
	for i := range bodies {
		bodies[i] = httpload.Encode(body(i))
	}
	return way{name, func() (func(int) ([]string, error), func()) {
		conn := rest.New(addr)
		return func(i int) ([]string, error) {
			answer, err := conn.Do(path, bodies[i])
			if err != nil {
				return nil, err
			}
			return texts(answer)
		}, conn.Close
	}}
}

func (b *bench) textsOfGraphQL(answer []byte) (texts []string, err error) {
	var a struct {
		Data struct {
			Get map[string][]struct{ Text string }
		}
		Errors []struct{ Message string }
	}
	if err := json.Unmarshal(answer, &a); err != nil || len(a.Errors) > 0 {
		return nil, fmt.Errorf("answer %.300s: %w", answer, err)
	}
	for _, hit := range a.Data.Get[b.place.Class] {
		texts = append(texts, hit.Text)
	}
	return texts, nil
}

func textsOfMemista(answer []byte) (texts []string, err error) {
	var a [][]struct{ Text string }
	if err := json.Unmarshal(answer, &a); err != nil || len(a) != 1 {
		return nil, fmt.Errorf("answer %.300s: %w", answer, err)
	}
	for _, hit := range a[0] {
		texts = append(texts, hit.Text)
	}
	return texts, nil
}

// agreement says how far memista and Weaviate find the same.
type agreement struct {
	ours, theirs  float64 // recall
	same, queries int
}

func (b *bench) agree() (a agreement, err error) {
	ways := b.ways()
	a.queries = min(200, len(b.set.Queries))
	for i := range a.queries {
		var found [2][]string
		for j, w := range []way{ways[0], ways[len(ways)-1]} {
			search, done := w.open()
			found[j], err = search(i)
			done()
			if err == nil && len(found[j]) != k {
				err = fmt.Errorf("%d hits; want %d", len(found[j]), k)
			}
			if err != nil {
				return a, fmt.Errorf("%s, query %d: %w", w.name, i, err)
			}
		}
		a.theirs += b.recall(i, found[0])
		a.ours += b.recall(i, found[1])
		if fmt.Sprint(found[0]) == fmt.Sprint(found[1]) {
			a.same++
		}
	}
	a.ours, a.theirs = a.ours/float64(a.queries), a.theirs/float64(a.queries)
	return a, nil
}

func (b *bench) recall(query int, texts []string) float64 {
	want := map[string]bool{}
	for _, id := range b.truth[query] {
		want[b.set.Words[id-1]] = true
	}
	found := 0
	for _, text := range texts {
		if want[text] {
			found++
		}
	}
	return float64(found) / k
}

// measured is what one way has measured, a value per round; times of processors are
// microseconds per query.
type measured struct{ p50, p99, qps, theirs, ours measure.Values }

// search measures all ways with so many clients, in turns, and returns rows of the table.
func (b *bench) search(clients int) ([][]string, error) {
	ways := b.ways()
	results := make([]measured, len(ways))
	turns := make([]int, len(ways))
	for i := range turns {
		turns[i] = i
	}
	err := measure.Turns(b.rounds, turns, func(_, i int) error { return b.once(ways[i], clients, &results[i]) })
	if err != nil {
		return nil, err
	}
	var rows [][]string
	for i, r := range results {
		row := []string{fmt.Sprintf("%s, %d clients", ways[i].name, clients), r.p50.Format("%.0f"), r.p99.Format("%.0f"), r.qps.Format("%.0f"), r.theirs.Format("%.0f"), "", fmt.Sprintf("%.2f", r.p50.Median()/results[0].p50.Median()), ""}
		if i == len(results)-1 {
			row[5] = r.ours.Format("%.0f")
			row[7] = fmt.Sprintf("%.2f", r.ours.Median()/results[0].theirs.Median())
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// once searches for one slice.
func (b *bench) once(w way, clients int, m *measured) error {
	before, err := b.times()
	if err != nil {
		return err
	}
	var all clock
	began := time.Now()
	err = measure.Together(clients, func(client int) error {
		search, done := w.open()
		defer done()
		var times measure.Times
		for i := client * len(b.set.Queries) / clients; time.Since(began) < b.slice; i++ {
			sent := time.Now()
			if _, err := search(i % len(b.set.Queries)); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			times = append(times, time.Since(sent))
		}
		all.add(times)
		return nil
	})
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := b.times()
	n := float64(len(all.times))
	m.p50 = append(m.p50, measure.Microseconds(all.times.At(50)))
	m.p99 = append(m.p99, measure.Microseconds(all.times.At(99)))
	m.qps = append(m.qps, n/took.Seconds())
	m.theirs = append(m.theirs, measure.Microseconds(after.theirs-before.theirs)/n)
	m.ours = append(m.ours, measure.Microseconds(after.ours-before.ours)/n)
	return err
}
