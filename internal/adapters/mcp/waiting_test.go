package mcp_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/adapters/mcp"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/ports/waiting"
)

// elsewhere is use cases whose counts wait for another process until released is closed.
type elsewhere struct {
	mcp.UseCases
	asked, released chan struct{}
}

func (e elsewhere) Count(ctx context.Context, id string, f *api.Filter) (n int64, err error) {
	err = waiting.For(ctx, func() error {
		e.asked <- struct{}{}
		<-e.released
		return nil
	})
	return 7, err
}

// A tool that waits for another process gives back the slot of its request.
func TestAToolThatWaitsHoldsNoSlot(t *testing.T) {
	db := newService(t)
	fill(t, db)
	uses := elsewhere{db, make(chan struct{}, 2), make(chan struct{})}
	url := serveUses(t, uses, mcp.Options{}, web.Options{Limits: web.Limits{Searches: 1, Queue: -1}})
	release := sync.OnceFunc(func() { close(uses.released) })
	t.Cleanup(release) // also where this fails: the server waits for its requests
	counted := make(chan string, 1)
	go func() { counted <- toHTTP(t, url, "").call("count", `{"database":"words"}`) }()
	select {
	case <-uses.asked:
	case <-time.After(10 * time.Second):
		t.Fatal("the count has not begun")
	}
	if got := names(toHTTP(t, url, "").tools()); got != readers {
		t.Errorf("beside it the tools are %s; want %s", got, readers)
	}
	release()
	<-counted
}
