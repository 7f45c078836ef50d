package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// Time limits of a connection. A caller gets five seconds for the headers and a few more
// for the first part of the body, which earns it the time for the rest (see Limits), so
// that slow senders cannot hold connections for long; the answer has longer, for the first
// search of a large database waits for its index.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 5 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	maxConnections    = 4096
)

// ServerOptions are the choices of a Server. Zero values mean the defaults.
type ServerOptions struct {
	// Logger receives what net/http reports about broken connections; nil: none.
	Logger            *zap.Logger
	Certificate       *Certificate  // nil: HTTP without TLS
	ReadHeaderTimeout time.Duration // 5 s
	ReadTimeout       time.Duration // 15 s for headers and body; a Handler allows a large body longer, see Limits
	WriteTimeout      time.Duration // 5 min, from the end of the headers to the end of the answer
	IdleTimeout       time.Duration // 2 min between two requests
	// Also are further addresses to listen on.
	Also []string
	// MaxConnections bounds the open connections, 4,096. Past it, the one that has waited
	// longest for a request is closed for a new one; where none waits, the new one is.
	MaxConnections int
}

// Server serves a handler on one address. Call Listen, then Serve in a goroutine of its
// own, then Shutdown.
type Server struct {
	http      http.Server
	addrs     []string       // the first is that of http
	listeners []net.Listener // one of each
	secure    bool           // not told from http.TLSConfig, which net/http sets on every server
	limiter   *connectionLimiter
}

// NewServer returns a server of handler on addr (host:port; port 0 takes a free one).
func NewServer(handler http.Handler, addr string, o ServerOptions) *Server {
	log := o.Logger
	if log == nil {
		log = zap.NewNop()
	}
	errorLog, _ := zap.NewStdLogAt(log.Named("http"), zap.WarnLevel) // fails for unknown levels only
	s := &Server{limiter: newConnectionLimiter(orDefault(o.MaxConnections, maxConnections)), http: http.Server{
		Addr: addr, ErrorLog: errorLog, MaxHeaderBytes: maxHeaderBytes,
		ReadHeaderTimeout: orDefault(o.ReadHeaderTimeout, readHeaderTimeout),
		ReadTimeout:       orDefault(o.ReadTimeout, readTimeout),
		WriteTimeout:      orDefault(o.WriteTimeout, writeTimeout),
		IdleTimeout:       orDefault(o.IdleTimeout, idleTimeout),
	}}
	s.addrs = append([]string{addr}, o.Also...)
	s.http.Handler = s.limiter.serve(handler)
	s.http.ConnState, s.http.ConnContext = s.limiter.connState, s.limiter.connContext
	if o.Certificate != nil {
		s.http.TLSConfig, s.secure = o.Certificate.config(), true
	}
	return s
}

// Listen takes the addresses, all or none. Connections wait until Serve is called.
func (s *Server) Listen() error {
	var lc net.ListenConfig
	for _, addr := range s.addrs {
		l, err := lc.Listen(context.Background(), "tcp", addr) // taking a local port does not block
		if err != nil {
			s.closeListeners()
			return &ListenError{Addr: addr, Err: err}
		}
		s.listeners = append(s.listeners, limitedListener{l, s.limiter})
	}
	return nil
}

// ListenError says which address could not be taken.
type ListenError struct {
	Addr string // host:port
	Err  error
}

func (e *ListenError) Error() string { return fmt.Sprintf("listen on %s: %v", e.Addr, e.Err) }

func (e *ListenError) Unwrap() error { return e.Err }

func (s *Server) closeListeners() {
	for _, l := range s.listeners {
		_ = l.Close() // it may be closed already
	}
	s.listeners = nil
}

// Addr is the first address that Listen took, with the real port. It is nil before.
func (s *Server) Addr() net.Addr {
	if len(s.listeners) == 0 {
		return nil
	}
	return s.listeners[0].Addr()
}

// Also are the further addresses that Listen took, with their real ports.
func (s *Server) Also() []net.Addr {
	var addrs []net.Addr
	for i := 1; i < len(s.listeners); i++ {
		addrs = append(addrs, s.listeners[i].Addr())
	}
	return addrs
}

// Serve answers requests until Shutdown; it then returns nil. When one address fails it ends
// the others.
func (s *Server) Serve() error {
	if len(s.listeners) == 0 {
		return errors.New("web: Serve before Listen")
	}
	var g errgroup.Group
	for _, l := range s.listeners {
		g.Go(func() error {
			err := s.serve(l)
			if err != nil {
				_ = s.http.Close() // the reason is err
			}
			return err
		})
	}
	return g.Wait()
}

func (s *Server) serve(l net.Listener) error {
	var err error
	if s.secure {
		err = s.http.ServeTLS(l, "", "") // HTTP/2 and 1.1
	} else {
		err = s.http.Serve(l)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// URL is where the server is, once it listens.
func (s *Server) URL() string {
	if s.secure {
		return "https://" + s.Addr().String()
	}
	return "http://" + s.Addr().String()
}

// Shutdown refuses new connections and waits for the requests in flight. When ctx ends
// first it breaks them off and returns ctx.Err().
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	for _, l := range s.listeners {
		_ = l.Close() // where Serve was never called; else it is closed already
	}
	if err != nil {
		_ = s.http.Close() // the reason is err
	}
	return err
}
