package embedding_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/embedtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	document = ports.PurposeDocument
	query    = ports.PurposeQuery
)

func TestSuite(t *testing.T) {
	for name, options := range map[string]func() embedding.Options{
		"in memory":       func() embedding.Options { return embedding.Options{Bytes: 1 << 20} },
		"nothing is kept": func() embedding.Options { return embedding.Options{} },
		"with a store":    func() embedding.Options { return embedding.Options{Bytes: 2000, Store: newStore()} },
	} {
		t.Run(name, func(t *testing.T) {
			embedtest.Run(t, embedtest.Config{
				Open: func(_ testing.TB, l ports.EmbedLimits) embedtest.Subject {
					m := embedtest.NewMemory("words", l)
					s := m.Subject()
					s.Embedder = embedding.NewCache(m, options())
					return s
				},
				Tokens: func(text string) int { return len(strings.Fields(text)) },
			})
		})
	}
}

// open returns a cache that is closed when the test ends, and what is behind it.
func open(t *testing.T, o embedding.Options) (*embedding.Cache, *embedtest.Memory) {
	t.Helper()
	m := embedtest.NewMemory("words", ports.EmbedLimits{TextTokens: 50, Refuse: true})
	c := embedding.NewCache(m, o)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return c, m
}

func embed(t *testing.T, c ports.Embedder, p ports.Purpose, texts ...string) [][]float32 {
	t.Helper()
	got, err := c.Embed(t.Context(), texts, p)
	if err != nil {
		t.Fatalf("Embed(%q) = %v; want nil", texts, err)
	}
	return got
}

// await polls until ok, for as long as a busy machine may need.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not come", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// same compares what the provider was sent.
func same(t *testing.T, m *embedtest.Memory, want ...[]string) {
	t.Helper()
	if diff := cmp.Diff(want, m.Calls()); diff != "" {
		t.Errorf("the calls differ (-want +got):\n%s", diff)
	}
}

func TestWhatIsKeptIsNotEmbeddedAgain(t *testing.T) {
	c, m := open(t, embedding.Options{Bytes: 1 << 20})
	first := embed(t, c, document, "a", "b", "a")
	again := embed(t, c, document, "c", "b", "a")
	embed(t, c, query, "a")
	embed(t, c, query, "a")
	same(t, m, []string{"a", "b"}, []string{"c"}, []string{"a"})
	if !slices.Equal(again[1], first[1]) || !slices.Equal(again[2], first[0]) {
		t.Error("what is kept differs from what was embedded")
	}
	s := c.Stats()
	if s.Took <= 0 {
		t.Errorf("3 calls took %v", s.Took)
	}
	s.Bytes, s.Took = 0, 0
	if want := (embedding.Stats{Hits: 3, Shared: 1, Misses: 4, Calls: 3, Entries: 4}); s != want {
		t.Errorf("Stats() = %+v; want %+v", s, want)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	const bound = 10_000
	c, m := open(t, embedding.Options{Bytes: bound})
	embed(t, c, document, "stays")
	for i := range 200 {
		embed(t, c, document, strconv.Itoa(i))
		embed(t, c, document, "stays")
		if s := c.Stats(); s.Bytes > bound || s.Entries > 200 {
			t.Fatalf("Stats() = %+v; want at most %d bytes", s, bound)
		}
	}
	m.Calls()
	embed(t, c, document, "199", "stays", "0")
	same(t, m, []string{"0"})
	if s := c.Stats(); s.Entries < 20 {
		t.Errorf("Stats() = %+v; want some 28 entries of 24 components", s)
	}
}

func TestBytesAreThoseOfWhatIsKept(t *testing.T) {
	for name, dims := range map[string]int{
		"a copy gets more room than it needs":  5,
		"an embedding is a part of some array": 8,
	} {
		t.Run(name, func(t *testing.T) {
			m := &faulty{Memory: embedtest.NewMemory("words", ports.EmbedLimits{TextTokens: 50})}
			m.embed = func(_ context.Context, texts []string, _ ports.Purpose) ([][]float32, error) {
				es := make([][]float32, len(texts))
				for i := range es {
					es[i] = make([]float32, dims, 8)
					if dims == 8 {
						es[i] = make([]float32, 64)[:dims]
					}
				}
				return es, nil
			}
			c := embedding.NewCache(m, embedding.Options{Bytes: 10_000})
			defer func() { _ = c.Close() }()
			var full embedding.Stats
			for i := range 1000 {
				embed(t, c, document, strconv.Itoa(i))
				if i == 100 {
					full = c.Stats()
				}
			}
			if s := c.Stats(); s.Entries != full.Entries || s.Bytes != full.Bytes {
				t.Errorf("%d entries of %d bytes after 1000 texts; want %d of %d, as after 100", s.Entries, s.Bytes, full.Entries, full.Bytes)
			}
		})
	}
}

func TestTextsUnderWayAreEmbeddedOnce(t *testing.T) {
	for name, o := range map[string]embedding.Options{"in memory": {Bytes: 1 << 20}, "nothing is kept": {}} {
		t.Run(name, func(t *testing.T) {
			c, m := open(t, o)
			waiting, release := m.Hold()
			var wg sync.WaitGroup
			ask := func(texts ...string) {
				wg.Go(func() {
					got, err := c.Embed(t.Context(), texts, document)
					if err != nil || len(got) != len(texts) {
						t.Errorf("Embed(%q) = %d embeddings, %v", texts, len(got), err)
					}
				})
			}
			ask("a", "b", "c")
			<-waiting
			for range 6 {
				ask("b", "c")
			}
			await(t, "that 6 callers join", func() bool { return c.Stats().Shared == 12 })
			ask("c", "d", "b")
			<-waiting
			release()
			wg.Wait()
			same(t, m, []string{"a", "b", "c"}, []string{"d"})
		})
	}
}

func TestCallersLeave(t *testing.T) {
	c, m := open(t, embedding.Options{Bytes: 1 << 20})
	waiting, release := m.Hold()
	ctx, cancel := context.WithCancel(t.Context())
	left, stayed := make(chan error), make(chan error)
	go func() {
		_, err := c.Embed(ctx, []string{"a", "b"}, document)
		left <- err
	}()
	<-waiting
	go func() {
		_, err := c.Embed(t.Context(), []string{"b"}, document)
		stayed <- err
	}()
	await(t, "that the second caller joins", func() bool { return c.Stats().Shared == 1 })
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("Embed of the caller who leaves = %v; want Canceled", err)
	}
	release()
	if err := <-stayed; err != nil {
		t.Errorf("Embed of the caller who stays = %v; want nil", err)
	}
	embed(t, c, document, "a", "b")
	same(t, m, []string{"a", "b"})
}

func TestWhatNobodyWaitsForEnds(t *testing.T) {
	c, m := open(t, embedding.Options{Bytes: 1 << 20})
	waiting, release := m.Hold()
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	for range 2 {
		go func() {
			_, err := c.Embed(ctx, []string{"a"}, document)
			left <- err
		}()
	}
	<-waiting
	await(t, "that the second caller joins", func() bool { return c.Stats().Shared == 1 })
	cancel()
	for range 2 {
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("Embed = %v; want Canceled", err)
		}
	}
	// Nobody may join what was given up, though the provider may still be at it.
	done := make(chan error)
	go func() {
		_, err := c.Embed(t.Context(), []string{"a"}, document)
		done <- err
	}()
	<-waiting
	release()
	if err := <-done; err != nil {
		t.Errorf("Embed of what others have given up = %v; want nil", err)
	}
	same(t, m, []string{"a"}, []string{"a"})
	if s := c.Stats(); s.Misses != 1 || s.Entries != 1 {
		t.Errorf("Stats() = %+v; want one text embedded", s)
	}
}

// faulty is an embedder whose Embed is a function.
type faulty struct {
	*embedtest.Memory
	embed func(ctx context.Context, texts []string, p ports.Purpose) ([][]float32, error)
}

func (f *faulty) Embed(ctx context.Context, texts []string, p ports.Purpose) ([][]float32, error) {
	return f.embed(ctx, texts, p)
}

func TestRefusedTexts(t *testing.T) {
	long := strings.Repeat("long ", 100)
	t.Run("are named as their caller has them", func(t *testing.T) {
		c, _ := open(t, embedding.Options{Bytes: 1 << 20})
		embed(t, c, document, "kept")
		_, err := c.Embed(t.Context(), []string{"kept", "new", "new", long}, document)
		if !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "texts[3]") {
			t.Errorf("Embed = %v; want ErrInvalid about texts[3]", err)
		}
	})
	t.Run("are named so where others are stored", func(t *testing.T) {
		st := newStore()
		c, _ := open(t, embedding.Options{Store: st})
		embed(t, c, document, "stored")
		await(t, "that it is stored", func() bool { st.mu.Lock(); defer st.mu.Unlock(); return st.puts == 1 })
		_, err := c.Embed(t.Context(), []string{"stored", "new", long}, document)
		if !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "texts[2]") {
			t.Errorf("Embed = %v; want ErrInvalid about texts[2]", err)
		}
	})
	t.Run("do not fail those who asked for others of the batch", func(t *testing.T) {
		m := embedtest.NewMemory("words", ports.EmbedLimits{TextTokens: 50, Refuse: true})
		begun, held := make(chan struct{}, 10), make(chan struct{})
		c := embedding.NewCache(&faulty{m, func(ctx context.Context, texts []string, p ports.Purpose) ([][]float32, error) {
			begun <- struct{}{}
			<-held
			return m.Embed(ctx, texts, p)
		}}, embedding.Options{})
		bad, good := make(chan error), make(chan error)
		go func() {
			_, err := c.Embed(t.Context(), []string{"a", long, "b"}, document)
			bad <- err
		}()
		<-begun
		go func() {
			got, err := c.Embed(t.Context(), []string{"c", "b"}, document)
			if err == nil && !slices.Equal(got[1], embed(t, m, document, "b")[0]) {
				err = errors.New("another embedding")
			}
			good <- err
		}()
		await(t, "that the second caller joins", func() bool { return c.Stats().Shared == 1 })
		close(held)
		if err := <-bad; !errors.Is(err, domain.ErrInvalid) || !strings.Contains(err.Error(), "texts[1]") {
			t.Errorf("Embed of the long text = %v; want ErrInvalid about texts[1]", err)
		}
		if err := <-good; err != nil {
			t.Errorf("Embed of the good ones = %v; want nil", err)
		}
		if s := c.Stats(); s.Misses != 2 {
			t.Errorf("Stats() = %+v; want the 2 good ones embedded, one of them again", s)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestProviderLearnsThatNobodyWaits(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	m := embedtest.NewMemory("words", ports.EmbedLimits{})
	c := embedding.NewCache(&faulty{m, func(ctx context.Context, _ []string, _ ports.Purpose) ([][]float32, error) {
		close(begun)
		<-ctx.Done()
		close(ended)
		return nil, ctx.Err()
	}}, embedding.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	if _, err := c.Embed(ctx, []string{"a"}, document); !errors.Is(err, context.Canceled) {
		t.Errorf("Embed = %v; want Canceled", err)
	}
	<-ended
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// TestFailuresAreOver has a caller who still waits for something else when a text fails:
// who asks for that text now does not get the failure of before.
func TestFailuresAreOver(t *testing.T) {
	m := embedtest.NewMemory("words", ports.EmbedLimits{})
	begun, held, failed := make(chan struct{}, 10), make(chan struct{}), make(chan struct{})
	var once sync.Once
	c := embedding.NewCache(&faulty{m, func(ctx context.Context, texts []string, p ports.Purpose) ([][]float32, error) {
		begun <- struct{}{}
		if texts[0] == "slow" {
			<-held
		}
		err := error(nil)
		if texts[0] == "fails once" {
			once.Do(func() { err = &domain.EmbedderError{Kind: domain.ErrEmbedder, Message: "once"} })
		}
		if err != nil {
			defer close(failed)
			return nil, err
		}
		return m.Embed(ctx, texts, p)
	}}, embedding.Options{})
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = c.Embed(t.Context(), []string{"slow"}, document) })
	<-begun
	wg.Go(func() {
		if _, err := c.Embed(t.Context(), []string{"slow", "fails once"}, document); !errors.Is(err, domain.ErrEmbedder) {
			t.Errorf("Embed of what fails = %v; want ErrEmbedder", err)
		}
	})
	<-failed
	await(t, "an embedding of the text that has failed", func() bool {
		_, err := c.Embed(t.Context(), []string{"fails once"}, document)
		return err == nil
	})
	close(held)
	wg.Wait()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestFailuresAreNotKept(t *testing.T) {
	m := embedtest.NewMemory("words", ports.EmbedLimits{})
	fail := &domain.EmbedderError{Kind: domain.ErrEmbedderBusy, Message: "later", RetryAfter: time.Minute}
	calls := 0
	c := embedding.NewCache(&faulty{m, func(ctx context.Context, texts []string, p ports.Purpose) ([][]float32, error) {
		if calls++; calls == 1 {
			return nil, fail
		}
		return m.Embed(ctx, texts, p)
	}}, embedding.Options{Bytes: 1 << 20})
	defer c.Close()
	if got, err := c.Embed(t.Context(), []string{"a"}, document); got != nil || !errors.Is(err, domain.ErrEmbedderBusy) || err.Error() != fail.Error() {
		t.Errorf("Embed = %v, %v; want the error of the provider as it is", got, err)
	}
	s := c.Stats()
	s.Took = 0
	if want := (embedding.Stats{Failures: 1}); s != want {
		t.Errorf("Stats() = %+v; want %+v", s, want)
	}
	embed(t, c, document, "a")
}

// TestManyCallers has callers come and go at random; what they get is right, and each text
// is counted once.
func TestManyCallers(t *testing.T) {
	const seed, callers, rounds = 20261130, 8, 150
	c, m := open(t, embedding.Options{Bytes: 4000, Store: newStore()})
	texts := make([]string, 40)
	want := make([][]float32, len(texts))
	for i := range texts {
		texts[i] = "text " + strconv.Itoa(i)
		want[i] = embed(t, m, document, texts[i])[0]
	}
	var mu sync.Mutex
	asked, canceled := uint64(0), 0
	var wg sync.WaitGroup
	for n := range callers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(n)))
			for range rounds {
				mine, at := make([]string, 1+r.IntN(10)), make([]int, 10)
				for i := range mine {
					at[i] = r.IntN(len(texts))
					mine[i] = texts[at[i]]
				}
				ctx, cancel := context.WithCancel(t.Context())
				if r.IntN(4) == 0 {
					go cancel()
				}
				got, err := c.Embed(ctx, mine, document)
				cancel()
				mu.Lock()
				switch {
				case err == nil:
					asked += uint64(len(mine))
				case errors.Is(err, context.Canceled):
					canceled++
				default:
					t.Errorf("seed %d: Embed = %v", seed, err)
				}
				mu.Unlock()
				for i := range got {
					if !slices.Equal(got[i], want[at[i]]) {
						t.Errorf("seed %d: Embed(%q) gives the embedding of another text", seed, mine[i])
					}
				}
			}
		})
	}
	wg.Wait()
	s := c.Stats()
	if all := s.Hits + s.Shared + s.StoreHits + s.Misses; all < asked || canceled == 0 {
		t.Errorf("Stats() = %+v for %d texts and %d calls that were given up; want each of the texts counted", s, asked, canceled)
	}
	if s.Bytes > 4000 {
		t.Errorf("Stats() = %+v; want at most 4000 bytes", s)
	}
	m.Calls()
	if got := embed(t, c, document, texts...); len(m.Calls()) > 1 || len(got) != len(texts) {
		t.Error("texts are embedded more than once at the end")
	}
}
