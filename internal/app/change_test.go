package app_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/filterlang"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

// counter is the number in the metadata of a counter.
func counter(t *testing.T, c *domain.Chunk) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(c.Metadata.Text, `{"n":`), "}"))
	if err != nil {
		t.Fatalf("metadata %q: %v", c.Metadata.Text, err)
	}
	return n
}

// increment is a Make that counts in the metadata.
func increment(t *testing.T) func(int, *domain.Chunk) (*domain.Chunk, error) {
	return func(_ int, c *domain.Chunk) (*domain.Chunk, error) {
		if c == nil {
			c = &domain.Chunk{Text: "new", Embedding: []float32{1, 1}, Metadata: domain.Metadata{Text: `{"n":0}`}}
		}
		c.Metadata = domain.Metadata{Form: domain.ObjectMetadata, Text: fmt.Sprintf(`{"n":%d}`, counter(t, c)+1)}
		return c, nil
	}
}

func change(t *testing.T, s *app.Service, in app.Change) int {
	t.Helper()
	in.Database = "a"
	n, err := s.Change(t.Context(), in)
	if err != nil {
		t.Fatalf("Change: %v", err)
	}
	return n
}

func everything(t *testing.T, s *app.Service) []domain.Chunk {
	t.Helper()
	page, err := s.List(t.Context(), app.List{Database: "a", Limit: 1000, Fields: domain.DefaultFields | domain.FieldEmbedding})
	if err != nil {
		t.Fatal(err)
	}
	return page.Chunks
}

// Counters that many change at once, by keys in different orders and by a filter, end at what
// all have added: no change is made of a state that another has changed since.
func TestNoChangeIsLost(t *testing.T) {
	s := open(t)
	const callers, times = 4, 25
	keys := []string{"a", "b", "c"}
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			own := slices.Concat(keys[i%3:], keys[:i%3])
			for range times {
				in := app.Change{Database: "a", Keys: own, Make: increment(t), Create: &domain.Settings{}}
				if n, err := s.Change(context.Background(), in); err != nil || n != 3 {
					t.Errorf("Change by keys = %d, %v; want 3", n, err)
				}
			}
		})
	}
	wg.Wait()
	for range callers {
		wg.Go(func() {
			for range times {
				in := app.Change{Database: "a", Filter: &filterlang.Filter{}, Make: increment(t)}
				if n, err := s.Change(context.Background(), in); err != nil || n != 3 {
					t.Errorf("Change by a filter = %d, %v; want 3", n, err)
				}
				ref := app.Change{Database: "a", Refs: []app.Ref{{ID: 1}}, Make: increment(t)}
				if n, err := s.Change(context.Background(), ref); err != nil || n != 1 {
					t.Errorf("Change by id = %d, %v; want 1", n, err)
				}
			}
		})
	}
	wg.Wait()
	chunks := everything(t, s)
	if len(chunks) != 3 {
		t.Fatalf("%d chunks; want 3, one of each key", len(chunks))
	}
	for i := range chunks {
		want := 2 * callers * times
		if chunks[i].ID == 1 {
			want += callers * times
		}
		if got := counter(t, &chunks[i]); got != want {
			t.Errorf("counter %q is %d; want %d", chunks[i].Key, got, want)
		}
	}
}

// A change of many chunks, some of which others write all the time, comes to its end.
func TestChangeEndsBesideWriters(t *testing.T) {
	s := open(t)
	chunks := make([]domain.Chunk, 200)
	for i := range chunks {
		chunks[i] = chunk("x", float32(i), 1)
		chunks[i].Metadata = domain.Metadata{Form: domain.ObjectMetadata, Text: `{"n":0}`}
	}
	insert(t, s, "a", chunks...)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var others atomic.Int64
	for i := range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				in := app.Change{Database: "a", Refs: []app.Ref{{ID: int64(1 + i)}}, Make: increment(t)}
				if n, err := s.Change(ctx, in); err == nil {
					others.Add(int64(n))
				} else if ctx.Err() == nil {
					t.Errorf("Change: %v", err)
				}
			}
		})
	}
	for range 5 {
		if n := change(t, s, app.Change{Filter: &filterlang.Filter{}, Make: increment(t)}); n != len(chunks) {
			t.Errorf("Change = %d; want %d", n, len(chunks))
		}
	}
	stop()
	wg.Wait()
	sum := 0
	for _, c := range everything(t, s) {
		sum += counter(t, &c)
	}
	if want := 5*len(chunks) + int(others.Load()); sum < want || sum > want+4 { // the last of each may have been stored
		t.Errorf("all counters together are %d; want %d", sum, want)
	}
}

// alwaysBetween is a repository in memory that has something of the test's done after every
// read of several chunks, unless that has to wait.
type alwaysBetween struct {
	*repotest.Memory
	do   func()
	busy sync.WaitGroup
}

func (r *alwaysBetween) Chunks(ctx context.Context, db domain.Database, sel domain.Selection, f domain.Fields) ([]domain.Chunk, error) {
	chunks, err := r.Memory.Chunks(ctx, db, sel, f)
	if len(chunks) > 1 && r.do != nil {
		done := make(chan struct{})
		r.busy.Go(func() { defer close(done); r.do() })
		select {
		case <-done:
		case <-time.After(100 * time.Millisecond): // writers wait
		}
	}
	return chunks, err
}

// A change of chunks one of which is changed whenever they were read has the others wait.
func TestChangeThatComesTooLateHasOthersWait(t *testing.T) {
	r := &alwaysBetween{Memory: repotest.NewMemory()}
	s := newService(t, r, 1<<30)
	first := chunk("x", 1, 1)
	first.Metadata = *metadata(t, `{"n":0}`)
	insert(t, s, "a", first, first)
	writes := 0
	r.do = func() {
		writes++
		change(t, s, app.Change{Refs: []app.Ref{{ID: 1}}, Make: increment(t)})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for _, in := range []app.Change{{Filter: &filterlang.Filter{}}, {Refs: []app.Ref{{ID: 2}, {ID: 1}}}} {
		in.Database, in.Make = "a", increment(t)
		if n, err := s.Change(ctx, in); n != 2 || err != nil {
			t.Fatalf("Change = %d, %v; want 2", n, err)
		}
		r.busy.Wait()
	}
	r.do = nil
	chunks := everything(t, s)
	if got := counter(t, &chunks[0]); got != 2+writes || counter(t, &chunks[1]) != 2 {
		t.Errorf("counters are %s, %s; want %d and 2", chunks[0].Metadata.Text, chunks[1].Metadata.Text, 2+writes)
	}
}

func TestChangeByKeys(t *testing.T) {
	s := open(t)
	first := chunk("one", 1, 2)
	first.Key, first.Metadata = "b", *metadata(t, `{"n":1}`)
	insert(t, s, "a", first)
	n := change(t, s, app.Change{Keys: []string{"a", "b", "c"}, Make: func(i int, old *domain.Chunk) (*domain.Chunk, error) {
		if (old != nil) != (i == 1) {
			t.Errorf("Make of key %d has %+v; want b alone to exist", i, old)
		}
		switch i {
		case 0:
			return &domain.Chunk{ID: 99, Key: "other", Text: "zero", Embedding: []float32{3, 4}, TTL: time.Hour}, nil
		case 1:
			old.ID, old.Key, old.Text = 77, "x", "newer"
			return old, nil
		}
		return nil, nil
	}})
	if got := everything(t, s); n != 2 || len(got) != 2 || got[0].Key != "b" || got[0].Text != "newer" || got[0].ID != 1 ||
		got[1].Key != "a" || got[1].Text != "zero" || got[1].ID != 2 || time.Until(got[1].ExpiresAt) > time.Hour {
		t.Errorf("Change = %d, and there is %+v; want b changed and a new", n, got)
	}
	if hits := search(t, s, "a", 2, 1, 0); len(hits) != 2 || hits[0].Text != "zero" || hits[1].Text != "newer" {
		t.Errorf("Search = %+v; want both as they are now", hits)
	}
}

func TestWrongChangesStoreNothing(t *testing.T) {
	s := open(t)
	first := chunk("one", 1, 2)
	first.Key = "k"
	insert(t, s, "a", first)
	before := everything(t, s)
	stop := errors.New("no")
	put := func(c domain.Chunk) func(int, *domain.Chunk) (*domain.Chunk, error) {
		return func(i int, old *domain.Chunk) (*domain.Chunk, error) {
			if i == 0 {
				old.Text = "changed"
				return old, nil
			}
			return &c, nil
		}
	}
	two := []string{"k", "new"}
	for name, tc := range map[string]struct {
		in   app.Change
		want error
		says string
	}{
		"a key twice":            {app.Change{Keys: []string{"k", "k"}}, domain.ErrInvalid, "chunks[1]"},
		"a chunk by id and key":  {app.Change{Refs: []app.Ref{{Key: "k"}, {ID: 1}}}, domain.ErrInvalid, "chunks[1]"},
		"nothing":                {app.Change{}, domain.ErrInvalid, "names chunks"},
		"keys and a filter":      {app.Change{Keys: two, Filter: &filterlang.Filter{}}, domain.ErrInvalid, "only by one"},
		"a bad key":              {app.Change{Keys: []string{"k", "a\x00"}}, domain.ErrInvalid, "NUL"},
		"an id that is not":      {app.Change{Refs: []app.Ref{{Key: "k"}, {ID: 9}}, Make: put(chunk("x", 1, 1))}, domain.ErrNotFound, "9"},
		"an error of Make":       {app.Change{Keys: two, Make: func(i int, c *domain.Chunk) (*domain.Chunk, error) { return c, []error{nil, stop}[i] }}, stop, "no"},
		"no embedding":           {app.Change{Keys: two, Make: put(chunk("x"))}, domain.ErrInvalid, "embedding cannot be empty"},
		"another dimension":      {app.Change{Keys: two, Make: put(chunk("x", 1, 2, 3))}, domain.ErrDimension, "chunks[1]"},
		"bad text":               {app.Change{Keys: two, Make: put(chunk("\xff", 1, 2))}, domain.ErrInvalid, "UTF-8"},
		"a negative TTL":         {app.Change{Keys: two, Make: put(living(-1, chunk("x", 1, 2)))}, domain.ErrInvalid, "time to live"},
		"a database that is not": {app.Change{Database: "none", Keys: two}, domain.ErrNotFound, "none"},
		"a name in other case":   {app.Change{Database: "A", Keys: two[1:], Create: &domain.Settings{}, Make: func(int, *domain.Chunk) (*domain.Chunk, error) { c := chunk("x", 1, 2); return &c, nil }}, domain.ErrConflict, "case"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.in.Database == "" {
				tc.in.Database = "a"
			}
			n, err := s.Change(t.Context(), tc.in)
			if n != 0 || !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("Change = %d, %v; want %v with %q", n, err, tc.want, tc.says)
			}
		})
	}
	after := everything(t, s)
	if len(after) != 1 || after[0].Sequence != before[0].Sequence {
		t.Errorf("after wrong changes there is %+v; want %+v", after, before)
	}
}

// countedFlat is the exact engine, and counts what its buffers take in.
type countedFlat struct {
	flat.Engine
	adds *atomic.Int64
}

type countedBuffer struct {
	ports.Buffer
	adds *atomic.Int64
}

func (e countedFlat) NewBuffer(s ports.IndexSettings) (ports.Buffer, error) {
	b, err := e.Engine.NewBuffer(s)
	return countedBuffer{b, e.adds}, err
}

func (b countedBuffer) Add(ids []int64, vectors [][]float32) error {
	b.adds.Add(int64(len(ids)))
	return b.Buffer.Add(ids, vectors)
}

// A change that leaves embeddings alone adds nothing to the index, and searches and filters
// see it all the same, also from the index file.
func TestChangeOfMetadataLeavesTheIndexAlone(t *testing.T) {
	const n = 300
	counts := countedFlat{adds: new(atomic.Int64)}
	st := &station{t: t, dir: t.TempDir(), exact: counts}
	s := st.start()
	chunks := make([]domain.Chunk, n)
	for i := range chunks {
		chunks[i] = chunk(fmt.Sprint(i), float32(i), 1)
	}
	insert(t, s, "a", chunks...)
	search(t, s, "a", 1, 1, 0)
	plan(t, s, "a", domain.PlanGraph)
	if err := s.Save(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	counts.adds.Store(0)
	label := app.Patch{Metadata: metadata(t, `{"label":"new"}`)}
	if got, err := s.PatchWhere(t.Context(), "a", nil, label); err != nil || got != n {
		t.Fatalf("PatchWhere = %d, %v; want %d", got, err, n)
	}
	if _, err := s.Patch(t.Context(), "a", app.Ref{ID: 7}, app.Patch{Embedding: []float32{1000, 1}}); err != nil {
		t.Fatal(err)
	}
	f, err := filterlang.Parse([]byte(`{"label":"new"}`))
	if err != nil {
		t.Fatal(err)
	}
	look := func(when string, added int64) {
		t.Helper()
		found, err := s.Search(t.Context(), app.Search{Database: "a", Fields: domain.DefaultFields,
			Queries: []app.Query{{Embedding: []float32{1, 0}, K: 3, Filter: &f}}})
		if err != nil {
			t.Fatal(err)
		}
		hits := found.Hits[0]
		if got, want := hitIDs(hits), []int64{7, n, n - 1}; !slices.Equal(got, want) || hits[1].Metadata.Text != `{"label":"new"}` {
			t.Errorf("%s: Search finds %+v; want %v with their metadata", when, hits, want)
		}
		if got := counts.adds.Load(); got != added {
			t.Errorf("%s: %d vectors went to the buffer; want %d", when, got, added)
		}
	}
	look("after the change", 1)
	st.stop(s)
	counts.adds.Store(0)
	s = st.start()
	look("after a restart", 0)
	if made, restored := st.opened.made, st.opened.restored; made != 0 || restored != 1 {
		t.Errorf("after a restart %d graphs were made and %d read; want 0 and 1; %s", made, restored, st.reports())
	}
	st.stop(s)
}

// A chunk that expires while it is changed, and then does not expire any more, is found.
func TestChangeOfWhatExpiresMeanwhile(t *testing.T) {
	for name, flatMax := range map[string]int{"flat": 1 << 30, "graph": 1} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			s := timed(t, unswept{openStore(t, filepath.Join(t.TempDir(), "memista.db"))}, c, flatMax)
			insert(t, s, "a", living(time.Minute, chunk("1", 2, 1)), chunk("2", 1, 1), chunk("3", 0, 1))
			if search(t, s, "a", 1, 1, 0); name == "graph" {
				plan(t, s, "a", domain.PlanGraph)
			}
			n := change(t, s, app.Change{Refs: []app.Ref{{ID: 1}}, Make: func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
				c.turn(2 * time.Minute)
				if got := hitIDs(search(t, s, "a", 3, 1, 0)); !slices.Equal(got, []int64{2, 3}) {
					t.Errorf("Search of what has expired = %v; want 2 and 3", got)
				}
				old.ExpiresAt = time.Time{}
				return old, nil
			}})
			if got := hitIDs(search(t, s, "a", 3, 1, 0)); n != 1 || !slices.Equal(got, []int64{1, 2, 3}) {
				t.Errorf("Change = %d, then Search = %v; want 1, 2, 3", n, got)
			}
			if n := change(t, s, app.Change{Refs: []app.Ref{{ID: 1}}, Make: func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
				old.TTL = time.Second
				return old, nil
			}}); n != 1 {
				t.Errorf("Change = %d; want 1", n)
			}
			c.turn(time.Minute)
			change(t, s, app.Change{Refs: []app.Ref{{ID: 1}, {ID: 2}}, Make: func(i int, old *domain.Chunk) (*domain.Chunk, error) {
				if (old == nil) != (i == 0) {
					t.Errorf("Make %d has %+v; want none for what has expired", i, old)
				}
				return nil, nil
			}})
		})
	}
}

// Texts get embeddings where they are new or others, once each, and the rest keeps its own.
func TestChangeEmbedsTexts(t *testing.T) {
	s, m := watched(t)
	insertTexts(t, s, "a")
	first := everything(t, s)[0].Embedding
	m.Calls()
	n := change(t, s, app.Change{Keys: []string{"cats", "new", "given"}, Make: func(i int, old *domain.Chunk) (*domain.Chunk, error) {
		switch i {
		case 0:
			old.Text = "about engines"
			return old, nil
		case 1:
			return &domain.Chunk{Text: "about engines"}, nil
		}
		return &domain.Chunk{Text: "has its own", Embedding: slices.Clone(first)}, nil
	}})
	if calls := m.Calls(); n != 3 || len(calls) != 1 || !slices.Equal(calls[0], []string{"about engines"}) {
		t.Errorf("Change = %d and embedded %v; want 3, and one text once", n, calls)
	}
	change(t, s, app.Change{Keys: []string{"cats"}, Make: func(_ int, old *domain.Chunk) (*domain.Chunk, error) {
		old.Metadata = *metadata(t, `{"a":1}`)
		return old, nil
	}})
	if calls := m.Calls(); len(calls) != 0 {
		t.Errorf("a change of metadata embedded %v; want nothing", calls)
	}
	got := everything(t, s)
	if slices.Equal(got[0].Embedding, first) || !slices.Equal(got[0].Embedding, got[3].Embedding) || !slices.Equal(got[4].Embedding, first) {
		t.Errorf("embeddings are %+v; want those of their texts, and that which came with its text", got)
	}
}

// Where embeddings are optional a change can leave them out, take them away and bring them.
func TestChangeWithoutEmbeddings(t *testing.T) {
	s := open(t)
	set := &domain.Settings{OptionalEmbeddings: true, Metric: domain.Cosine}
	keys := []string{"none", "zero", "some"}
	vectors := [][]float32{nil, {0, 0}, {1, 1}}
	step := func(what string, found []int64, change func(i int, c *domain.Chunk)) {
		t.Helper()
		n, err := s.Change(t.Context(), app.Change{Database: "a", Keys: keys, Create: set, Make: func(i int, old *domain.Chunk) (*domain.Chunk, error) {
			if old == nil {
				old = &domain.Chunk{Embedding: vectors[i]}
			}
			old.Text = what
			change(i, old)
			return old, nil
		}})
		if err != nil || n != 3 {
			t.Fatalf("%s: Change = %d, %v; want 3", what, n, err)
		}
		if got := hitIDs(search(t, s, "a", 3, 1, 0)); !slices.Equal(got, found) {
			t.Errorf("%s: Search = %v; want %v", what, got, found)
		}
		for _, c := range everything(t, s) {
			if c.Text != what {
				t.Errorf("%s: chunk %d has the text %q", what, c.ID, c.Text)
			}
		}
	}
	nothing := func(int, *domain.Chunk) {}
	step("made", []int64{3}, nothing)
	step("other text", []int64{3}, nothing)
	step("the other way about", []int64{1}, func(i int, c *domain.Chunk) { c.Embedding = [][]float32{{2, 1}, nil, {0, 0}}[i] })
	step("text again", []int64{1}, nothing)
	step("all", []int64{1, 2, 3}, func(i int, c *domain.Chunk) { c.Embedding = []float32{1, float32(i)} })
}
