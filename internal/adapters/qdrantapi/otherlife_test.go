package qdrantapi_test

import (
	"context"
	"strings"
	"testing"

	"github.com/memista/memista/internal/adapters/qdrantapi"
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

func (l *late) SearchGroups(ctx context.Context, in app.Groups) ([]app.Group, error) {
	l.wait()
	return l.Service.SearchGroups(ctx, in)
}

// TestARequestIsAboutOneLife has a collection dropped, and another one made with its name, when
// a request has looked for it: what was read of the first one says nothing of the second.
func TestARequestIsAboutOneLife(t *testing.T) {
	uses := &late{Service: newService(t, app.Limits{})}
	h := web.New(web.Options{})
	qdrantapi.Mount(h, uses, uses.Collections(), qdrantapi.Options{Version: "test"})
	c := &client{t: t, svc: uses.Service, handler: h}
	again := func() {
		c.ok("DELETE", "/collections/docs", "")
		c.ok("PUT", "/collections/docs", `{"vectors":{"size":2,"distance":"Dot"}}`)
		c.ok("PUT", "/collections/docs/points", `{"points":[{"id":1,"vector":[1,2],"payload":{"n":1}}]}`)
	}
	again()
	for _, r := range [][3]string{
		{"PUT", "points", `{"points":[{"id":2,"vector":[1,2]}]}`},
		{"PUT", "points", `{"points":[{"id":1,"vector":[1,2]}],"update_mode":"update_only"}`},
		{"POST", "points/payload", `{"points":[1],"payload":{"n":2}}`},
		{"PUT", "points/payload", `{"filter":{},"payload":{"n":2}}`},
		{"PUT", "points/vectors", `{"points":[{"id":1,"vector":[3,4]}]}`},
		{"POST", "points/delete", `{"points":[1]}`},
		{"POST", "points/delete", `{"filter":{}}`},
		{"POST", "points", `{"ids":[1]}`},
		{"POST", "points/scroll", `{}`},
		{"POST", "points/query", `{"query":[1,2]}`},
		{"POST", "points/search/groups", `{"vector":[1,2],"group_by":"n","limit":2,"group_size":2}`},
	} {
		uses.between = again
		rec := c.send(r[0], "/collections/docs/"+r[1], r[2])
		if rec.Code != 404 || !strings.Contains(rec.Body.String(), "`docs`") || uses.between != nil {
			t.Errorf("%s %s %s = %d %s; want 404", r[0], r[1], r[2], rec.Code, rec.Body)
		}
		c.want("POST", "/collections/docs/points/scroll", `{"with_vector":true}`, `{"points":[{"id":1,"payload":{"n":1},"vector":[1,2]}],"next_page_offset":null}`)
	}
}
