package fxapp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/memista/memista/internal/adapters/web/origin"
	"github.com/memista/memista/internal/app/config"
)

// profile serves profiles of the running program on an address of their own, where one is
// configured. Config.Check sees to it that only this machine reaches it.
// No key is asked for there, so it answers to loopback names only, and to no page of
// another origin, whatever is configured for the API.
func profile(lc fx.Lifecycle, cfg config.Config, log *zap.Logger) {
	if cfg.PprofAddress == "" {
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index) // and the profiles that it lists
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	policy, _ := origin.New(origin.Options{}) // fails for bad entries only
	srv := &http.Server{Handler: policy.Handler(mux), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan struct{})
	lc.Append(fx.StartStopHook(func(ctx context.Context) error {
		var listen net.ListenConfig
		l, err := listen.Listen(ctx, "tcp", cfg.PprofAddress)
		if err != nil {
			return fmt.Errorf("pprof_address: %w", err)
		}
		log.Info("serving profiles", zap.String("url", "http://"+l.Addr().String()+"/debug/pprof/"))
		go func() {
			defer close(done)
			if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				log.Error("serve profiles", zap.Error(err))
			}
		}()
		return nil
	}, func() error {
		err := srv.Close() // a profile that is being made is not waited for
		<-done
		return err
	}))
}
