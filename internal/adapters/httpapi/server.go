package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// Time limits of a connection. A caller gets five seconds for the headers and a minute
// for the rest of the request, so that slow senders cannot hold connections for long;
// the answer has longer, for the first search of a large database waits for its index.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = time.Minute
	writeTimeout      = 5 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// ServerOptions are the choices of a Server. Zero values mean the defaults.
type ServerOptions struct {
	// Logger receives what net/http has to say about broken connections; nil: nobody.
	Logger            *zap.Logger
	Certificate       *Certificate  // nil: HTTP without TLS
	ReadHeaderTimeout time.Duration // 5 s
	ReadTimeout       time.Duration // 1 min, headers and body
	WriteTimeout      time.Duration // 5 min, from the end of the headers to the end of the answer
	IdleTimeout       time.Duration // 2 min between two requests
}

// Server serves a handler on one address. Call Listen, then Serve in a goroutine of its
// own, then Shutdown.
type Server struct {
	http     http.Server
	listener net.Listener
	secure   bool // net/http gives every server that serves a TLSConfig
}

// NewServer returns a server of handler on addr (host:port; port 0 takes a free one).
func NewServer(handler http.Handler, addr string, o ServerOptions) *Server {
	log := o.Logger
	if log == nil {
		log = zap.NewNop()
	}
	errorLog, _ := zap.NewStdLogAt(log.Named("http"), zap.WarnLevel) // fails for unknown levels only
	s := &Server{http: http.Server{
		Addr: addr, Handler: handler, ErrorLog: errorLog, MaxHeaderBytes: maxHeaderBytes,
		ReadHeaderTimeout: orDefault(o.ReadHeaderTimeout, readHeaderTimeout),
		ReadTimeout:       orDefault(o.ReadTimeout, readTimeout),
		WriteTimeout:      orDefault(o.WriteTimeout, writeTimeout),
		IdleTimeout:       orDefault(o.IdleTimeout, idleTimeout),
	}}
	if o.Certificate != nil {
		s.http.TLSConfig, s.secure = o.Certificate.config(), true
	}
	return s
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// Listen takes the address. Connections wait until Serve is called.
func (s *Server) Listen() error {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", s.http.Addr) // taking a local port does not block
	if err != nil {
		return fmt.Errorf("listen on %s: %w", s.http.Addr, err)
	}
	s.listener = l
	return nil
}

// Addr is the address that Listen took, with the real port. It is nil before.
func (s *Server) Addr() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Serve answers requests until Shutdown; it then returns nil.
func (s *Server) Serve() error {
	if s.listener == nil {
		return errors.New("httpapi: Serve before Listen")
	}
	var err error
	if s.secure {
		err = s.http.ServeTLS(s.listener, "", "") // HTTP/2 and 1.1
	} else {
		err = s.http.Serve(s.listener)
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
	if s.listener != nil {
		_ = s.listener.Close() // where Serve was never called; else it is closed already
	}
	if err != nil {
		_ = s.http.Close() // the reason is err
	}
	return err
}
