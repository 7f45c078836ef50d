package embedding_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

// store is an EmbeddingStore in memory.
type store struct {
	mu      sync.Mutex // guards all below
	rows    map[ports.EmbeddingKey][]float32
	gets    int
	puts    int
	failing error
	short   bool
	held    chan struct{} // Put waits until it is closed, unless it is nil
}

func newStore() *store { return &store{rows: map[ports.EmbeddingKey][]float32{}} }

func (s *store) Get(_ context.Context, keys []ports.EmbeddingKey) ([][]float32, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gets++
	out := make([][]float32, len(keys))
	for i, k := range keys {
		out[i] = slices.Clone(s.rows[k])
	}
	if s.short {
		return nil, nil
	}
	return out, s.failing
}

func (s *store) Put(ctx context.Context, keys []ports.EmbeddingKey, es [][]float32) error {
	if s.held != nil {
		<-s.held
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for i, k := range keys {
		s.rows[k] = slices.Clone(es[i])
	}
	return s.failing
}

func TestStore(t *testing.T) {
	st := newStore()
	first := embedding.NewCache(embedtest.NewMemory("words", ports.EmbedLimits{}), embedding.Options{Store: st})
	want := embed(t, first, document, "a", "b")
	embed(t, first, query, "a", "q")
	if err := first.Close(); err != nil { // what is on its way to the store arrives before
		t.Fatal(err)
	}
	if len(st.rows) != 2 || st.puts != 1 || st.gets != 1 {
		t.Errorf("the store has %d embeddings after %d puts and %d gets; want the 2 documents, once", len(st.rows), st.puts, st.gets)
	}
	m := embedtest.NewMemory("words", ports.EmbedLimits{})
	again := embedding.NewCache(m, embedding.Options{Bytes: 1 << 20, Store: st})
	defer again.Close()
	got := embed(t, again, document, "c", "b", "a")
	if !slices.Equal(got[1], want[1]) || !slices.Equal(got[2], want[0]) {
		t.Error("what the store has differs from what was embedded")
	}
	same(t, m, []string{"c"})
	if s := again.Stats(); s.StoreHits != 2 || s.Misses != 1 || s.Entries != 3 {
		t.Errorf("Stats() = %+v; want 2 from the store, and 3 in memory", s)
	}
	for name, other := range map[string]*embedtest.Memory{
		"another model":                     embedtest.NewMemory("other words", ports.EmbedLimits{}),
		"another length that is looked at ": embedtest.NewMemory("words", ports.EmbedLimits{TextTokens: 9}),
	} {
		c := embedding.NewCache(other, embedding.Options{Store: st})
		embed(t, c, document, "a")
		if s := c.Stats(); s.StoreHits != 0 {
			t.Errorf("%s finds %d embeddings; want none", name, s.StoreHits)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestStoringOutlivesTheCaller(t *testing.T) {
	st := newStore()
	st.held = make(chan struct{})
	c := embedding.NewCache(embedtest.NewMemory("words", ports.EmbedLimits{}), embedding.Options{Store: st})
	embed(t, c, document, "a") // it does not wait for the store
	close(st.held)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if s := c.Stats(); s.StoreErrors > 0 || len(st.rows) != 1 {
		t.Errorf("Stats() = %+v, %d embeddings in the store; want the one", s, len(st.rows))
	}
}

func TestStoresThatFail(t *testing.T) {
	for name, spoil := range map[string]func(*store){
		"errors":           func(s *store) { s.failing = domain.ErrDiskFull },
		"too few":          func(s *store) { s.short = true },
		"of other dims":    func(s *store) {},
		"empty embeddings": func(s *store) {},
	} {
		t.Run(name, func(t *testing.T) {
			st := newStore()
			c, m := open(t, embedding.Options{Store: st})
			want := embed(t, c, document, "a")
			await(t, "that it is stored", func() bool { st.mu.Lock(); defer st.mu.Unlock(); return st.puts == 1 })
			m.Calls()
			st.mu.Lock()
			spoil(st)
			for k := range st.rows {
				switch name {
				case "of other dims":
					st.rows[k] = []float32{1, 2}
				case "empty embeddings":
					st.rows[k] = []float32{}
				}
			}
			st.mu.Unlock()
			if got := embed(t, c, document, "a"); !slices.Equal(got[0], want[0]) {
				t.Error("Embed gives another embedding")
			}
			same(t, m, []string{"a"})
			if errs := c.Stats().StoreErrors; (errs > 0) != (name == "errors" || name == "too few") {
				t.Errorf("StoreErrors = %d", errs)
			}
		})
	}
}
