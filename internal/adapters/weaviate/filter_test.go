package weaviate_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/weaviate"
	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
	"github.com/memista/memista/test/cluster"
)

// TestChunksAreFoundByTheirFields compares what is found and counted with what filters select.
func TestChunksAreFoundByTheirFields(t *testing.T) {
	cluster.Enabled(t)
	ctx := context.Background()
	nodes := cluster.Start(t, 1)
	s, err := weaviate.Open(ctx, weaviate.Options{Options: wire.Options{Addresses: nodes.Addresses(), GRPC: nodes.GRPC()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	r, err := s.NewRoom(ctx, domain.Incarnation{1}, &domain.Settings{Metric: domain.Cosine})
	if err != nil {
		t.Fatal(err)
	}
	const seed = 5
	rng := rand.New(rand.NewPCG(seed, seed))
	chunks := make([]domain.Chunk, 300)
	for i := range chunks {
		chunks[i] = repotest.RandomChunk(rng, i%5)
		chunks[i].ID, chunks[i].ExpiresAt = int64(i+1), time.Time{}
		if chunks[i].Key != "" {
			chunks[i].Key = fmt.Sprint(chunks[i].Key, i)
			chunks[i].ID = s.IDOfKey(r, chunks[i].Key)
		}
		chunks[i].Embedding = []float32{rng.Float32(), rng.Float32()}
	}
	if err := s.Put(ctx, r, chunks); err != nil {
		t.Fatal(err)
	}
	exactly := 0
	for range 500 {
		text := repotest.RandomFilter(rng)
		f, err := filterlang.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want := map[int64]bool{}
		for i := range chunks {
			if f.Matches(&chunks[i]) {
				want[chunks[i].ID] = true
			}
		}
		hits, err := s.Find(ctx, r, ports.ClusterQuery{Vector: []float32{1, 1}, K: 1000, Filter: &f, Fields: domain.FieldText | domain.FieldMetadata})
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		for i := range hits {
			if f.Matches(&hits[i].Chunk) {
				if !want[hits[i].ID] {
					t.Fatalf("seed %d: %s finds chunk %d, which it does not select as it was stored", seed, text, hits[i].ID)
				}
				got++
			}
		}
		n, exact, err := s.Count(ctx, r, &f, 0)
		if err != nil || got != len(want) || exact && n != int64(len(want)) || n < int64(len(want)) {
			t.Fatalf("seed %d: %s finds %d and counts %d (exact %v), %v; want %d", seed, text, got, n, exact, err, len(want))
		}
		if exact {
			exactly++
		}
	}
	t.Logf("%d of 500 were counted exactly", exactly)
}
