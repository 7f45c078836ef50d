package wire_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/memista/memista/internal/adapters/weaviate/wire"
	"github.com/memista/memista/test/cluster"
)

// TestWhatASearchSeesRightAfterAWrite counts how often a search misses what was acknowledged
// just before. Only a write that all replicas have is seen by every search.
func TestWhatASearchSeesRightAfterAWrite(t *testing.T) {
	cluster.Enabled(t)
	nodes := cluster.Start(t, 3)
	for _, level := range []wire.Consistency{wire.One, wire.Quorum, wire.All} {
		c := clientOf(t, nodes, wire.Options{Write: level})
		name := "Seen" + string(level)
		if err := c.CreateClass(context.Background(), classOf(name, 3, true)); err != nil {
			t.Fatal(err)
		}
		if err := c.AddTenants(context.Background(), name, wire.Tenant{Name: "t"}); err != nil {
			t.Fatal(err)
		}
		for _, search := range []wire.Consistency{wire.One, wire.Quorum} {
			const n = 1000
			missed, late, gone := afterWrites(t, c, wire.Place{Class: name, Tenant: "t"}, search, n)
			t.Logf("writes at %s, searches at %s: %d of %d missed it, %d a second later; %d were not read by id", level, search, missed, n, late, gone)
			if level == wire.All && missed > 0 || level != wire.One && gone > 0 || late > 0 {
				t.Errorf("writes at %s: want none missed by searches after ALL or a second, nor by reads after QUORUM", level)
			}
		}
	}
}

// afterWrites stores n objects in four goroutines, and looks for each right after.
func afterWrites(t *testing.T, c *wire.Client, p wire.Place, search wire.Consistency, n int) (missed, late, gone int64) {
	ctx := context.Background()
	var m, l, g atomic.Int64
	one := func() {
		o := wire.Object{ID: uuid.New(), Vector: []float32{rand.Float32(), rand.Float32()}}
		if results, err := c.Put(ctx, p, []wire.Object{o}); err != nil || results[0] != nil {
			t.Errorf("Put = %v, %v", results, err)
			return
		}
		seen := func() bool {
			found, err := c.Search(ctx, wire.Query{Place: p, Vector: o.Vector, Limit: 1, Level: search})
			return err == nil && len(found) == 1 && found[0].ID == o.ID
		}
		if !seen() {
			m.Add(1)
			time.Sleep(time.Second)
			if !seen() {
				l.Add(1)
			}
		}
		if _, err := c.Object(ctx, p, o.ID, false); err != nil {
			g.Add(1)
		}
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range n / 4 {
				one()
			}
		})
	}
	wait.Wait()
	return m.Load(), l.Load(), g.Load()
}
