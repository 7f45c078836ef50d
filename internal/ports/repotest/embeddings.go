package repotest

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// EmbeddingsConfig says how to get the stores of embeddings under test.
type EmbeddingsConfig struct {
	// Open returns a new, empty store that keeps at most so many bytes, and has room for
	// at least ten embeddings of 100 components in 10,000. The suite does not close it.
	Open func(tb testing.TB, bytes int64) ports.EmbeddingStore
	// Reopen closes what s belongs to and opens it again with another bound. With nil the
	// rules about what lasts are skipped.
	Reopen func(tb testing.TB, s ports.EmbeddingStore, bytes int64) ports.EmbeddingStore
	// Close closes what s belongs to.
	Close func(tb testing.TB, s ports.EmbeddingStore)
}

// RunEmbeddings checks every rule of a ports.EmbeddingStore in a sub-test of its own.
func RunEmbeddings(t *testing.T, c EmbeddingsConfig) {
	for name, rule := range map[string]func(*embeddings){
		"what was put is got, in the order of the keys": (*embeddings).order,
		"embeddings are kept bit for bit":               (*embeddings).bits,
		"the last one put under a key is got":           (*embeddings).replaces,
		"slices belong to who has them":                 (*embeddings).owned,
		"it lasts":                                      (*embeddings).lasts,
		"bytes are bounded, and the oldest go first":    (*embeddings).bounded,
		"what is larger than the bound is not kept":     (*embeddings).tooLarge,
		"a smaller bound holds for what is there":       (*embeddings).shrinks,
		"a context that has ended does nothing":         (*embeddings).canceled,
		"keys and embeddings are as many":               (*embeddings).uneven,
		"after Close there is ErrClosed":                (*embeddings).closed,
	} {
		t.Run(name, func(t *testing.T) { rule(&embeddings{TB: t, config: c, ctx: context.Background()}) })
	}
}

type embeddings struct {
	testing.TB
	config EmbeddingsConfig
	ctx    context.Context
	store  ports.EmbeddingStore
}

const roomy = 1 << 20

func (s *embeddings) open(bytes int64) { s.store = s.config.Open(s, bytes) }

func (s *embeddings) reopen(bytes int64) {
	s.Helper()
	if s.config.Reopen == nil {
		s.Skip("this store does not outlive Close")
	}
	s.store = s.config.Reopen(s, s.store, bytes)
}

// numberedKey returns the key number n.
func numberedKey(n int) (k ports.EmbeddingKey) {
	binary.BigEndian.PutUint64(k[:], uint64(n)*0x9e3779b97f4a7c15)
	k[31] = byte(n)
	return k
}

// made returns the embedding number n, of dims components.
func made(n, dims int) []float32 {
	e := make([]float32, dims)
	for i := range e {
		e[i] = float32(n) + float32(i)/7
	}
	return e
}

// put keeps the embeddings from first to last.
func (s *embeddings) put(first, last, dims int) {
	s.Helper()
	for n := first; n <= last; n++ {
		if err := s.store.Put(s.ctx, []ports.EmbeddingKey{numberedKey(n)}, [][]float32{made(n, dims)}); err != nil {
			s.Fatalf("Put(%d) = %v; want nil", n, err)
		}
	}
}

// has returns which of the embeddings from first to last are there, and checks them.
func (s *embeddings) has(first, last, dims int) (there []int) {
	s.Helper()
	keys := make([]ports.EmbeddingKey, 0, last-first+1)
	for n := first; n <= last; n++ {
		keys = append(keys, numberedKey(n))
	}
	got, err := s.store.Get(s.ctx, keys)
	if err != nil || len(got) != len(keys) {
		s.Fatalf("Get(%d keys) = %d embeddings, %v; want as many, nil", len(keys), len(got), err)
	}
	for i, e := range got {
		if e == nil {
			continue
		}
		if n := first + i; !slices.Equal(e, made(n, dims)) {
			s.Errorf("Get(%d) = the embedding of another key", n)
		}
		there = append(there, first+i)
	}
	return there
}

func (s *embeddings) order() {
	s.open(roomy)
	s.put(1, 5, 3)
	got, err := s.store.Get(s.ctx, []ports.EmbeddingKey{numberedKey(4), numberedKey(9), numberedKey(1), numberedKey(4)})
	want := [][]float32{made(4, 3), nil, made(1, 3), made(4, 3)}
	if err != nil || !slices.EqualFunc(got, want, slices.Equal) || got[1] != nil {
		s.Errorf("Get(4, 9, 1, 4) = %v, %v; want %v", got, err, want)
	}
	if got, err := s.store.Get(s.ctx, nil); err != nil || len(got) != 0 {
		s.Errorf("Get() = %v, %v; want nothing", got, err)
	}
}

func (s *embeddings) bits() {
	s.open(roomy)
	want := []float32{-0.5, 1e-40, 0, 3.4e38}
	key := numberedKey(1)
	if err := s.store.Put(s.ctx, []ports.EmbeddingKey{key}, [][]float32{want}); err != nil {
		s.Fatal(err)
	}
	s.reopen(roomy)
	got, err := s.store.Get(s.ctx, []ports.EmbeddingKey{key})
	if err != nil || !slices.Equal(got[0], want) {
		s.Errorf("Get = %v, %v; want %v", got, err, want)
	}
}

func (s *embeddings) replaces() {
	s.open(roomy)
	key := []ports.EmbeddingKey{numberedKey(1)}
	for n := range 3 {
		if err := s.store.Put(s.ctx, key, [][]float32{made(n, n+2)}); err != nil {
			s.Fatal(err)
		}
		got, err := s.store.Get(s.ctx, key)
		if err != nil || !slices.Equal(got[0], made(n, n+2)) {
			s.Errorf("Get after Put number %d = %v, %v; want its embedding", n, got, err)
		}
		if n == 1 {
			s.reopen(roomy)
		}
	}
}

func (s *embeddings) owned() {
	s.open(roomy)
	e, keys := made(1, 4), []ports.EmbeddingKey{numberedKey(1)}
	if err := s.store.Put(s.ctx, keys, [][]float32{e}); err != nil {
		s.Fatal(err)
	}
	e[0], keys[0] = 99, numberedKey(2)
	got, err := s.store.Get(s.ctx, []ports.EmbeddingKey{numberedKey(1)})
	if err != nil || !slices.Equal(got[0], made(1, 4)) {
		s.Fatalf("Get = %v, %v; want what was put", got, err)
	}
	got[0][0] = 77
	s.has(1, 1, 4)
}

func (s *embeddings) lasts() {
	s.open(roomy)
	s.put(1, 50, 8)
	s.reopen(roomy)
	if there := s.has(1, 50, 8); len(there) != 50 {
		s.Errorf("%d of 50 embeddings are there after it was opened again", len(there))
	}
}

func (s *embeddings) bounded() {
	s.open(10_000)
	s.put(1, 10, 100)
	s.reopen(10_000)
	if there := s.has(1, 10, 100); len(there) != 10 {
		s.Fatalf("%v of 10 embeddings are there; want all", there)
	}
	s.put(11, 100, 100)
	s.reopen(10_000)
	there := s.has(1, 100, 100)
	if len(there) < 10 || 400*len(there) > 10_000 || there[len(there)-1] != 100 || there[0] < 70 {
		s.Errorf("%v are there after 100 embeddings of 400 bytes; want the last ones, in 10,000 bytes", there)
	}
}

func (s *embeddings) tooLarge() {
	s.open(10_000)
	s.put(1, 3, 100)
	if err := s.store.Put(s.ctx, []ports.EmbeddingKey{numberedKey(9)}, [][]float32{made(9, 5000)}); err != nil {
		s.Fatal(err)
	}
	s.reopen(10_000)
	if there := s.has(1, 3, 100); len(there) != 3 {
		s.Errorf("%v are there; want all 3, whatever was too large", there)
	}
	if there := s.has(9, 9, 5000); len(there) != 0 {
		s.Error("an embedding of 20,000 bytes is in 10,000")
	}
}

func (s *embeddings) shrinks() {
	s.open(roomy)
	s.put(1, 100, 100)
	s.reopen(10_000)
	s.put(101, 101, 100)
	s.reopen(roomy)
	if there := s.has(1, 101, 100); 400*len(there) > 10_000 || !slices.Contains(there, 101) {
		s.Errorf("%v are there; want what has room in 10,000 bytes, the last one with it", there)
	}
}

func (s *embeddings) canceled() {
	s.open(roomy)
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if err := s.store.Put(ctx, []ports.EmbeddingKey{numberedKey(1)}, [][]float32{made(1, 2)}); !errors.Is(err, context.Canceled) {
		s.Errorf("Put = %v; want Canceled", err)
	}
	if _, err := s.store.Get(ctx, []ports.EmbeddingKey{numberedKey(1)}); !errors.Is(err, context.Canceled) {
		s.Errorf("Get = %v; want Canceled", err)
	}
	if there := s.has(1, 1, 2); len(there) != 0 {
		s.Error("what was put under a context that has ended is there")
	}
}

func (s *embeddings) uneven() {
	s.open(roomy)
	err := s.store.Put(s.ctx, []ports.EmbeddingKey{numberedKey(1)}, [][]float32{made(1, 2), made(2, 2)})
	if !isKind(err, domain.ErrInvalid) {
		s.Errorf("Put of 2 embeddings under 1 key = %v; want ErrInvalid", err)
	}
	if there := s.has(1, 1, 2); len(there) != 0 {
		s.Error("some of it is there")
	}
}

func (s *embeddings) closed() {
	s.open(roomy)
	s.config.Close(s, s.store)
	key := numberedKey(1)
	if _, err := s.store.Get(s.ctx, []ports.EmbeddingKey{key}); !isKind(err, domain.ErrClosed) {
		s.Errorf("Get = %v; want ErrClosed", err)
	}
	if err := s.store.Put(s.ctx, []ports.EmbeddingKey{key}, [][]float32{{1}}); !isKind(err, domain.ErrClosed) {
		s.Errorf("Put = %v; want ErrClosed", err)
	}
}
