package compose_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/usearch"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
	"github.com/memista/memista/internal/ports/repotest"
)

const dims = 32

// vectors are n random ones, the same at every call.
func vectors(n int) [][]float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	all := make([][]float32, n)
	for i := range all {
		all[i] = make([]float32, dims)
		for j := range all[i] {
			all[i][j] = rng.Float32() - 0.5
		}
	}
	return all
}

func open(t *testing.T, c compose.Config) *app.Service {
	t.Helper()
	c.Report = func(id string, err error) { t.Errorf("reported of %q: %v", id, err) }
	made, err := compose.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return made.Service
}

func fill(t *testing.T, s *app.Service, id string, set domain.Settings, all [][]float32) {
	t.Helper()
	if _, _, err := s.Create(t.Context(), id, set); err != nil {
		t.Fatal(err)
	}
	for part := range slices.Chunk(all, 1000) {
		chunks := make([]domain.Chunk, len(part))
		for i, v := range part {
			chunks[i] = domain.Chunk{Text: fmt.Sprint(i), Embedding: v}
		}
		if _, err := s.Insert(t.Context(), app.Insert{Database: id, Chunks: chunks}); err != nil {
			t.Fatal(err)
		}
	}
}

// settled waits until database id is served by plan, and describes it.
func settled(t *testing.T, s *app.Service, id string, plan domain.Plan) app.DatabaseInfo {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		info, err := s.Database(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if info.Open && info.Plan == plan && (plan == domain.PlanFlat || info.Tail.Len == 0) {
			return info
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q is not served by %q: %+v", id, plan, info)
		}
	}
}

// found checks that every vector is its own nearest neighbor, and how that was found
// unless plan is "".
func found(t *testing.T, s *app.Service, id string, all [][]float32, plan domain.Plan) {
	t.Helper()
	missed := 0
	for i := 0; i < len(all); i += 50 {
		got, err := s.Search(t.Context(), app.Search{Database: id, Queries: []app.Query{{Embedding: all[i], K: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Hits[0]) != 1 || plan != "" && got.Explain[0].Plan != plan {
			t.Fatalf("Search = %+v; want one hit by %q", got, plan)
		}
		if got.Hits[0][0].ID != int64(i+1) {
			missed++
		}
	}
	if missed > len(all)/50/20 {
		t.Errorf("%d of %d vectors are not found by themselves", missed, len(all)/50)
	}
}

func TestDefaultEngine(t *testing.T) {
	want := "hnsw"
	if usearch.Supported {
		want = "usearch"
	}
	if got := compose.About().Engines; got[0] != want || got[len(got)-1] != "flat" {
		t.Errorf("engines of this build: %v; want %s first and flat last", got, want)
	}
	s := open(t, compose.Config{Path: filepath.Join(t.TempDir(), "memista.db")})
	defer s.Close()
	all := vectors(6000)
	fill(t, s, "a", domain.Settings{Metric: domain.Cosine}, all)
	found(t, s, "a", all[:1], "")
	info := settled(t, s, "a", domain.PlanGraph)
	if info.Engine != want || info.Graph.Engine != want || info.Graph.Len != len(all) {
		t.Errorf("served by %q: %+v; want %s with %d vectors", info.Engine, info.Graph, want, len(all))
	}
	found(t, s, "a", all, domain.PlanGraph)
}

// TestEnginesTakeEachOthersDatabases opens the data of one engine with others, and with
// none, and then with the first one again.
func TestEnginesTakeEachOthersDatabases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memista.db")
	all := vectors(6000)
	engines := []ports.Engine{hnsw.Engine{}}
	if usearch.Supported {
		engines = append(engines, usearch.Engine{})
	}
	first := open(t, compose.Config{Path: path, Graphs: engines[:1]})
	fill(t, first, "a", domain.Settings{Metric: domain.Cosine, Engine: engines[0].Name()}, all)
	found(t, first, "a", all[:1], "")
	settled(t, first, "a", domain.PlanGraph)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for _, e := range append(engines, nil, engines[0]) {
		graphs, name, plan := []ports.Engine{}, "flat", domain.PlanFlat
		if e != nil {
			graphs, name, plan = append(graphs, e), e.Name(), domain.PlanGraph
		}
		s := open(t, compose.Config{Path: path, Graphs: graphs})
		found(t, s, "a", all[:1], "")
		if info := settled(t, s, "a", plan); info.Engine != name {
			t.Errorf("served by %q; want %q", info.Engine, name)
		}
		found(t, s, "a", all, plan)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOtherAdapters swaps the repository and all engines.
func TestOtherAdapters(t *testing.T) {
	s := open(t, compose.Config{Repository: repotest.NewMemory(), Graphs: []ports.Engine{}})
	all := vectors(3000)
	fill(t, s, "a", domain.Settings{}, all)
	got, err := s.Search(t.Context(), app.Search{Database: "a", Queries: []app.Query{{Embedding: all[7], K: 3}}, Fields: domain.FieldText})
	if err != nil || len(got.Hits[0]) != 3 || got.Explain[0].Plan != domain.PlanFlat {
		t.Errorf("Search = %+v, %v", got, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
