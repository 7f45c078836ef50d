package web

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
)

// connectionLimiter bounds the open connections of a server. Where there are too many, it
// closes one that waits for a request: a caller whose connection was idle opens another,
// and one that never sends a whole request is not missed.
type connectionLimiter struct {
	max int

	mu   sync.Mutex // guards the rest, and element and closed of every trackedConn
	open int
	idle list.List // of *trackedConn, the one that has waited longest first
}

func newConnectionLimiter(limit int) *connectionLimiter { return &connectionLimiter{max: limit} }

// trackedConn is a connection that is counted.
type trackedConn struct {
	net.Conn
	limiter *connectionLimiter
	once    sync.Once
	element *list.Element // in limiter.idle; nil: a request is under way
	closed  bool          // and counted no longer
}

// Close closes the connection and counts it no longer.
func (t *trackedConn) Close() error {
	t.once.Do(func() {
		t.limiter.mu.Lock()
		defer t.limiter.mu.Unlock()
		t.limiter.open--
		t.closed = true
		t.markActive()
	})
	return t.Conn.Close()
}

// markIdle appends t to the idle connections; limiter.mu is held.
func (t *trackedConn) markIdle() {
	if t.element == nil && !t.closed {
		t.element = t.limiter.idle.PushBack(t)
	}
}

// markActive removes t from the idle connections; limiter.mu is held.
func (t *trackedConn) markActive() {
	if t.element != nil {
		t.limiter.idle.Remove(t.element)
		t.element = nil
	}
}

// limitedListener counts the connections that it accepts.
type limitedListener struct {
	net.Listener
	limiter *connectionLimiter
}

// Accept returns the next connection that is within the limit.
func (l limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if t := l.limiter.track(c); t != nil {
			return t, nil
		}
		_ = c.Close() // it has not been read from
	}
}

// track counts c, and closes an idle connection for it if need be; nil: all are active.
func (cl *connectionLimiter) track(c net.Conn) *trackedConn {
	t := &trackedConn{Conn: c, limiter: cl}
	oldest, ok := cl.add(t)
	if oldest != nil {
		_ = oldest.Close() // it has no request that could be lost
	}
	if !ok {
		return nil
	}
	return t
}

// add counts t, and returns the connection to close for it.
func (cl *connectionLimiter) add(t *trackedConn) (oldest *trackedConn, ok bool) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.open >= cl.max {
		first := cl.idle.Front()
		if first == nil {
			return nil, false
		}
		oldest = first.Value.(*trackedConn)
		oldest.markActive()
	}
	cl.open++
	t.markIdle()
	return oldest, true
}

// trackedConnOf returns the connection behind c, which may be TLS over it.
func trackedConnOf(c net.Conn) *trackedConn {
	if over, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = over.NetConn()
	}
	t, _ := c.(*trackedConn)
	return t
}

// connState is http.Server.ConnState: an idle connection waits for the next request.
func (cl *connectionLimiter) connState(c net.Conn, s http.ConnState) {
	if t := trackedConnOf(c); t != nil && s == http.StateIdle {
		cl.mu.Lock()
		defer cl.mu.Unlock()
		t.markIdle()
	}
}

type trackedConnKey struct{}

// connContext is http.Server.ConnContext: it lets serve find the connection of a request.
func (cl *connectionLimiter) connContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, trackedConnKey{}, trackedConnOf(c))
}

// serve marks a connection as active now that the headers of a request have arrived:
// net/http calls one active at the first byte.
func (cl *connectionLimiter) serve(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if t, _ := r.Context().Value(trackedConnKey{}).(*trackedConn); t != nil {
			cl.mu.Lock()
			t.markActive()
			cl.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}

// markConnectionIdle lets the connection of a request that has its answer be closed for
// another one.
func markConnectionIdle(ctx context.Context) {
	if t, _ := ctx.Value(trackedConnKey{}).(*trackedConn); t != nil {
		t.limiter.mu.Lock()
		t.markIdle()
		t.limiter.mu.Unlock()
	}
}
