package fxapp_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/fx"

	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/ports"
)

// spyRepository counts the writes that pass through it.
type spyRepository struct {
	ports.ChunkRepository
	writes *atomic.Int64
}

func (s spyRepository) Write(ctx context.Context, b domain.Batch, applied func(domain.Commit)) (domain.Commit, error) {
	s.writes.Add(1)
	return s.ChunkRepository.Write(ctx, b, applied)
}

// spyEngine is an engine of another name that tells of the indexes it makes.
type spyEngine struct {
	ports.Engine
	made chan struct{} // has room for one
}

// around is the spy over what e makes.
func (s spyEngine) around(e ports.Engine) ports.Engine {
	s.Engine = e
	return s
}

func (s spyEngine) Name() string { return "spy" }

func (s spyEngine) New(set ports.IndexSettings) (ports.VectorIndex, error) {
	select {
	case s.made <- struct{}{}:
	default:
	}
	return s.Engine.New(set)
}

// spyBuffers is spyEngine for exact indexes.
type spyBuffers struct {
	ports.BufferEngine
	made chan struct{}
}

func (s spyBuffers) Name() string { return "spy" }

func (s spyBuffers) NewBuffer(set ports.IndexSettings) (ports.Buffer, error) {
	select {
	case s.made <- struct{}{}:
	default:
	}
	return s.BufferEngine.NewBuffer(set)
}

// manyChunks is an insert of more chunks than are searched without a graph.
func manyChunks() string {
	rng := rand.New(rand.NewPCG(1, 2))
	chunks := make([]string, 6000)
	for i := range chunks {
		chunks[i] = fmt.Sprintf(`{"embedding":[%g,%g],"text":"%d"}`, rng.Float32(), rng.Float32(), i)
	}
	return `{"database_id":"d","chunks":[` + strings.Join(chunks, ",") + `]}`
}

func TestRepositoryCanBeSwapped(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	var writes atomic.Int64
	memory, err := compose.Repository(t.Context(), compose.Config{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := settings(t)
	url, _ := start(t, cfg, fx.Replace(fx.Annotate(spyRepository{memory, &writes}, fx.As(new(ports.ChunkRepository)))))
	if code, body := post(t, url+"/v1/insert", insert); code != 200 {
		t.Fatalf("insert = %d %s", code, body)
	}
	if code, body := post(t, url+"/v1/search", search); code != 200 || !strings.Contains(body, `"text":"a"`) {
		t.Errorf("search = %d %s", code, body)
	}
	if writes.Load() != 1 {
		t.Errorf("%d writes went through the swapped repository; want 1", writes.Load())
	}
	if files, _ := filepath.Glob(cfg.Data.Path + "*"); len(files) > 0 {
		t.Errorf("the replaced repository was opened: %v", files)
	}
}

// TestEnginesCanBeSwapped has more chunks than are searched without a graph, and waits
// for the index that the swapped engine makes of them.
func TestEnginesCanBeSwapped(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	graph := compose.Graphs()[0].Name()
	for _, c := range []struct {
		name       string
		engine     string // configured
		ofDatabase string // set by whoever makes it
		swap       func(spyEngine) fx.Option
	}{
		{"the graphs are decorated", "", "", func(s spyEngine) fx.Option {
			return fx.Decorate(s.around)
		}},
		{"the graphs are replaced", "", "", func(s spyEngine) fx.Option {
			return fx.Replace(fx.Annotate(s.around(hnsw.Engine{}), fx.As(new(ports.Engine))))
		}},
		{"the configured engine is replaced by one of another name", graph, "", func(s spyEngine) fx.Option {
			return fx.Replace(fx.Annotate(s.around(hnsw.Engine{}), fx.As(new(ports.Engine))))
		}},
		{"an engine is added for databases that name it", "", "spy", func(s spyEngine) fx.Option {
			return fx.Decorate(fx.Annotate(func(have []ports.Engine) []ports.Engine { return append(have, s.around(hnsw.Engine{})) },
				fx.ParamTags(`name:"others"`), fx.ResultTags(`name:"others"`)))
		}},
		{"the exact indexes are decorated", "flat", "", func(s spyEngine) fx.Option {
			return fx.Decorate(fx.Annotate(func(e ports.BufferEngine) ports.BufferEngine { return spyBuffers{e, s.made} }, fx.ParamTags(`name:"flat"`), fx.ResultTags(`name:"flat"`)))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := settings(t)
			cfg.Data.Engine = c.engine
			spy := spyEngine{made: make(chan struct{}, 1)}
			url, _ := start(t, cfg, c.swap(spy))
			if c.ofDatabase != "" {
				put(t, url+"/v1/databases/d", `{"engine":"`+c.ofDatabase+`"}`)
			}
			if code, body := post(t, url+"/v1/insert", manyChunks()); code != 200 {
				t.Fatalf("insert = %d %s", code, body)
			}
			if code, body := post(t, url+"/v1/search", search); code != 200 {
				t.Fatalf("search = %d %s", code, body)
			}
			select {
			case <-spy.made:
			case <-time.After(time.Minute):
				t.Fatal("after a minute the swapped engine has made no index")
			}
			if _, body := get(t, url+"/v1/databases/d"); !strings.Contains(body, `"engine":"spy"`) {
				t.Errorf("the database is not served by the swapped engine: %s", body)
			}
		})
	}
}

// put makes a database.
func put(t *testing.T, url, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if raw, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusCreated {
		t.Fatalf("PUT %s = %d %s", url, res.StatusCode, raw)
	}
}
