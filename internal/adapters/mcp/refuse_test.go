package mcp_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/adapters/mcp"
	"github.com/memista/memista/internal/adapters/web"
)

func TestBadInput(t *testing.T) {
	everyway(t, mcp.Options{Write: true}, func(t *testing.T, s *session, db api.Service) {
		fill(t, db)
		for _, c := range []struct{ name, arguments, want string }{
			{"search", `{"database":"both","query":"x","limit":1000000}`, "limit must be between 1 and 50"},
			{"search", `{"database":"both","query":"x","limit":0}`, "limit"},
			{"search", `{"database":"both","query":"x","limit":1.5}`, "limit"},
			{"search", `{"database":"both","query":"x","limit":"ten"}`, "limit"},
			{"search", `{"database":"both","query":"x","limit":1e300}`, "limit"},
			{"search", `{"database":"both","query":7}`, "query"},
			{"search", `{"database":"both"}`, "query is missing"},
			{"search", `{"database":"both","query":""}`, "query"},
			{"search", `{"database":"both","query":"x","top_k":3}`, "there is no \"top_k\"; there are database, filter, limit, query"},
			{"search", `{"database":"nobody","query":"x"}`, "Database 'nobody' not found"},
			{"search", `{"database":"","query":"x"}`, "database"},
			{"search", `{"database":"both","query":"x","filter":"n > 1"}`, "filter"},
			{"search", `{"database":"both","query":"x","filter":{"n":{"$near":1}}}`, "$near"},
			{"search", `{"database":"both","query":"x","filter":{"$or":7}}`, "$or"},
			{"count", `{"database":"both","filter":[1]}`, "filter"},
			{"count", `{"database":"both","filter":{"a":` + strings.Repeat(`{"$not":`, 500) + `1` + strings.Repeat(`}`, 500) + `}}`, "filter"},
			{"count", `null`, "database"},
			{"get", `{"database":"both"}`, "either id or key"},
			{"get", `{"database":"both","id":1,"key":"k0"}`, "either id or key"},
			{"get", `{"database":"both","id":-1}`, "id"},
			{"get", `{"database":"both","id":99999999999999999999}`, "arguments"},
			{"get", `{"database":"both","key":"nobody"}`, "nobody"},
			{"get", `{"database":"both","id":1,"offset":-1}`, "offset"},
			{"describe_database", `{"database":"nobody"}`, "Database 'nobody' not found"},
			{"list_databases", `{"limit":1000}`, "limit"},
			{"remember", `{"database":"both","items":[]}`, "items"},
			{"remember", `{"database":"both","items":null}`, "items"},
			{"remember", `{"database":"both","items":[{"text":"x"}]}`, "key"},
			{"remember", `{"database":"both","items":[{"key":"a","text":""}]}`, "text"},
			{"remember", `{"database":"both","items":[{"key":"a","text":"x","metadata":"s"}]}`, "metadata"},
			{"remember", `{"database":"both","items":[{"key":"a","text":"x","ttl_seconds":0}]}`, "ttl_seconds"},
			{"remember", `{"database":"both","items":[{"key":"` + strings.Repeat("k", 513) + `","text":"x"}]}`, "512"},
			{"remember", `{"database":"a/b","items":[{"key":"a","text":"x"}]}`, "database"},
			{"remember", `{"database":"neither","items":[{"key":"a","text":"x"}]}`, "embedding cannot be empty"},
			{"update", `{"database":"both","text":"x"}`, "either id or key"},
			{"update", `{"database":"both","key":"k0","text":null}`, "text"},
			{"update", `{"database":"both","key":"nobody","text":"x"}`, "nobody"},
			{"forget", `{"database":"both"}`, "either ids or keys"},
			{"forget", `{"database":"both","ids":[1],"keys":["k0"]}`, "either ids or keys"},
			{"forget", `{"database":"both","ids":["1"]}`, "ids"},
			{"forget", `{"database":"both","ids":null}`, "ids"},
		} {
			if got := s.refused(c.name, c.arguments); !strings.Contains(got, c.want) || len(got) > 3000 {
				t.Errorf("%s(%.100s) says %q; want %q in it", c.name, c.arguments, got, c.want)
			}
		}
		if _, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: "drop_everything"}); err == nil {
			t.Error("an unknown tool was called")
		}
		if _, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: "count", Arguments: []int{1}}); err == nil {
			if got := s.refused("count", `[1]`); !strings.Contains(got, "arguments") {
				t.Errorf("arguments that are a list: %q", got)
			}
		}
		if got := s.call("count", `{"database":"both"}`); got != `{"count":3}` {
			t.Errorf("count after all of that = %s; want 3", got)
		}
	})
}

func TestWithoutWrite(t *testing.T) {
	everyway(t, mcp.Options{}, func(t *testing.T, s *session, db api.Service) {
		fill(t, db)
		for name, arguments := range map[string]string{
			"remember": `{"database":"both","items":[{"key":"a","text":"x"}]}`,
			"update":   `{"database":"both","key":"k0","text":"x"}`,
			"forget":   `{"database":"both","keys":["k0"]}`,
		} {
			if _, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: name, Arguments: json.RawMessage(arguments)}); err == nil {
				t.Errorf("%s was called where nothing may be written", name)
			}
		}
		info, err := db.Describe(t.Context(), "both")
		if err != nil || info.Sequence != 3 || info.Chunks != 3 {
			t.Errorf("the database has %d chunks after %d changes, %v; want 3 and 3", info.Chunks, info.Sequence, err)
		}
	})
}

// broken are use cases that panic.
type broken struct{ api.Service }

func (broken) Count(context.Context, string, *api.Filter) (int64, error) { panic("as the test asks") }

func (broken) Get(context.Context, string, int64) (api.Chunk, error) { panic("as the test asks") }

func TestPanicsAreErrors(t *testing.T) {
	db := newService(t)
	fill(t, db)
	test := func(t *testing.T, s *session) {
		if _, err := s.CallTool(t.Context(), &sdk.CallToolParams{Name: "count", Arguments: json.RawMessage(`{"database":"both"}`)}); err == nil || !strings.Contains(err.Error(), "internal error") {
			t.Errorf("a call that panics = %v; want an internal error", err)
		}
		if _, err := read(t, s, "memista://both/chunks/1"); err == nil || !strings.Contains(err.Error(), "internal error") {
			t.Errorf("a resource that panics = %v; want an internal error", err)
		}
		s.call("describe_database", `{"database":"both"}`)
	}
	t.Run("on pipes", func(t *testing.T) { test(t, overPipes(t, broken{db}, mcp.Options{})) })
	t.Run("over HTTP", func(t *testing.T) {
		test(t, toHTTP(t, serveUses(t, broken{db}, mcp.Options{}, web.Options{}), ""))
	})
}

func TestServeEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	in, out := &silent{begun: make(chan struct{}), end: make(chan struct{})}, &strings.Builder{}
	done := make(chan error, 1)
	go func() { done <- mcp.Serve(ctx, newService(t), mcp.Options{}, in, out, slog.New(slog.DiscardHandler)) }()
	<-in.begun
	cancel()
	if err := <-done; err != nil || out.Len() > 0 {
		t.Errorf("Serve = %v after %q; want no error and nothing written", err, out)
	}
	close(in.end)
}
