package httpapi_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/memista/memista/internal/domain/filterlang"

	"github.com/google/go-cmp/cmp"

	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// fakeUses has the use cases whose functions are set, and panics in all others.
type fakeUses struct {
	httpapi.UseCases
	insert      func(app.Insert) ([]int64, error)
	search      func(app.Search) (app.Found, error)
	deleteKeys  func(database string, keys []string) (int, error)
	deleteWhere func(database string, f *filterlang.Filter) (int, error)
	jobs        func() []app.Job
}

func (f fakeUses) Limits() app.Limits { return app.DefaultLimits() }

func (f fakeUses) Insert(_ context.Context, in app.Insert) ([]int64, error) { return f.insert(in) }

func (f fakeUses) Search(_ context.Context, in app.Search) (app.Found, error) { return f.search(in) }

func (f fakeUses) DeleteKeys(_ context.Context, database string, keys []string) (int, error) {
	return f.deleteKeys(database, keys)
}

func (f fakeUses) DeleteWhere(_ context.Context, database string, filter *filterlang.Filter) (int, error) {
	return f.deleteWhere(database, filter)
}

func (f fakeUses) Jobs() []app.Job { return f.jobs() }

// TestRoutesCallTheirUseCases looks at what a use case is given by its route, and at what
// its caller gets.
func TestRoutesCallTheirUseCases(t *testing.T) {
	var got any
	uses := fakeUses{
		insert: func(in app.Insert) ([]int64, error) { got = in; return []int64{7, 8}, nil },
		search: func(in app.Search) (app.Found, error) {
			got = in.Database
			return app.Found{Hits: [][]domain.Hit{{{Chunk: domain.Chunk{ID: 3, Text: "t"}, Score: 0.5, Distance: 0.25}}}}, nil
		},
		deleteKeys: func(database string, keys []string) (int, error) {
			got = append([]string{database}, keys...)
			return 2, nil
		},
		deleteWhere: func(database string, f *filterlang.Filter) (int, error) {
			got = []any{database, f == nil}
			return 9, nil
		},
		jobs: func() []app.Job {
			got = nil
			return []app.Job{{ID: 1, Database: "mine-1", State: app.JobDone}, {ID: 2, Database: "theirs", State: app.JobDone}}
		},
	}
	c := client{t: t, handler: newHandler(uses, options{Keys: limitedKeys()})}
	for _, tt := range []struct {
		key, method, path, body string
		given                   any
		want                    string
	}{
		{"root", "POST", "/v1/insert", `{"database_id":"d","chunks":[{"embedding":[1,2],"text":"t","key":"k"}],"on_conflict":"skip"}`,
			app.Insert{Database: "d", Metric: domain.InnerProduct, OnConflict: domain.Skip, Chunks: []domain.Chunk{{Embedding: []float32{1, 2}, Text: "t", Key: "k"}}}, `{"inserted_ids":[7,8]}`},
		{"root", "POST", "/v1/databases/d/chunks", `{"chunks":[{"embedding":[1]}]}`,
			app.Insert{Database: "d", Chunks: []domain.Chunk{{Embedding: []float32{1}}}}, `{"inserted_ids":[7,8]}`},
		{"root", "POST", "/v1/search", `{"database_id":"d","embeddings":[[1]],"num_results":1,"include":["text"]}`,
			"d", `[[{"chunk_id":3,"key":null,"text":"t","score":0.5,"distance":0.25}]]`},
		{"root", "POST", "/v1/databases/d/delete", `{"keys":["a","b"]}`, []string{"d", "a", "b"}, `{"deleted":2}`},
		{"root", "POST", "/v1/databases/d/delete", `{"all":true}`, []any{"d", true}, `{"deleted":9}`},
	} {
		got = nil
		if answer := c.as(tt.key, tt.method, tt.path, tt.body); answer.status != 200 || answer.body != tt.want {
			t.Errorf("%s %s = %d %s; want 200 %s", tt.method, tt.path, answer.status, answer.body, tt.want)
		}
		if diff := cmp.Diff(tt.given, got); diff != "" {
			t.Errorf("%s %s gives its use case (-want +got):\n%s", tt.method, tt.path, diff)
		}
	}
	if answer := c.as("read", "GET", "/v1/jobs", ""); answer.status != 200 || !strings.Contains(answer.body, "mine-1") || strings.Contains(answer.body, "theirs") {
		t.Errorf("jobs = %d %s; want the one that the key reaches", answer.status, answer.body)
	}
}

func TestErrorsOfUseCases(t *testing.T) {
	for _, tt := range []struct {
		err    error
		status int
		want   string
	}{
		{domain.Errorf(domain.ErrConflict, "say this"), 409, `"error":"say this","code":"conflict"`},
		{errors.New("secret"), 500, `"error":"internal error","code":"internal"`},
	} {
		h := newHandler(fakeUses{insert: func(app.Insert) ([]int64, error) { return nil, tt.err }}, options{})
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, request("POST", "/v1/insert", strings.NewReader(twoChunks)))
		if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.want) {
			t.Errorf("an insert that ends in %v = %d %s; want %d %s", tt.err, rec.Code, rec.Body, tt.status, tt.want)
		}
	}
}
