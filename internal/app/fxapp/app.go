package fxapp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.uber.org/dig"
	"go.uber.org/fx"

	"github.com/memista/memista/internal/app/config"
)

// About names the program that runs.
type About struct {
	Version, Commit string
}

// Options returns the whole server as one fx option. What it logs goes to out. Settings
// that would expose the server by mistake are an error of the app.
func Options(cfg config.Config, about About, out io.Writer) fx.Option {
	guard, err := newGuard(cfg)
	if err != nil {
		return fx.Options(fx.Error(err), fx.NopLogger) // before anything is opened
	}
	return fx.Options(
		fx.Supply(cfg, about, guard),
		fx.Provide(func() logOutput { return logOutput{out} }),
		logging, backend(cfg), surfaces,
		fx.NopLogger, // what fails is returned, and told once, by the caller
		fx.StopTimeout(cfg.ShutdownTimeout+closeTimeout),
		fx.Invoke(boundMemory, followGuard, profile, announce),
	)
}

// closeTimeout is how long, after the last request, the data files may take to close.
const closeTimeout = 30 * time.Second

// Run serves until ctx ends or the process is told to stop, then finishes the requests
// in flight and closes the data files.
func Run(ctx context.Context, cfg config.Config, about About, out io.Writer) error {
	return run(ctx, fx.New(Options(cfg, about, out)))
}

func run(ctx context.Context, a *fx.App) error {
	if err := a.Err(); err != nil {
		return plain(err)
	}
	// A start is seen to its end even when ctx ends meanwhile: what is half started could
	// not be stopped in order.
	starting, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.StartTimeout())
	defer cancel()
	if err := a.Start(starting); err != nil {
		return plain(err)
	}
	var code int
	select {
	case sig := <-a.Wait():
		code = sig.ExitCode
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.StopTimeout())
	defer cancel()
	err := a.Stop(stopping)
	if code != 0 {
		err = errors.Join(errServe, err)
	}
	if err != nil {
		return fmt.Errorf("stop: %w", plain(err))
	}
	return nil
}

// errServe stands for the cause that the log has.
var errServe = errors.New("the server failed, see the log")

// plain returns what went wrong without the path through the graph to it.
func plain(err error) error { return dig.RootCause(err) }
