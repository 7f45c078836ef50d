package fxapp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"

	"go.uber.org/fx"
	"go.uber.org/zap"

	_ "github.com/memista/memista" // for bridge
	"github.com/memista/memista/internal/adapters/chromaapi"
	"github.com/memista/memista/internal/adapters/console"
	"github.com/memista/memista/internal/adapters/httpapi"
	"github.com/memista/memista/internal/adapters/mcp"
	"github.com/memista/memista/internal/adapters/qdrantapi"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/app/collections"
	"github.com/memista/memista/internal/app/compose"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/app/usecase"
	"github.com/memista/memista/internal/bridge"
	"github.com/memista/memista/internal/domain"
	"github.com/memista/memista/internal/domain/capability"
)

var surfaces = fx.Module("web", fx.Provide(newReadiness, newTracing, newFigures, newHandler, newServer))

// readiness is what /readyz asks first: where between its start and its end the server
// is. What limits one that is up is the service's part to say.
type readiness struct{ phase atomic.Int32 }

// The phases of a server.
const (
	starting int32 = iota
	up
	stopping
)

func newReadiness() *readiness { return &readiness{} }

func (r *readiness) check(context.Context) error {
	switch r.phase.Load() {
	case up:
		return nil
	case starting:
		return domain.Errorf(domain.ErrUnavailable, "memista is starting: try again in a moment")
	}
	return domain.ErrClosed
}

// Every backend has what the APIs call.
var (
	_ httpapi.UseCases      = usecase.Backend(nil)
	_ qdrantapi.UseCases    = usecase.Backend(nil)
	_ chromaapi.UseCases    = usecase.Backend(nil)
	_ qdrantapi.Collections = (*collections.Collections)(nil)
)

// handlerParams are what newHandler needs.
type handlerParams struct {
	fx.In
	Config  config.Config
	About   About
	Guard   guard
	Service usecase.Backend
	Ready   *readiness
	Tracing *tracing
	Figures figures
	Log     *zap.Logger
	Access  *zap.Logger `name:"access"`
}

func newHandler(p handlerParams) *web.Handler {
	o, api, build := p.Config.Web, p.Config.API, compose.About()
	o.Logger, o.AccessLog, o.Tracing = p.Log, p.Access, p.Tracing.provider
	o.Keys, o.Origins = p.Guard.keys, p.Guard.origins
	api.Ready = p.Ready.check
	api.NoExplain = !p.Service.Capabilities().Has(capability.Explain)
	api.Version = httpapi.Version{
		Version: p.About.Version, Commit: p.About.Commit, Engines: build.Engines, SIMD: build.Instructions(),
		SQLite:    httpapi.SQLite{Driver: build.SQLiteDriver, Version: build.SQLiteVersion, FullText: build.FullText},
		Embedders: p.Service.Providers(), Capabilities: p.Service.Capabilities().Names(),
	}
	h := web.New(o)
	if p.Config.Qdrant {
		api.Root = qdrantapi.Root(p.About.Version)
		qdrantapi.Mount(h, p.Service, p.Service.Collections(), qdrantapi.Options{Version: p.About.Version, SlowQuery: api.SlowQuery})
	}
	api.Console, api.Keys = p.Config.Console, p.Guard.keys
	httpapi.Mount(h, p.Service, api)
	if p.Figures.cluster != nil {
		h.Collect(p.Figures.cluster)
	}
	if p.Config.Console {
		console.Mount(h)
	}
	if p.Config.Chroma {
		chromaapi.Mount(h, p.Service, p.Service.Collections(), chromaapi.Options{AllowReset: p.Config.ChromaReset, SlowQuery: api.SlowQuery})
	}
	if p.Config.MCP {
		agents := p.Config.Agents
		agents.Version = p.About.Version
		mcp.Mount(h, bridge.Wrap(p.Service), agents)
	}
	return h
}

// newServer listens from the start, so that a port in use fails it, and answers
// meanwhile in a goroutine that the stop waits for.
func newServer(lc fx.Lifecycle, end fx.Shutdowner, cfg config.Config, g guard, h *web.Handler, ready *readiness, log *zap.Logger) *web.Server {
	o := cfg.Server
	o.Logger, o.Certificate, o.ReadTimeout = log, g.certificate, cfg.Web.Limits.BodyTimeout
	o.Also = cfg.Also()
	srv := web.NewServer(h, cfg.Address(), o)
	done := make(chan struct{})
	start := func() error {
		if err := srv.Listen(); err != nil {
			return listenError(err, cfg)
		}
		ready.phase.Store(up)
		go func() {
			defer close(done)
			if err := srv.Serve(); err != nil {
				log.Error("serve", zap.Error(err))
				// Its error says that the app is stopping already.
				_ = end.Shutdown(fx.ExitCode(1))
			}
		}()
		return nil
	}
	stop := func(ctx context.Context) error {
		ready.phase.Store(stopping)
		ctx, cancel := context.WithTimeout(ctx, cfg.ShutdownTimeout)
		defer cancel()
		err := srv.Shutdown(ctx)
		<-done
		if err != nil {
			return fmt.Errorf("requests were still in flight after %v (shutdown_timeout): %w", cfg.ShutdownTimeout, err)
		}
		return nil
	}
	lc.Append(fx.StartStopHook(start, stop))
	return srv
}

// listenError says what to do where a port is taken.
func listenError(err error, cfg config.Config) error {
	e, ok := errors.AsType[*web.ListenError](err)
	if !ok || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	_, port, _ := net.SplitHostPort(e.Addr)
	setting := "SERVER_PORT or --server-port"
	if e.Addr != cfg.Address() {
		setting = "--qdrant-port or --chroma-port"
	}
	return fmt.Errorf("%w: stop the program that has port %s, or choose another with %s", err, port, setting)
}

// also tells the further addresses of srv, where it has some.
func also(srv *web.Server) zap.Field {
	addrs := srv.Also()
	if len(addrs) == 0 {
		return zap.Skip()
	}
	return zap.Stringers("also", addrs)
}

// consoleAt tells the address of the console, if there is one.
func consoleAt(cfg config.Config, srv *web.Server) zap.Field {
	if !cfg.Console {
		return zap.Skip()
	}
	return zap.String("console", srv.URL()+"/console/")
}

// place tells where the databases are.
func place(cfg config.Config) zap.Field {
	if len(cfg.Cluster.Addresses) > 0 {
		return zap.Strings("cluster", cfg.Cluster.Addresses)
	}
	return zap.String("database_path", cfg.Data.Path)
}

// announce says, once all is up, where the server is and what it consists of.
func announce(lc fx.Lifecycle, cfg config.Config, about About, g guard, svc usecase.Backend, srv *web.Server, log *zap.Logger) {
	lc.Append(fx.StartHook(func() {
		build := compose.About()
		log.Info("serving", zap.String("url", srv.URL()), also(srv), consoleAt(cfg, srv), place(cfg),
			zap.String("version", about.Version), zap.Strings("engines", build.Engines), zap.String("simd", build.Instructions()),
			zap.String("sqlite", build.SQLiteVersion), zap.Bool("full_text", build.FullText), zap.Bool("keys_needed", g.keys.Required()), zap.Int("keys", g.keys.Len()))
		if !cfg.Loopback() && g.certificate == nil {
			log.Warn("keys and contents cross the network as plain text: set tls_cert and tls_key, or let a proxy in front of memista speak TLS")
		}
		for _, p := range svc.Problems() {
			log.Warn("there is a problem from the start", zap.String("problem", p.Message()))
		}
		if build.SIMD == "generic" || build.USearchSIMD == "serial" {
			log.Warn("searches use no vector instructions and are several times slower than they could be", zap.String("simd", build.Instructions()))
		}
	}))
}
