package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"
)

// Limiter is a concurrencyLimiter.
type Limiter struct{ l *concurrencyLimiter }

// NewLimiter is newConcurrencyLimiter.
func NewLimiter(slots, queue int, wait time.Duration) Limiter {
	return Limiter{newConcurrencyLimiter(slots, queue, wait)}
}

// Acquire is acquire.
func (l Limiter) Acquire(ctx context.Context) error { return l.l.acquire(ctx) }

// Release is release.
func (l Limiter) Release() { l.l.release() }

// Full is full.
func (l Limiter) Full() bool { return l.l.full() }

// TakeAllSlots leaves no slot for a request until giveBack is called.
func (h *Handler) TakeAllSlots() (giveBack func()) {
	for _, l := range h.load.limiters {
		for range cap(l.slots) {
			l.slots <- struct{}{}
		}
	}
	return func() {
		for _, l := range h.load.limiters {
			for range cap(l.slots) {
				l.release()
			}
		}
	}
}

// InUse returns how many slots, and how many bytes for bodies, are taken.
func (h *Handler) InUse() (slots int, bytes int64) {
	for _, l := range h.load.limiters {
		slots += len(l.slots)
	}
	return slots, h.load.bodyBytes.Load()
}

// Authorizer returns a function that checks the key of req against the rule of a route
// that reads the database id.
func (h *Handler) Authorizer(req *http.Request, id string) func() error {
	gc := gin.CreateTestContextOnly(httptest.NewRecorder(), h.engine)
	gc.Request = req
	gc.Params = gin.Params{{Key: "id", Value: id}}
	r := &route{surface: h.anySurface, rule: Reader(InPath)}
	return func() error {
		c := h.begin(gc, r)
		defer c.end()
		return c.authorize()
	}
}

// Idle returns how many connections wait for a request.
func (s *Server) Idle() int {
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	return s.limiter.idle.Len()
}
