package chromaapi_test

import (
	"context"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// late is a service that calls between, which ends the life of a database, ahead of the next
// use case about chunks.
type late struct {
	*app.Service
	between func()
}

func (l *late) wait() {
	if between := l.between; between != nil {
		l.between = nil
		between()
	}
}

func (l *late) Insert(ctx context.Context, in app.Insert) ([]int64, error) {
	l.wait()
	return l.Service.Insert(ctx, in)
}

func (l *late) Change(ctx context.Context, in app.Change) (int, error) {
	l.wait()
	return l.Service.Change(ctx, in)
}

func (l *late) Remove(ctx context.Context, in app.Removal) (int, error) {
	l.wait()
	return l.Service.Remove(ctx, in)
}

func (l *late) Fetch(ctx context.Context, in app.Fetch) ([]domain.Chunk, error) {
	l.wait()
	return l.Service.Fetch(ctx, in)
}

func (l *late) List(ctx context.Context, in app.List) (app.Page, error) {
	l.wait()
	return l.Service.List(ctx, in)
}

func (l *late) Search(ctx context.Context, in app.Search) (app.Found, error) {
	l.wait()
	return l.Service.Search(ctx, in)
}

// TestAUUIDIsOfOneLife has a collection dropped, and another one made with its name, when a
// request has found the one of its UUID.
func TestAUUIDIsOfOneLife(t *testing.T) {
	uses := &late{Service: newService(t)}
	h := web.New(web.Options{})
	chromaapi.Mount(h, uses, uses.Collections(), chromaapi.Options{})
	c := &client{t: t, handler: h, ids: map[string]string{}}
	again := func() {
		c.send("DELETE", "/collections/docs", "")
		c.make("docs", "")
		c.want("POST", "/collections/{docs}/add", `{"ids":["a"],"embeddings":[[1,2]],"documents":["its own"]}`, 201, `{}`)
	}
	again()
	for _, r := range [][2]string{
		{"add", `{"ids":["b"],"embeddings":[[1,2]]}`},
		{"upsert", `{"ids":["a"],"embeddings":[[1,2]],"documents":["of another life"]}`},
		{"update", `{"ids":["a"],"documents":["of another life"]}`},
		{"delete", `{"ids":["a"]}`},
		{"delete", `{"where_document":{"$contains":"own"}}`},
		{"get", `{}`},
		{"get", `{"ids":["a"]}`},
		{"query", `{"query_embeddings":[[1,2]]}`},
	} {
		id := c.ids["docs"]
		uses.between = again
		a := c.send("POST", "/collections/"+id+"/"+r[0], r[1])
		if a.status != 404 || !strings.Contains(a.body, id) || uses.between != nil {
			t.Errorf("%s %s = %d %s; want 404 for %s", r[0], r[1], a.status, a.body, id)
		}
		c.want("POST", "/collections/{docs}/get", `{"include":["documents"]}`, 200, `{"ids":["a"],"embeddings":null,"documents":["its own"],"uris":null,"metadatas":null,"include":["documents"]}`)
	}
}
