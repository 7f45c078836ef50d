package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/app/fxapp"
)

func newServe(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve over HTTP (the default command)",
		Long: "serve answers HTTP requests until it gets SIGTERM or SIGINT, then finishes the ones in flight.\n" +
			"It listens on 127.0.0.1:8083 unless told otherwise, and logs to the standard error.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return g.serve(cmd) },
	}
	g.addSettings(cmd.Flags(), func(key string) bool { return !everywhere[key] })
	return cmd
}

func (g *global) serve(cmd *cobra.Command) error {
	cfg, err := g.config()
	if err != nil {
		return err
	}
	hints, err := config.Hints(g.sources())
	if err != nil {
		return err
	}
	for _, h := range hints {
		fmt.Fprintln(cmd.ErrOrStderr(), "memista:", h)
	}
	v := thisBuild()
	return fxapp.Run(cmd.Context(), cfg, fxapp.About{Version: v.Version, Commit: v.Commit}, cmd.ErrOrStderr())
}
