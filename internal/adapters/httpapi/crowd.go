package httpapi

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync"
)

// crowd bounds the connections of a server. Those that wait for a request are the ones
// to go: a caller whose connection was idle opens another, and one that never sends a
// whole request is not missed.
type crowd struct {
	most int

	mu      sync.Mutex // guards the rest, and place and gone of every guest
	open    int
	waiting list.List // of *guest, the one that has waited longest first
}

func newCrowd(most int) *crowd { return &crowd{most: most} }

// guest is a connection that is counted.
type guest struct {
	net.Conn
	crowd *crowd
	once  sync.Once
	place *list.Element // among the waiting; nil: it has a request under way
	gone  bool          // it is closed, and counted no longer
}

// Close closes the connection and counts it no longer.
func (g *guest) Close() error {
	g.once.Do(func() {
		g.crowd.mu.Lock()
		defer g.crowd.mu.Unlock()
		g.crowd.open--
		g.gone = true
		g.stand()
	})
	return g.Conn.Close()
}

// wait puts g at the end of those who wait; crowd.mu is held.
func (g *guest) wait() {
	if g.place == nil && !g.gone {
		g.place = g.crowd.waiting.PushBack(g)
	}
}

// stand takes g from those who wait; crowd.mu is held.
func (g *guest) stand() {
	if g.place != nil {
		g.crowd.waiting.Remove(g.place)
		g.place = nil
	}
}

// crowdListener counts the connections that it accepts.
type crowdListener struct {
	net.Listener
	crowd *crowd
}

// Accept returns the next connection for which there is room.
func (l crowdListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g := l.crowd.admit(c); g != nil {
			return g, nil
		}
		_ = c.Close() // nobody has been promised anything yet
	}
}

// admit counts c, in the place of another one if need be; nil: there is no room.
func (cr *crowd) admit(c net.Conn) *guest {
	g := &guest{Conn: c, crowd: cr}
	oldest, ok := cr.enter(g)
	if oldest != nil {
		_ = oldest.Close() // it has no request that could be lost
	}
	if !ok {
		return nil
	}
	return g
}

// enter counts g, and returns the one to close for it.
func (cr *crowd) enter(g *guest) (oldest *guest, ok bool) {
	cr.mu.Lock()
	defer cr.mu.Unlock()
	if cr.open >= cr.most {
		first := cr.waiting.Front()
		if first == nil {
			return nil, false
		}
		oldest = first.Value.(*guest)
		oldest.stand()
	}
	cr.open++
	g.wait()
	return oldest, true
}

// guestOf returns the guest that net/http knows as c, which may be TLS over it.
func guestOf(c net.Conn) *guest {
	if over, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = over.NetConn()
	}
	g, _ := c.(*guest)
	return g
}

// state is told by net/http what a connection is doing: idle, it waits for the next
// request.
func (cr *crowd) state(c net.Conn, s http.ConnState) {
	if g := guestOf(c); g != nil && s == http.StateIdle {
		cr.mu.Lock()
		defer cr.mu.Unlock()
		g.wait()
	}
}

type guestKey struct{}

// remember lets serve find the connection of a request.
func (cr *crowd) remember(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, guestKey{}, guestOf(c))
}

// yieldConnection lets the connection of a request whose caller has its answer be closed
// for another one.
func yieldConnection(ctx context.Context) {
	if g, _ := ctx.Value(guestKey{}).(*guest); g != nil {
		g.crowd.mu.Lock()
		g.wait()
		g.crowd.mu.Unlock()
	}
}

// serve notes that a connection has a request, now that its headers are whole: net/http
// calls one active at the first byte.
func (cr *crowd) serve(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g, _ := r.Context().Value(guestKey{}).(*guest); g != nil {
			cr.mu.Lock()
			g.stand()
			cr.mu.Unlock()
		}
		next.ServeHTTP(w, r)
	})
}
