package app_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// withCores runs the rest of a test on n cores, as far as Go is concerned.
func withCores(t *testing.T, n int) {
	t.Helper()
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

func TestHeavyWorkLeavesACoreToSearches(t *testing.T) {
	withCores(t, 3)
	for name, c := range map[string]struct {
		searching bool
		want      int
	}{"nobody searches": {false, 4}, "somebody searches": {true, 2}} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			if c.searching {
				defer s.KeepSearching()()
			}
			running, end, done := make(chan struct{}), make(chan struct{}), make(chan error)
			for range 4 {
				go func() {
					done <- s.Heavily(t.Context(), func() error {
						running <- struct{}{}
						<-end
						return nil
					})
				}()
			}
			for range c.want {
				<-running
			}
			if c.searching {
				ended, cancel := context.WithCancel(t.Context())
				cancel()
				err := s.Heavily(ended, func() error {
					t.Error("Heavily runs what nobody waits for, and on the last core")
					return nil
				})
				if !errors.Is(err, context.Canceled) {
					t.Errorf("Heavily with an ended context = %v; want %v", err, context.Canceled)
				}
				select {
				case <-running:
					t.Errorf("more than %d run at a time", c.want)
				default:
				}
			}
			close(end)
			for range 4 - c.want {
				<-running
			}
			for range 4 {
				if err := <-done; err != nil {
					t.Errorf("Heavily = %v", err)
				}
			}
		})
	}
}

// busyGraph is a graph to which adding is as much work as to a real one. It counts the
// calls that are made while something waits on the network.
type busyGraph struct {
	flat.Engine
	ports.VectorIndex
	calls, waited atomic.Int64
	waits         atomic.Bool
	network       *os.File
	last          int64 // calls to come
	done          chan struct{}
	sink          atomic.Uint64
}

func (*busyGraph) Name() string { return "busy" }

func (g *busyGraph) New(s ports.IndexSettings) (ports.VectorIndex, error) {
	ix, err := g.Engine.New(s)
	g.VectorIndex = ix
	return g, err
}

func (g *busyGraph) Add(ids []int64, vectors [][]float32) error {
	if g.waits.Load() {
		g.waited.Add(1)
	} else if g.waits.Store(true); g.network != nil {
		if _, err := g.network.Write([]byte{1}); err != nil {
			return err
		}
	}
	x := uint64(1)
	for range 300_000 { // some 300 µs
		x = x*6364136223846793005 + 1
	}
	g.sink.Store(x)
	err := g.VectorIndex.Add(ids, vectors)
	if g.calls.Add(1) == g.last {
		close(g.done)
	}
	return err
}

func TestTheIndexerLetsTheNetworkBeSeen(t *testing.T) {
	withCores(t, 1)
	r, w, err := os.Pipe() // which Go reads as it does sockets
	if err != nil {
		t.Fatal(err)
	}
	const vectors = 800
	g := &busyGraph{network: w, last: vectors / 8, done: make(chan struct{})}
	read := make(chan struct{})
	go func() { // takes what comes, as a server does with its requests
		defer close(read)
		var b [1]byte
		for {
			if _, err := r.Read(b[:]); err != nil {
				return
			}
			g.waits.Store(false)
		}
	}()
	s := configured(t, app.Config{Engines: []ports.Engine{g}, FlatMax: func(int) int { return 20 }})
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	chunks := make([]domain.Chunk, vectors)
	for i := range chunks {
		chunks[i] = chunk(strings.Repeat("x", i%7), rng.Float32(), rng.Float32())
	}
	insert(t, s, "a", chunks[0])
	search(t, s, "a", 1, 1, 1) // opens the database
	defer s.KeepSearching()()
	insert(t, s, "a", chunks[1:]...)
	<-g.done
	if err := errors.Join(w.Close(), r.Close()); err != nil {
		t.Fatal(err)
	}
	<-read
	if n := g.waited.Load(); n > g.last/4 {
		t.Errorf("seed %d: something waited on the network during %d of %d calls of Add; want a quarter at most", seed, n, g.last)
	}
}
