package fxapp

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/keyfile"
	"github.com/memista/memista/internal/adapters/web"
	"github.com/memista/memista/internal/adapters/web/origin"
	"github.com/memista/memista/internal/app/config"
)

// guard is what decides who may call, and how they know whom they call.
type guard struct {
	keys        *keyfile.Ring
	certificate *web.Certificate // nil: no TLS
	origins     *origin.Policy
}

// newGuard reads the keys and the certificate, and refuses settings that would expose
// the server by mistake.
func newGuard(cfg config.Config) (guard, error) {
	src := keyfile.Source{Path: cfg.KeysFile, Keys: cfg.APIKeys()}
	if src.Path == "" {
		src.Path, src.Optional = cfg.DefaultKeysFile(), true
	}
	keys, err := keyfile.Open(src)
	if err != nil {
		return guard{}, fmt.Errorf("API keys: %w", err)
	}
	if err := cfg.CheckExposure(keys.Required()); err != nil {
		return guard{}, err
	}
	g := guard{keys: keys}
	if g.origins, err = newOrigins(cfg, keys.Required()); err != nil {
		return guard{}, err
	}
	if cfg.TLSCert != "" {
		g.certificate, err = web.OpenCertificate(cfg.TLSCert, cfg.TLSKey)
	}
	return g, err
}

// newOrigins returns the policy about host names and pages of other origins.
func newOrigins(cfg config.Config, keys bool) (*origin.Policy, error) {
	if err := cfg.CheckOrigins(keys); err != nil {
		return nil, err
	}
	if _, err := origin.New(origin.Options{Hosts: cfg.AllowedHosts}); err != nil {
		return nil, fmt.Errorf("allowed_hosts: %w", err)
	}
	p, err := origin.New(origin.Options{Hosts: cfg.AllowedHosts, Addresses: !cfg.Loopback(), Origins: cfg.CORSOrigins})
	if err != nil {
		return nil, fmt.Errorf("cors_origins: %w", err)
	}
	return p, nil
}

// followEvery is how soon a changed file counts. A look costs a few microseconds.
const followEvery = time.Second

// followGuard reads keys and certificate again when their files change, and on SIGHUP.
func followGuard(lc fx.Lifecycle, g guard, log *zap.Logger) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	asked := make(chan os.Signal, 1)
	lc.Append(fx.StartStopHook(func() {
		signal.Notify(asked, syscall.SIGHUP)
		go func() {
			defer close(done)
			g.follow(ctx, asked, log)
		}()
	}, func() {
		signal.Stop(asked)
		cancel()
		<-done
	}))
}

func (g guard) follow(ctx context.Context, asked <-chan os.Signal, log *zap.Logger) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		var force bool
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-asked:
			force = true
		}
		changed, err := g.keys.Refresh(force)
		told(log, "API keys", changed, err, zap.Int("keys", g.keys.Len()))
		if g.certificate != nil {
			changed, err = g.certificate.Refresh(force)
			told(log, "TLS certificate", changed, err)
		}
	}
}

func told(log *zap.Logger, what string, changed bool, err error, fields ...zap.Field) {
	switch {
	case err != nil:
		log.Error(what+" could not be read again, those before stay in force", zap.Error(err))
	case changed:
		log.Info(what+" read again", fields...)
	}
}
