package where_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/where"
	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports/repotest"
	"github.com/memista/memista/test/cluster"
)

// place is where the chunks of a test lie.
var place = wire.Place{Class: "Terms"}

// stored returns a client of a node that has chunks, with their terms.
func stored(t *testing.T, chunks []domain.Chunk) *wire.Client {
	t.Helper()
	nodes := cluster.Start(t, 1)
	c, err := wire.New(wire.Options{Addresses: nodes.Addresses(), GRPC: nodes.GRPC(), Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	yes, no := true, false
	class := wire.Class{Name: place.Class, Vectorizer: "none", Properties: []wire.Property{
		{Name: where.Property, DataType: []string{"text[]"}, Tokenization: "field", IndexFilterable: &yes, IndexSearchable: &no},
	}}
	if err := c.CreateClass(context.Background(), class); err != nil {
		t.Fatal(err)
	}
	objects := make([]wire.Object, len(chunks))
	for i := range chunks {
		var id uuid.UUID
		binary.BigEndian.PutUint64(id[:], uint64(chunks[i].ID))
		objects[i] = wire.Object{ID: id, Properties: wire.Properties{where.Property: where.Terms(&chunks[i])}}
	}
	results, err := c.Put(context.Background(), place, objects)
	for _, result := range results {
		if err == nil {
			err = result
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// found returns the ids of the chunks in s, in order.
func found(t *testing.T, c *wire.Client, s where.Set) []int64 {
	t.Helper()
	if s.None {
		return nil
	}
	list, err := c.Search(context.Background(), wire.Query{Place: place, Filter: s.Filter, Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int64, len(list))
	for i, f := range list {
		ids[i] = int64(binary.BigEndian.Uint64(f.ID[:]))
	}
	slices.Sort(ids)
	return ids
}

func TestANodeSelectsWhatTheLanguageOfFiltersDoes(t *testing.T) {
	cluster.Enabled(t)
	const seed = 20261130
	rng := rand.New(rand.NewPCG(seed, 3))
	chunks := make([]domain.Chunk, 300)
	for i := range chunks {
		chunks[i] = repotest.RandomChunk(rng, i%5)
		chunks[i].ID = int64(i + 1)
	}
	c := stored(t, chunks)
	var matched, selected, exact int
	for i := range 10_000 {
		text := repotest.RandomFilter(rng)
		f, err := filterlang.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var want []int64
		for j := range chunks {
			if f.Matches(&chunks[j]) {
				want = append(want, chunks[j].ID)
			}
		}
		s := where.Select(&f)
		got := found(t, c, s.Most)
		for _, id := range want {
			if _, ok := slices.BinarySearch(got, id); !ok {
				t.Fatalf("filter %d, seed %d: %s does not select chunk %d: %s", i, seed, text, id, chunks[id-1].Metadata.Text)
			}
		}
		if s.Exact() {
			exact++
			if len(got) != len(want) {
				t.Fatalf("filter %d, seed %d: %s selects %v; want %v", i, seed, text, got, want)
			}
		} else if i%4 == 0 {
			for _, id := range found(t, c, s.Least) {
				if _, ok := slices.BinarySearch(want, id); !ok {
					t.Fatalf("filter %d, seed %d: %s surely selects chunk %d, which it does not: %s", i, seed, text, id, chunks[id-1].Metadata.Text)
				}
			}
			if n := len(found(t, c, s.Doubt)); n != len(got)-len(found(t, c, s.Least)) {
				t.Fatalf("filter %d, seed %d: %s has doubts about %d chunks; want those of Most that are not in Least", i, seed, text, n)
			}
		}
		matched, selected = matched+len(want), selected+len(got)
	}
	t.Logf("10,000 filters over %d chunks: %d matches, %d selected, %d filters exact", len(chunks), matched, selected, exact)
	if exact < 2000 || matched < 100_000 {
		t.Errorf("%d filters are exact, %d match: too few prove something", exact, matched)
	}
}
