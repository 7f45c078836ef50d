package service

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/app/fxapp"
)

func newServe(a *store.Access, b Build) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve over HTTP (the default command)",
		Long: "serve answers HTTP requests until it gets SIGTERM or SIGINT, then finishes the ones in flight.\n" +
			"It listens on 127.0.0.1:8083 unless told otherwise, and logs to the standard error.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return Serve(cmd, a, b) },
	}
	a.Add(cmd.Flags(), flags.Serving)
	return cmd
}

// Serve serves until the context of cmd ends.
func Serve(cmd *cobra.Command, a *store.Access, b Build) error {
	cfg, err := a.Load()
	if err != nil {
		return err
	}
	hints, err := config.Hints(a.Sources())
	if err != nil {
		return err
	}
	for _, h := range hints {
		fmt.Fprintln(cmd.ErrOrStderr(), "memista:", h)
	}
	return fxapp.Run(cmd.Context(), cfg, fxapp.About{Version: b.Version, Commit: b.Commit}, cmd.ErrOrStderr())
}
