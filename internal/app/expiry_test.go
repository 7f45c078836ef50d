package app_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// clock is a clock that a test turns.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// unswept is a store whose expired rows nobody finds, so that they stay.
type unswept struct{ *sqlite.Store }

func (unswept) Due(context.Context, time.Time, int) ([]ports.Due, error) { return nil, nil }

// stale is a store that takes chunks for due which are not there.
type stale struct {
	*sqlite.Store
	asked chan time.Time
}

func (r stale) Due(_ context.Context, _ time.Time, limit int) ([]ports.Due, error) {
	select {
	case r.asked <- time.Now():
	default:
	}
	due := ports.Due{Database: "a"}
	for i := range limit {
		due.IDs = append(due.IDs, int64(1000+i))
	}
	return []ports.Due{due}, nil
}

// TestSweeperRestsWhereNothingGoes has more due at any time than one step deletes, none of
// which can be deleted.
func TestSweeperRestsWhereNothingGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		repo := stale{openStore(t, ""), make(chan time.Time, 3)}
		s := timed(t, repo, newClock(), 1<<30)
		insert(t, s, "a", chunk("x", 1, 0))
		first := <-repo.asked
		<-repo.asked
		if third := <-repo.asked; third.Sub(first) != 2*time.Second {
			t.Errorf("three steps in %v; want one a second", third.Sub(first))
		}
	})
}

// timed returns a service that lives by c.
func timed(t *testing.T, repo ports.ChunkRepository, c *clock, flatMax int) *app.Service {
	t.Helper()
	s, err := app.New(app.Config{
		Repository: repo, Flat: flat.Engine{}, Engines: []ports.Engine{graphEngine{}},
		FlatMax: func(int) int { return flatMax }, Now: c.Now,
		Report: func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func living(ttl time.Duration, c domain.Chunk) domain.Chunk {
	c.TTL = ttl
	return c
}

func keyed(key string, c domain.Chunk) domain.Chunk {
	c.Key = key
	return c
}

func hitIDs(hits []domain.Hit) []int64 {
	ids := make([]int64, len(hits))
	for i, h := range hits {
		ids[i] = h.ID
	}
	return ids
}

func sweep(t *testing.T, s *app.Service) {
	t.Helper()
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatalf("sweep: %v", err)
	}
}

func TestWhatHasExpiredIsNotSeen(t *testing.T) {
	for name, flatMax := range map[string]int{"flat": 1 << 30, "graph": 3} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			s := timed(t, unswept{openStore(t, filepath.Join(t.TempDir(), "memista.db"))}, c, flatMax)
			insert(t, s, "a", living(time.Second, chunk("1", 10, 1)), living(time.Minute, chunk("2", 9, 1)), chunk("3", 8, 1),
				living(time.Second, chunk("4", 7, 1)), chunk("5", 6, 1), chunk("6", 5, 1))
			if name == "graph" {
				search(t, s, "a", 1, 1, 0)
				plan(t, s, "a", domain.PlanGraph)
			}
			sees := func(want ...int64) {
				t.Helper()
				if got := hitIDs(search(t, s, "a", 3, 1, 0)); !slices.Equal(got, want[:min(3, len(want))]) {
					t.Errorf("Search(k=3) = %v; want the first 3 of %v", got, want)
				}
				for id := range int64(6) {
					_, err := s.Chunk(t.Context(), "a", app.Ref{ID: id + 1}, 0)
					if there := slices.Contains(want, id+1); there != (err == nil) || !there && !errors.Is(err, domain.ErrNotFound) {
						t.Errorf("Chunk(%d) = %v; there is it: %v", id+1, err, there)
					}
				}
				d, err := s.Database(t.Context(), "a")
				if err != nil || d.Chunks != int64(len(want)) {
					t.Errorf("Database has %d chunks, %v; want %d", d.Chunks, err, len(want))
				}
				parsed, err := filterlang.Parse([]byte(`{"$id":{"$gte":1}}`))
				if err != nil {
					t.Fatal(err)
				}
				filter := &parsed
				found, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0}, K: 9, Filter: filter}}})
				if err != nil || !slices.Equal(hitIDs(found.Hits[0]), want) || found.Explain[0].Rounds != 1 {
					t.Errorf("Search with a filter = %+v, %v; want %v in one round", found, err, want)
				}
				for _, f := range []*filterlang.Filter{nil, filter} {
					if n, err := s.Count(t.Context(), "a", f); err != nil || n != int64(len(want)) {
						t.Errorf("Count(%v) = %d, %v; want %d", f, n, err, len(want))
					}
					page, err := s.List(t.Context(), app.List{Database: "a", Filter: f})
					if err != nil || len(page.Chunks) != len(want) {
						t.Errorf("List(%v) = %d chunks, %v; want %d", f, len(page.Chunks), err, len(want))
					}
				}
				list, err := s.Databases(t.Context())
				if err != nil || list[0].Chunks != int64(len(want)) {
					t.Errorf("Databases = %+v, %v; want %d chunks", list, err, len(want))
				}
			}
			sees(1, 2, 3, 4, 5, 6)
			c.turn(time.Second - time.Microsecond)
			sees(1, 2, 3, 4, 5, 6)
			c.turn(time.Microsecond)
			sees(2, 3, 5, 6)
			if n, err := s.Delete(t.Context(), "a", []int64{1, 5}); err != nil || n != 1 {
				t.Errorf("Delete of one that has expired and another = %d, %v; want 1", n, err)
			}
			sees(2, 3, 6)
			c.turn(time.Hour)
			sees(3, 6)
		})
	}
}

func TestTTLs(t *testing.T) {
	c := newClock()
	s := timed(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), c, 1<<30)
	if _, _, err := s.Create(t.Context(), "a", domain.Settings{Metric: domain.InnerProduct, TTL: time.Minute}); err != nil {
		t.Fatal(err)
	}
	insert(t, s, "a", keyed("own", living(time.Second, chunk("1", 1, 0))), keyed("the database's", chunk("2", 1, 0)), living(time.Hour, chunk("3", 1, 0)))
	expires := func(id int64, want time.Duration) {
		t.Helper()
		ch, err := s.Chunk(t.Context(), "a", app.Ref{ID: id}, 0)
		if err != nil || !ch.ExpiresAt.Equal(newClock().Now().Add(want)) {
			t.Errorf("chunk %d expires at %v, %v; want noon and %v", id, ch.ExpiresAt, err, want)
		}
	}
	expires(1, time.Second)
	expires(2, time.Minute)
	expires(3, time.Hour)
	c.turn(500 * time.Millisecond)
	insert(t, s, "a", keyed("own", chunk("1 again", 1, 0)))
	expires(1, time.Minute+500*time.Millisecond)
	c.turn(time.Minute)
	if got := hitIDs(search(t, s, "a", 9, 1, 0)); !slices.Equal(got, []int64{3}) {
		t.Errorf("Search = %v; want 3", got)
	}
	in := app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: []domain.Chunk{keyed("own", chunk("4", 1, 0))}, OnConflict: domain.Refuse}
	if ids, err := s.Insert(t.Context(), in); err != nil || ids[0] != 4 {
		t.Errorf("Insert with the key of a chunk that has expired = %v, %v; want 4", ids, err)
	}
	for _, ttl := range []time.Duration{-1, domain.MaxTTL + 1} {
		if _, err := s.Insert(t.Context(), app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: []domain.Chunk{living(ttl, chunk("x", 1, 0))}}); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Insert with a TTL of %v: %v; want ErrInvalid", ttl, err)
		}
		if _, _, err := s.Create(t.Context(), "b", domain.Settings{TTL: ttl}); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Create with a TTL of %v: %v; want ErrInvalid", ttl, err)
		}
	}
}

func TestTheSweeperDeletesWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock()
		store := openStore(t, "")
		s := timed(t, store, c, 1<<30)
		var chunks []domain.Chunk
		for i := range 1000 {
			chunks = append(chunks, living(time.Duration(1+i%2)*time.Hour, chunk(fmt.Sprint(i), float32(i), 1)))
		}
		insert(t, s, "a", chunks...)
		insert(t, s, "b", living(time.Hour, chunk("x", 1))) // not open
		insert(t, s, "b", chunk("y", 1))
		search(t, s, "a", 1, 1, 0)
		c.turn(time.Hour)
		waitFor(t, "the sweep", func() bool {
			a, errA := store.Find(t.Context(), "a")
			b, errB := store.Find(t.Context(), "b")
			return errA == nil && errB == nil && a.Chunks == 500 && a.Sequence == 1500 && b.Chunks == 1 && b.Sequence == 3
		})
		if hits := search(t, s, "a", 1000, 1, 0); len(hits) != 500 {
			t.Errorf("%d hits; want 500", len(hits))
		}
		left, err := store.Due(t.Context(), c.Now(), 1)
		if err != nil || len(left) != 0 {
			t.Errorf("Due after the sweep = %v, %v; want none", left, err)
		}
	})
}

// TestRestoredGraphsKnowWhatExpires saves a graph while rows have expired and not been
// swept, and opens it again at other times of day.
func TestRestoredGraphsKnowWhatExpires(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	var engine *counting
	start := func() *app.Service {
		engine = &counting{}
		s, err := app.New(app.Config{
			Repository: unswept{openStore(t, filepath.Join(dir, "memista.db"))}, Flat: flat.Engine{},
			Engines: []ports.Engine{engine}, FlatMax: func(int) int { return 50 }, Files: indexdir.Dir(dir), Now: c.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	all := func(s *app.Service, want int) {
		t.Helper()
		hits := search(t, s, "a", 1000, 1, 0)
		if len(hits) != want {
			t.Errorf("%d hits; want %d", len(hits), want)
		}
		for _, h := range hits {
			if h.Expired(c.Now()) {
				t.Errorf("chunk %d expired at %v, it is %v", h.ID, h.ExpiresAt, c.Now())
			}
		}
	}
	s := start()
	var chunks []domain.Chunk
	for i := range 300 { // a third each: in an hour, in two, never
		chunks = append(chunks, keyed(fmt.Sprint(i), living(time.Duration(i%3)*time.Hour, chunk("", float32(i), 1))))
	}
	insert(t, s, "a", chunks...)
	all(s, 300)
	plan(t, s, "a", domain.PlanGraph)
	c.turn(time.Hour)
	all(s, 200)
	// The sequence moves, so that there is something to save; one that has expired is
	// written again, and one in the graph is replaced by one that expires later.
	insert(t, s, "a", keyed("1", chunk("", 1, 1)), keyed("2", living(3*time.Hour, chunk("", 2, 1))))
	all(s, 201)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct {
		turn time.Duration
		want int
		made int
	}{
		{0, 201, 0},
		{time.Hour, 102, 0},         // the second third has expired meanwhile, but for the replaced one
		{-time.Hour - 1, 300, 1},    // a clock that went back shows them again
		{10 * time.Hour, 101, 0},    // everything that ever expires
		{-10*time.Hour + 1, 201, 0}, // noon and an hour once more
	} {
		c.turn(at.turn)
		s := start()
		all(s, at.want)
		plan(t, s, "a", domain.PlanGraph)
		if r := verify(t, s, false); len(r.Findings) > 0 {
			t.Errorf("after %v: Verify = %+v; want nothing", at.turn, r.Findings)
		}
		if engine.made != at.made {
			t.Errorf("after %v: %d graphs were made of the rows; want %d", at.turn, engine.made, at.made)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestExpiryAgainstAModel compares every search with a map while time passes and chunks
// come, change, expire, are deleted and are swept.
func TestExpiryAgainstAModel(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 1))
	c := newClock()
	s := timed(t, openStore(t, ""), c, 40)
	type row struct {
		id      int64
		x       float32
		expires time.Time
	}
	rows := map[string]*row{} // by key
	for step := range 1500 {
		switch rng.IntN(8) {
		case 0, 1, 2:
			key := fmt.Sprint("k", rng.IntN(150))
			r := row{x: float32(rng.IntN(1000))}
			ch := keyed(key, chunk(key, r.x, 1))
			if rng.IntN(3) > 0 {
				ch.TTL = time.Duration(1+rng.IntN(60)) * time.Second
				r.expires = c.Now().Add(ch.TTL)
			}
			r.id = insert(t, s, "a", ch)[0]
			if old := rows[key]; old != nil && (old.expires.IsZero() || c.Now().Before(old.expires)) != (old.id == r.id) {
				t.Fatalf("seed %d, step %d: key %s had %+v, now has id %d", seed, step, key, *old, r.id)
			}
			rows[key] = &r
		case 3:
			for key, r := range rows {
				n, err := s.Delete(t.Context(), "a", []int64{r.id})
				if live := r.expires.IsZero() || c.Now().Before(r.expires); err != nil || (n == 1) != live {
					t.Fatalf("seed %d, step %d: Delete(%+v) = %d, %v", seed, step, *r, n, err)
				}
				delete(rows, key)
				break
			}
		case 4:
			c.turn(time.Duration(rng.IntN(5000)) * time.Millisecond)
			if rng.IntN(3) == 0 {
				sweep(t, s)
			}
		default:
			var want []int64
			for _, r := range rows {
				if r.expires.IsZero() || c.Now().Before(r.expires) {
					want = append(want, r.id)
				}
			}
			if len(want) == 0 && step < 20 {
				continue // the database may not be there yet
			}
			got := hitIDs(search(t, s, "a", 1000, 1, 0))
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d, step %d: Search = %v; want %v", seed, step, got, want)
			}
		}
	}
}

// TestExpiryBesideSearches searches while chunks expire, are swept and are written again:
// no search returns what had expired when it began, nor fewer than there are.
func TestExpiryBesideSearches(t *testing.T) {
	c := newClock()
	s := timed(t, openStore(t, ""), c, 60)
	const forever = 20
	for i := range forever {
		insert(t, s, "a", chunk("stays", float32(i)/100, 1))
	}
	ctx, stop := context.WithCancel(t.Context())
	var searchers sync.WaitGroup
	for range 4 {
		searchers.Go(func() {
			for ctx.Err() == nil {
				began := c.Now()
				found, err := s.Search(ctx, app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0}, K: forever}}, Fields: domain.FieldText})
				if ctx.Err() != nil {
					return
				}
				if err != nil || len(found.Hits[0]) != forever {
					t.Errorf("Search = %d hits, %v; want %d", len(found.Hits[0]), err, forever)
					return
				}
				for _, h := range found.Hits[0] {
					if h.Expired(began) {
						t.Errorf("hit %d expired at %v, the search began at %v", h.ID, h.ExpiresAt, began)
						return
					}
				}
			}
		})
	}
	for i := range 300 {
		insert(t, s, "a", keyed(fmt.Sprint(i%80), living(time.Duration(1+i%7)*time.Second, chunk("goes", 1+float32(i), 1))))
		c.turn(400 * time.Millisecond)
		if i%5 == 0 {
			sweep(t, s)
		}
	}
	stop()
	searchers.Wait()
}
