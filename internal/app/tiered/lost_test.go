package tiered_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app/tiered"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// lost returns an index that lacks n vectors, and a change that keeps them as they are, each
// twice.
func lost(tb testing.TB, n int) (*tiered.Index, tiered.Change) {
	tb.Helper()
	info := domain.Database{ID: "a", Sequence: 1, Chunks: int64(n), Settings: domain.Settings{Dims: 1, Metric: domain.InnerProduct}}
	buffer, err := flat.Engine{}.NewBuffer(ports.IndexSettings{Dims: 1, Metric: domain.InnerProduct})
	if err != nil {
		tb.Fatal(err)
	}
	p := tiered.New(info, buffer, time.Now)
	tb.Cleanup(func() { p.Close() })
	b := domain.Batch{Database: "a", Put: make([]domain.Chunk, 2*n), SameEmbedding: make([]bool, 2*n)}
	c := domain.Commit{Database: info, IDs: make([]int64, 2*n)}
	c.Database.Sequence++
	for i := range b.Put {
		b.Put[i].Embedding, b.SameEmbedding[i], c.IDs[i] = []float32{1}, true, int64(1+i%n)
	}
	return p, tiered.ChangeOf(b, c)
}

func TestLostVectorsAreAddedOnce(t *testing.T) {
	p, ch := lost(t, 100)
	if err := p.Apply(ch); err != nil {
		t.Fatal(err)
	}
	if n := p.Buffer().Stats().Len; n != 100 {
		t.Errorf("the buffer has %d vectors; want 100", n)
	}
}

func BenchmarkLostVectors(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				p, ch := lost(b, n)
				b.StartTimer()
				if err := p.Apply(ch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
