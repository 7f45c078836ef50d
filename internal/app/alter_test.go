package app_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// alter changes settings and waits for the job, if it takes one.
func alter(t *testing.T, s *app.Service, id string, a domain.Alteration) app.Job {
	t.Helper()
	done, err := s.Alter(t.Context(), id, a)
	if err != nil {
		t.Fatalf("Alter = %v; want nil", err)
	}
	if done.Job == nil {
		return app.Job{State: app.JobDone}
	}
	return wait(t, s, done.Job.ID)
}

func settings(t *testing.T, s *app.Service, id string) domain.Settings {
	t.Helper()
	d, err := s.Database(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d.Settings
}

// TestAlterMetricBesideSearchesAndWrites changes the metric back and forth while others
// search and write: each answer is that of one metric, with the scores of that metric.
func TestAlterMetricBesideSearchesAndWrites(t *testing.T) {
	for _, flatMax := range []int{1 << 30, 100} {
		s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), flatMax)
		insert(t, s, "a", chunk("far", 10, 0), chunk("near", 1, 0), chunk("aside", 0, 1))
		var many []domain.Chunk
		for i := range 300 {
			many = append(many, chunk("x", -1, -float32(i)))
		}
		insert(t, s, "a", many...)
		done := make(chan struct{})
		g, ctx := errgroup.WithContext(t.Context())
		for range 2 {
			g.Go(func() error { return searchBothWays(ctx, s, done) })
		}
		g.Go(func() error {
			for i := 0; ; i++ {
				select {
				case <-done:
					return nil
				default:
				}
				if _, err := s.Insert(ctx, app.Insert{Metric: domain.InnerProduct, Database: "a", Chunks: []domain.Chunk{chunk("x", -2, -float32(i))}}); err != nil {
					return err
				}
			}
		})
		for i := range 6 {
			m := []domain.Metric{domain.L2, domain.InnerProduct}[i%2]
			if j := alter(t, s, "a", domain.Alteration{Metric: &m}); j.State != app.JobDone {
				t.Errorf("job %+v; want it done", j)
			}
			if got := settings(t, s, "a").Metric; got != m {
				t.Errorf("metric is %s; want %s", got, m)
			}
			want := map[domain.Metric]string{domain.L2: "near", domain.InnerProduct: "far"}[m]
			if hits := search(t, s, "a", 1, 1, 0); len(hits) != 1 || hits[0].Text != want {
				t.Errorf("under %s the first hit is %+v; want %s", m, hits, want)
			}
		}
		close(done)
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
	}
}

func searchBothWays(ctx context.Context, s *app.Service, done chan struct{}) error {
	for {
		select {
		case <-done:
			return nil
		default:
		}
		found, err := s.Search(ctx, app.Search{Database: "a", Queries: []app.Query{{Embedding: []float32{1, 0}, K: 2}}, Fields: domain.DefaultFields})
		if err != nil {
			return err
		}
		var got []string
		for _, h := range found.Hits[0] {
			got = append(got, fmt.Sprintf("%s %g", h.Text, h.Score))
		}
		if a := strings.Join(got, ", "); a != "far 10, near 1" && a != "near 1, aside 0.33333334" {
			return fmt.Errorf("an answer is %s, which is that of neither metric", a)
		}
	}
}

func TestAlterToCosineChecksAllVectors(t *testing.T) {
	s := open(t)
	insert(t, s, "a", chunk("one", 1, 0), chunk("zero", 0, 0), chunk("two", 0, 2))
	before := settings(t, s, "a")
	cosine, ttl := domain.Cosine, time.Hour
	j := alter(t, s, "a", domain.Alteration{Metric: &cosine, TTL: &ttl})
	if j.State != app.JobFailed || !strings.Contains(j.Error, "length zero") || !strings.Contains(j.Error, "chunk 2") {
		t.Errorf("job %+v; want it failed because of chunk 2", j)
	}
	if got := settings(t, s, "a"); got != before {
		t.Errorf("settings are %+v; want %+v", got, before)
	}
	if hits := search(t, s, "a", 3, 0, 1); len(hits) != 3 || hits[0].Text != "two" || hits[0].Score != 2 {
		t.Errorf("search after a failed job finds %+v", hits)
	}
	if _, err := s.Delete(t.Context(), "a", []int64{2}); err != nil {
		t.Fatal(err)
	}
	if j := alter(t, s, "a", domain.Alteration{Metric: &cosine, TTL: &ttl}); j.State != app.JobDone {
		t.Errorf("job %+v; want it done", j)
	}
	if got := settings(t, s, "a"); got.Metric != cosine || got.TTL != ttl {
		t.Errorf("settings are %+v; want both changed", got)
	}
	_, err := s.Insert(t.Context(), app.Insert{Database: "a", Chunks: []domain.Chunk{chunk("zero", 0, 0)}})
	if !errors.Is(err, domain.ErrZeroVector) {
		t.Errorf("Insert of a zero vector = %v; want ErrZeroVector", err)
	}
}

// TestAlteredSettingsOutliveTheService closes the service at a random moment of a job, or
// after it: the old settings are there, or the new ones, with the index that fits.
func TestAlteredSettingsOutliveTheService(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 19))
	old := domain.Settings{Dims: 2, Metric: domain.InnerProduct, FullText: ""}
	for round := range 12 {
		path := filepath.Join(t.TempDir(), "memista.db")
		s := newService(t, openStore(t, path), 50)
		insert(t, s, "a", chunk("far", 10, 0), chunk("near", 1, 0))
		for range 3 {
			var many []domain.Chunk
			for i := range 100 {
				many = append(many, chunk("x", -1, -float32(i)))
			}
			insert(t, s, "a", many...)
		}
		l2, m, ttl := domain.L2, 8, time.Hour
		done, err := s.Alter(t.Context(), "a", domain.Alteration{Metric: &l2, M: &m, TTL: &ttl})
		if err != nil || done.Job == nil {
			t.Fatalf("Alter = %+v, %v; want a job", done, err)
		}
		if round == 0 {
			wait(t, s, done.Job.ID)
		} else {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(30))*time.Millisecond)
			_, _ = s.WaitJob(ctx, done.Job.ID)
			cancel()
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = newService(t, openStore(t, path), 50)
		got, want := settings(t, s, "a"), "far"
		got.Engine = "" // it tells the default
		switch got {
		case old:
			if round == 0 {
				t.Error("the settings are the old ones after the job was done")
			}
		case domain.Settings{Dims: 2, Metric: l2, M: m, TTL: ttl}:
			want = "near"
		default:
			t.Errorf("settings are %+v; want all old or all new", got)
		}
		if hits := search(t, s, "a", 1, 1, 0); len(hits) != 1 || hits[0].Text != want {
			t.Errorf("under %s the first hit is %+v; want %s", got.Metric, hits, want)
		}
	}
}

func TestAlterTellsWhoHasItOpen(t *testing.T) {
	s := open(t)
	insert(t, s, "a", chunk("one", 1, 0))
	ttl := time.Hour
	if j := alter(t, s, "a", domain.Alteration{TTL: &ttl}); j.State != app.JobDone {
		t.Fatalf("job %+v; want it done", j)
	}
	ids := insert(t, s, "a", chunk("two", 1, 0))
	c, err := s.Chunk(t.Context(), "a", app.Ref{ID: ids[0]}, domain.DefaultFields)
	if err != nil || c.ExpiresAt.IsZero() {
		t.Errorf("a chunk that was stored after the change = %+v, %v; want one that expires", c, err)
	}
	if _, err := s.Alter(t.Context(), "a", domain.Alteration{}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Alter of nothing = %v; want ErrInvalid", err)
	}
}

func TestOneAlterationAtATime(t *testing.T) {
	s := newService(t, openStore(t, filepath.Join(t.TempDir(), "memista.db")), 1<<30)
	var many []domain.Chunk
	for i := range 3000 {
		many = append(many, chunk("x", 1, float32(i)))
	}
	insert(t, s, "a", many...)
	l2, storage := domain.L2, "f32"
	first, err := s.Alter(t.Context(), "a", domain.Alteration{Metric: &l2})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Alter(t.Context(), "a", domain.Alteration{Storage: &storage})
	if j := wait(t, s, first.Job.ID); j.State != app.JobDone {
		t.Errorf("job %+v; want it done", j)
	}
	if err != nil && !errors.Is(err, domain.ErrBusy) {
		t.Errorf("a second Alter = %v; want ErrBusy, or nil after the first was done", err)
	}
}
