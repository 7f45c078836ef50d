package service

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/mcp"
)

func newMCP(a *store.Access, b Build) *cobra.Command {
	var write bool
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Be the memory of an agent, over the Model Context Protocol on stdio",
		Long: "mcp is started by an agent, and speaks the Model Context Protocol with it on the standard input\n" +
			"and output: tools that search and read the data file (--database-path), which no server may have\n" +
			"open, or with --server a running server. With --write, or the setting mcp_write, the agent may\n" +
			"remember, update and forget, and a data file that is not there is made.",
		Example: "  memista mcp --server http://127.0.0.1:8083\n  memista mcp --database-path ~/notes.db --write",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.Load()
			if err != nil {
				return err
			}
			o := cfg.Agents
			o.Write, o.Version = o.Write || write, b.Version
			with := a.With
			if o.Write {
				with = a.WithNew
			}
			return with(cmd, func(s *store.Store) error {
				log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
				return mcp.Serve(cmd.Context(), s, o, cmd.InOrStdin(), cmd.OutOrStdout(), log)
			})
		},
	}
	cmd.Flags().BoolVar(&write, "write", false, "let the agent write")
	a.AddServer(cmd)
	return cmd
}
