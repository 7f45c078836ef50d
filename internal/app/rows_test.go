package app_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// searchOften searches until the rows of the database are kept in memory.
func searchOften(t *testing.T, s *app.Service, db string, k int, v ...float32) []domain.Hit {
	t.Helper()
	for range 50 {
		search(t, s, db, k, v...)
	}
	before := rowsRead(t, s)
	hits := search(t, s, db, k, v...)
	if n := rowsRead(t, s) - before; n != 0 {
		t.Fatalf("%d rows were read from the file", n)
	}
	return hits
}

func rowsRead(t *testing.T, s *app.Service) uint64 {
	t.Helper()
	st, err := s.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return st.RowsRead
}

func texts(hits []domain.Hit) (list []string) {
	for _, h := range hits {
		list = append(list, h.Text)
	}
	return list
}

// Rows in memory are those of the last change, whatever changes them.
func TestRowsInMemoryFollowChanges(t *testing.T) {
	s := open(t)
	keyed := chunk("one", 1, 0)
	keyed.Key = "k"
	insert(t, s, "a", keyed, chunk("two", 0.9, 0), chunk("three", 0.8, 0), chunk("four", 0.7, 0))
	want := func(step string, list ...string) {
		t.Helper()
		if got := texts(search(t, s, "a", 10, 1, 0)); fmt.Sprint(got) != fmt.Sprint(list) {
			t.Errorf("after %s: %v; want %v", step, got, list)
		}
		searchOften(t, s, "a", 10, 1, 0)
	}
	want("insert", "one", "two", "three", "four")

	text := "2"
	if _, err := s.Patch(t.Context(), "a", app.Ref{ID: 2}, app.Patch{Text: &text}); err != nil {
		t.Fatal(err)
	}
	want("patch", "one", "2", "three", "four")

	keyed.Text = "1"
	insert(t, s, "a", keyed)
	want("replacement", "1", "2", "three", "four")

	if _, err := s.Delete(t.Context(), "a", []int64{3}); err != nil {
		t.Fatal(err)
	}
	want("deletion", "1", "2", "four")

	if _, err := s.Drop(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	insert(t, s, "a", chunk("new", 1, 0), chunk("newer", 0.9, 0))
	want("drop", "new", "newer")
}

// Whoever searches after a text was acknowledged sees it or a later one, never an earlier
// one, however many searches read rows while they are written.
func TestRowsInMemoryBesideWriters(t *testing.T) {
	s := newService(t, openFast(t), 1<<30)
	insert(t, s, "a", chunk("0", 1, 0))
	searchOften(t, s, "a", 1, 1, 0)
	var acked atomic.Int64
	const changes = 300
	g, ctx := errgroup.WithContext(t.Context())
	g.Go(func() error {
		for n := int64(1); n <= changes; n++ {
			text := fmt.Sprint(n)
			if _, err := s.Patch(ctx, "a", app.Ref{ID: 1}, app.Patch{Text: &text}); err != nil {
				return err
			}
			acked.Store(n)
		}
		return nil
	})
	for range 3 {
		g.Go(func() error {
			for acked.Load() < changes {
				least := acked.Load()
				found, err := s.Search(ctx, app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0}, K: 1}}, Fields: domain.DefaultFields})
				if err != nil {
					return err
				}
				var got int64
				if _, err := fmt.Sscan(found.Hits[0][0].Text, &got); err != nil {
					return err
				}
				if got < least {
					return fmt.Errorf("found text %d when %d was acknowledged", got, least)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// toldLater is a store that runs something of the test's when a batch is committed and
// nobody has been told of it yet.
type toldLater struct {
	*sqlite.Store
	before atomic.Pointer[func()]
	asked  chan struct{} // has something once a database was looked up
}

func (r *toldLater) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	return r.Store.Write(ctx, b, func(c domain.Commit) {
		if before := r.before.Swap(nil); before != nil {
			(*before)()
		}
		applied(c)
	})
}

func (r *toldLater) Find(ctx context.Context, id string) (domain.Database, error) {
	select {
	case r.asked <- struct{}{}:
	default:
	}
	return r.Store.Find(ctx, id)
}

// Postings that are made between a commit and the news of it know the rows as they are
// after it. A row in memory that is older must not be taken for one of them.
func TestRowsInMemoryBesideNewPostings(t *testing.T) {
	repo := &toldLater{Store: openStore(t, filepath.Join(t.TempDir(), "memista.db")), asked: make(chan struct{}, 1)}
	s := newService(t, repo, 1<<30)
	var chunks []domain.Chunk
	for i := range 10 {
		c := chunk("", float32(i), 1)
		c.Metadata = domain.MetadataString(fmt.Sprintf(`{"g":%d}`, i%2))
		chunks = append(chunks, c)
	}
	ids := insert(t, s, "a", chunks...)
	searchOften(t, s, "a", 10, 1, 1)

	f := filter(t, `{"g":1}`)
	var found app.Found
	var err error
	done := make(chan struct{})
	during := func() {
		select {
		case <-repo.asked: // by whoever writes
		default:
		}
		go func() {
			defer close(done)
			found, err = s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 1}, K: 10, Filter: f}}, Fields: domain.DefaultFields})
		}()
		select {
		case <-done: // it has an answer, or
		case <-repo.asked: // it waits for the news
		}
	}
	repo.before.Store(&during)
	if _, err := s.Patch(t.Context(), "a", app.Ref{ID: ids[0]}, app.Patch{Metadata: metadata(t, `{"g":1}`)}); err != nil {
		t.Fatal(err)
	}
	if <-done; err != nil {
		t.Fatal(err)
	}
	for _, h := range found.Hits[0] {
		if !f.Matches(&h.Chunk) {
			t.Errorf("hit %+v is not selected", h.Chunk)
		}
	}
	if n := len(found.Hits[0]); n != 5 && n != 6 {
		t.Errorf("%d hits; want 5 before the change or 6 after it", n)
	}
}
