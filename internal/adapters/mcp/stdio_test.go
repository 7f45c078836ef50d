package mcp_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/adapters/mcp"
)

// slow are use cases whose counts wait for one another.
type slow struct {
	api.Service
	entered chan struct{}
	leave   chan struct{}
}

func (s slow) Count(ctx context.Context, id string, f *api.Filter) (int64, error) {
	s.entered <- struct{}{}
	select {
	case <-s.leave:
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return s.Service.Count(ctx, id, f)
}

// hello begins a session and calls a tool.
const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"count","arguments":{"database":"both"}}}
`

func TestEndOfInputLeavesNothingUnanswered(t *testing.T) {
	db := newService(t)
	fill(t, db)
	uses := slow{db, make(chan struct{}, 1), make(chan struct{})}
	var out strings.Builder
	done := make(chan error, 1)
	go func() {
		done <- mcp.Serve(t.Context(), uses, mcp.Options{}, strings.NewReader(hello), &out, slog.New(slog.DiscardHandler))
	}()
	<-uses.entered
	close(uses.leave)
	if err := <-done; err != nil {
		t.Errorf("Serve = %v", err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[1], `{"count":3}`) {
		t.Errorf("Serve wrote %q; want two answers", lines)
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) {
			t.Errorf("Serve wrote %q; want a message a line", line)
		}
	}
}

func TestEndOfContextEndsCalls(t *testing.T) {
	db := newService(t)
	fill(t, db)
	uses := slow{db, make(chan struct{}, 1), make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- mcp.Serve(ctx, uses, mcp.Options{}, strings.NewReader(hello), &strings.Builder{}, slog.New(slog.DiscardHandler))
	}()
	<-uses.entered
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve = %v; want no error", err)
	}
}
