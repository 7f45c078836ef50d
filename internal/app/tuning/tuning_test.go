package tuning_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/tuning"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/indextest"
)

// open opens the file at path.
func open(t *testing.T, path string) *app.Service {
	t.Helper()
	repo, err := sqlite.Open(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := app.New(app.Config{
		Repository: repo, Flat: flat.Engine{}, Engines: []ports.Engine{hnsw.Engine{}},
		FlatMax: func(int) int { return 200 },
		Report:  func(id string, err error) { t.Errorf("reported of %q: %v", id, err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// put stores vectors under the keys from first on.
func put(t *testing.T, s *app.Service, first int, vectors [][]float32) {
	t.Helper()
	for part := range slices.Chunk(vectors, 1000) {
		chunks := make([]domain.Chunk, len(part))
		for i, v := range part {
			chunks[i] = domain.Chunk{Key: fmt.Sprint(first), Embedding: v, Metadata: domain.Metadata{Form: domain.ObjectMetadata, Text: `{"a":1}`}}
			first++
		}
		if _, err := s.Insert(t.Context(), app.Insert{Database: "d", Chunks: chunks}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.WaitIndexed(t.Context(), "d", nil); err != nil {
		t.Fatal(err)
	}
}

// measured returns the settings of d, and the note in them, when one was measured since after.
func measured(t *testing.T, s *app.Service, after int64) (domain.Settings, tuning.Note) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		st, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if st.Recall.Measured <= after {
			continue
		}
		d, err := s.Database(t.Context(), "d")
		if err != nil {
			t.Fatal(err)
		}
		var n tuning.Note
		if err := json.Unmarshal([]byte(d.Tuned.Note), &n); err != nil {
			t.Fatalf("the note is %q: %v", d.Tuned.Note, err)
		}
		t.Logf("measured in %v", st.Recall.Spent)
		if st.Recall.Targets != 1 || st.Recall.Failed != 0 || st.Recall.Missed != 0 || st.Recall.Spent <= 0 {
			t.Errorf("Stats = %+v; want one target that was reached", st.Recall)
		}
		return d.Settings, n
	}
	t.Fatalf("nothing was measured")
	return domain.Settings{}, tuning.Note{}
}

// recallOf returns the recall at 10 of queries that bring the beam width ef, or none with 0, and
// how many nodes they visit.
func recallOf(t *testing.T, s *app.Service, queries [][]float32, ef int) (share float64, visited int) {
	t.Helper()
	ask := func(q app.Query) app.Found {
		found, err := s.Search(t.Context(), app.Search{Database: "d", Queries: []app.Query{q}})
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	sum := 0
	for _, v := range queries {
		truth := ask(app.Query{Embedding: v, K: 10, Exact: true}).Hits[0]
		found := ask(app.Query{Embedding: v, K: 10, Ef: ef})
		visited += found.Explain[0].Visited
		for _, h := range found.Hits[0] {
			if slices.ContainsFunc(truth, func(t domain.Hit) bool { return t.ID == h.ID }) {
				sum++
			}
		}
	}
	return float64(sum) / float64(10*len(queries)), visited
}

const rows, asked, dims, target = 6000, 600, 48, 0.9

// The recall of a database is kept at its target, also when a third of it was replaced, and the
// beam width is there again after a restart.
func TestTheTargetIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	s := open(t, path)
	vectors := indextest.Gaussian(12, rows+asked, dims)
	if _, _, err := s.Create(t.Context(), "d", domain.Settings{Metric: domain.L2, TargetRecall: target}); err != nil {
		t.Fatal(err)
	}
	put(t, s, 0, vectors[:rows])
	queries := vectors[rows:]
	check := func(set *domain.Settings, n tuning.Note) {
		t.Helper()
		got, visited := recallOf(t, s, queries, 0)
		t.Logf("ef %d: estimate %v, other queries %v", set.Tuned.Ef, n.Recall, got)
		if got < target-0.02 || got > target+0.04 {
			t.Errorf("searches find %v with ef %d; want about %v", got, set.Tuned.Ef, target)
		}
		if n.Ef != set.Tuned.Ef || !n.Reached || n.Recall < target || n.Low >= n.Recall || n.Queries != 1000 || n.Vectors != rows || n.K != 10 || len(n.Curve) < 6 || !set.Tuned.Narrow {
			t.Errorf("the tuning is %+v, the note %+v", set.Tuned, n)
		}
		if wide, more := recallOf(t, s, queries, 150); wide < got || more < 2*visited {
			t.Errorf("with ef 150 searches find %v and visit %d nodes, with none %v and %d; want the one that is sent", wide, more, got, visited)
		}
	}
	set, first := measured(t, s, 0)
	check(&set, first)

	others := indextest.Gaussian(13, rows/3+asked/3, dims) // elsewhere, as a third of the queries is then
	indextest.Shift(others, 0.5)
	put(t, s, 0, others[:rows/3])
	queries = slices.Concat(queries[asked/3:], others[rows/3:])
	set, second := measured(t, s, 1)
	if second.Sequence <= first.Sequence || !second.At.After(first.At) {
		t.Errorf("the second measurement is %+v after %+v", second, first)
	}
	check(&set, second)

	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	if d, err := s.Database(t.Context(), "d"); err != nil || d.Settings != set {
		t.Errorf("after a restart the settings are %+v, %v; want %+v", d.Settings, err, set)
	}
	if err := s.WaitIndexed(t.Context(), "d", nil); err != nil {
		t.Fatal(err)
	}
	got, _ := recallOf(t, s, queries, 0)
	if got < target-0.02 || got > target+0.04 {
		t.Errorf("after a restart searches find %v; want about %v", got, target)
	}
}

func TestTheTargetAsASetting(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "m.db"))
	for name, set := range map[string]domain.Settings{
		"too small": {TargetRecall: 0.3}, "too large": {TargetRecall: 1}, "negative": {TargetRecall: -0.9}, "beside ef_search": {TargetRecall: 0.9, EfSearch: 10},
	} {
		if _, _, err := s.Create(t.Context(), "x", set); !errors.Is(err, domain.ErrInvalid) {
			t.Errorf("Create with a target that is %s = %v; want ErrInvalid", name, err)
		}
	}
	if _, _, err := s.Create(t.Context(), "d", domain.Settings{EfSearch: 20}); err != nil {
		t.Fatal(err)
	}
	alter := func(a domain.Alteration) (domain.Settings, error) {
		done, err := s.Alter(t.Context(), "d", a)
		return done.Database.Settings, err
	}
	if set, err := alter(domain.Alteration{TargetRecall: new(0.9)}); !errors.Is(err, domain.ErrInvalid) {
		t.Errorf("Alter to a target beside ef_search = %+v, %v; want ErrInvalid", set, err)
	}
	if set, err := alter(domain.Alteration{TargetRecall: new(0.9), EfSearch: new(0)}); err != nil || set.TargetRecall != 0.9 || set.EfSearch != 0 {
		t.Errorf("Alter to a target in place of ef_search = %+v, %v", set, err)
	}
	found := domain.Tuning{Target: 0.9, Ef: 40, Narrow: true, Note: `{"ef":40}`}
	if set, err := alter(domain.Alteration{Tuned: &found}); err != nil || set.Tuned != found {
		t.Errorf("Alter to a tuning = %+v, %v; want %+v", set, err, found)
	}
	late := domain.Tuning{Target: 0.8, Ef: 4}
	if set, err := alter(domain.Alteration{Tuned: &late}); err != nil || set.Tuned != found {
		t.Errorf("Alter to a tuning for another target = %+v, %v; want the one of before", set, err)
	}
	if set, err := alter(domain.Alteration{TTL: new(time.Hour)}); err != nil || set.Tuned != found {
		t.Errorf("Alter of something else = %+v, %v; want the tuning of before", set, err)
	}
	if set, err := alter(domain.Alteration{TargetRecall: new(0.95)}); err != nil || set.Tuned != (domain.Tuning{}) {
		t.Errorf("Alter to another target = %+v, %v; want no tuning", set, err)
	}
	if set, err := alter(domain.Alteration{TargetRecall: new(0.0)}); err != nil || set.TargetRecall != 0 {
		t.Errorf("Alter to no target = %+v, %v", set, err)
	}
}

// A narrow beam width is for searches such as those that were measured.
func TestWidths(t *testing.T) {
	narrow, wide := domain.Tuning{Ef: 40, Narrow: true}, domain.Tuning{Ef: 400}
	for _, tc := range []struct {
		of       domain.Tuning
		k        int
		filtered bool
		want     int
	}{
		{narrow, 10, false, 40}, {narrow, 11, false, 0}, {narrow, 10, true, 0}, {wide, 10, false, 400}, {wide, 100, true, 400}, {domain.Tuning{}, 10, false, 0},
	} {
		if got := tc.of.Width(tc.k, tc.filtered); got != tc.want {
			t.Errorf("%+v.Width(%d, %v) = %d; want %d", tc.of, tc.k, tc.filtered, got, tc.want)
		}
	}
}
