package reembed_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/internal/adapters/index/flat"
	"github.com/memista/memista/internal/adapters/index/hnsw"
	"github.com/memista/memista/internal/adapters/index/indexdir"
	"github.com/memista/memista/internal/adapters/sqlite"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/app/embedding"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/fingerprint"
	"github.com/memista/memista/internal/ports"
)

// vector is the embedding of a text by the model of so many dimensions, or 100,000 more: no
// two texts are near each other, and no two models agree.
func vector(dims int, text string) []float32 {
	seed := sha256.Sum256(fmt.Append(nil, dims, text))
	r := rand.New(rand.NewChaCha8(seed))
	v, sum := make([]float32, dims%100000), 0.0
	for i := range v {
		v[i] = float32(r.NormFloat64())
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// hashed is an embedder whose model is named by its dimensions.
type hashed struct {
	dims int
	env  *env
}

func (h hashed) Model(context.Context) (domain.Model, error) {
	var es [][]float32
	for _, t := range fingerprint.Texts() {
		es = append(es, vector(h.dims, t))
	}
	f, err := fingerprint.Of(es)
	return domain.Model{Provider: "hash", Name: fmt.Sprint(h.dims), Dims: h.dims % 100000, Normalised: true, Fingerprint: f}, err
}

func (h hashed) Embed(ctx context.Context, texts []string, purpose ports.Purpose) ([][]float32, error) {
	if purpose == ports.PurposeDocument {
		if err := h.env.called(ctx, h.dims, len(texts)); err != nil {
			return nil, err
		}
	}
	made := make([][]float32, len(texts))
	for i, t := range texts {
		if t == "unfit" {
			return nil, domain.At(domain.Errorf(domain.ErrInvalid, "no token of it is known"), fmt.Sprintf("texts[%d]", i))
		}
		made[i] = vector(h.dims, t)
	}
	return made, nil
}

func (h hashed) Limits() ports.EmbedLimits { return ports.EmbedLimits{} }

// Close ends the calls that are held, as an embedder must.
func (h hashed) Close() error {
	h.env.mu.Lock()
	defer h.env.mu.Unlock()
	select {
	case <-h.env.closing:
	default:
		close(h.env.closing)
	}
	return nil
}

// held keeps a call until its context ends, or the embedder is closed.
func (e *env) held(ctx context.Context) error {
	e.mu.Lock()
	closing := e.closing
	e.mu.Unlock()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-closing:
		return domain.ErrClosed
	}
}

// env is a data directory whose service is stopped and started, and its embedders.
type env struct {
	t       *testing.T
	dir     string
	flatMax int
	*app.Service
	expect   string // what a report may say
	reported int
	closing  chan struct{}

	mu        sync.Mutex
	texts     map[int]int                                      // embedded as documents, by dims of the model
	meanwhile func(ctx context.Context, dims, calls int) error // is called with each call, with their number
	calls     map[int]int
}

func newEnv(t *testing.T, flatMax int) *env {
	t.Helper()
	e := &env{t: t, dir: t.TempDir(), flatMax: flatMax, texts: map[int]int{}, calls: map[int]int{}}
	e.start()
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func (e *env) called(ctx context.Context, dims, n int) error {
	e.mu.Lock()
	e.texts[dims] += n
	e.calls[dims]++
	then, calls := e.meanwhile, e.calls[dims]
	e.mu.Unlock()
	if then != nil {
		return then(ctx, dims, calls)
	}
	return nil
}

// on sets what happens while an embedder is called.
func (e *env) on(fn func(ctx context.Context, dims, calls int) error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.meanwhile = fn
}

func (e *env) embedded(dims int) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.texts[dims]
}

func (e *env) start() {
	e.t.Helper()
	e.closing = make(chan struct{})
	store, err := sqlite.Open(e.t.Context(), filepath.Join(e.dir, "memista.db"), nil)
	if err != nil {
		e.t.Fatal(err)
	}
	open := func(model string) (ports.Embedder, error) {
		var dims int
		_, err := fmt.Sscan(model, &dims)
		return hashed{dims, e}, err
	}
	e.Service, err = app.New(app.Config{
		Repository: store, Flat: flat.Engine{}, Engines: []ports.Engine{hnsw.Engine{}}, FlatMax: func(int) int { return e.flatMax }, Files: indexdir.Dir(e.dir),
		Embedders: embedding.NewRegistry(map[string]embedding.Opener{"hash": open}, ref(16), embedding.Options{}),
		Report: func(id string, err error) {
			if e.reported++; e.expect == "" || !strings.Contains(err.Error(), e.expect) {
				e.t.Errorf("reported of %s: %v", id, err)
			}
		},
	})
	if err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) stop() {
	e.t.Helper()
	if err := e.Close(); err != nil {
		e.t.Fatalf("Close: %v", err)
	}
}

func ref(dims int) domain.EmbedderRef {
	return domain.EmbedderRef{Provider: "hash", Model: fmt.Sprint(dims)}
}

// fill inserts n texts, "text 0" and so on, with keys "k0" and so on.
func (e *env) fill(n int) {
	e.t.Helper()
	var chunks []domain.Chunk
	for i := range n {
		chunks = append(chunks, domain.Chunk{Key: fmt.Sprint("k", i), Text: fmt.Sprint("text ", i)})
		if len(chunks) == 500 || i == n-1 {
			if _, err := e.Insert(e.t.Context(), app.Insert{Database: "db", Chunks: chunks}); err != nil {
				e.t.Fatal(err)
			}
			chunks = nil
		}
	}
}

// reembed starts the job.
func (e *env) reembed(dims int, m domain.Metric) app.Job {
	e.t.Helper()
	j, err := e.StartReembed(e.t.Context(), app.Reembed{Database: "db", Embedder: ref(dims), Metric: m})
	if err != nil {
		e.t.Fatalf("StartReembed: %v", err)
	}
	return j
}

// ended waits for a job.
func (e *env) ended(j app.Job) app.Job {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	j, err := e.WaitJob(ctx, j.ID)
	if err != nil {
		e.t.Fatalf("WaitJob: %v", err)
	}
	return j
}

// done waits for a job that must be done.
func (e *env) done(j app.Job) {
	e.t.Helper()
	if j = e.ended(j); j.State != app.JobDone {
		e.t.Fatalf("the job has ended as %+v; want it done", j)
	}
}

func (e *env) describe() domain.Database {
	e.t.Helper()
	d, err := e.Database(e.t.Context(), "db")
	if err != nil {
		e.t.Fatal(err)
	}
	return d.Database
}

// find returns the hit that is nearest to a text, exactly.
func (e *env) find(ctx context.Context, text string) (domain.Hit, error) {
	found, err := e.Search(ctx, app.Search{Database: "db", Queries: []app.Query{{NearText: text, K: 1, Ef: 500}}, Fields: domain.DefaultFields | domain.FieldEmbedding})
	if err != nil {
		return domain.Hit{}, err
	}
	if len(found.Hits[0]) != 1 {
		return domain.Hit{}, fmt.Errorf("%d hits", len(found.Hits[0]))
	}
	h := found.Hits[0][0]
	switch {
	case h.Text != text:
		return h, fmt.Errorf("nearest to %q is %q", text, h.Text)
	case h.Score < 0.999 || h.Score > 1.001:
		return h, fmt.Errorf("the score of %q is %g", text, h.Score)
	}
	return h, nil
}

// all reads all chunks.
func (e *env) all() []domain.Chunk {
	e.t.Helper()
	var all []domain.Chunk
	for after := int64(0); ; after = all[len(all)-1].ID {
		page, err := e.List(e.t.Context(), app.List{Database: "db", After: after, Limit: 1000, Fields: domain.DefaultFields | domain.FieldEmbedding})
		if err != nil {
			e.t.Fatal(err)
		}
		if all = append(all, page.Chunks...); page.Next == 0 {
			return all
		}
	}
}

// sound checks that each chunk has the embedding of its text by a model, that searches find
// it by that, and that nothing is wrong in the file.
func (e *env) sound(dims, chunks int) {
	e.t.Helper()
	all := e.all()
	if len(all) != chunks {
		e.t.Errorf("%d chunks; want %d", len(all), chunks)
	}
	for i, c := range all {
		if fmt.Sprint(c.Embedding) != fmt.Sprint(vector(dims, c.Text)) {
			e.t.Fatalf("chunk %d, %q, has %v; want its embedding by the model of %d dimensions", c.ID, c.Text, c.Embedding, dims)
		}
		if i%7 == 0 {
			if h, err := e.find(e.t.Context(), c.Text); err != nil || h.ID != c.ID {
				e.t.Errorf("search for the text of chunk %d finds %d, %v", c.ID, h.ID, err)
			}
		}
	}
	if d := e.describe(); d.Dims != dims%100000 || d.Embedder.EmbedderRef != ref(dims) {
		e.t.Errorf("the database has %d dimensions by %s; want %d", d.Dims, d.Embedder, dims)
	}
	report, err := e.Verify(e.t.Context(), false)
	if err != nil || len(report.Findings) > 0 {
		e.t.Errorf("Verify = %+v, %v; want no findings", report.Findings, err)
	}
}

var errDown = errors.New("the provider is down")
