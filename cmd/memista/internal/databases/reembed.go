package databases

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

// reembedFlags are the flags of re-embed.
type reembedFlags struct {
	embedder, metric string
	detach           bool
}

func newReembed(a *store.Access) *cobra.Command {
	var o reembedFlags
	cmd := &cobra.Command{
		Use:   "re-embed DATABASE --embedder PROVIDER/MODEL",
		Short: "Give a database another embedder",
		Long: "re-embed makes new embeddings of all texts of a database by another embedder, and waits until they\n" +
			"have taken the place of the old ones, all in one step; searches and writes go on until then. What\n" +
			"is interrupted goes on where it was when it is asked for again; a server goes on by itself, and\n" +
			"memista jobs cancel gives up what was made. With --detach it does not wait, but prints the number\n" +
			"of the job, which memista jobs shows; that needs a server.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.With(cmd, func(s *store.Store) error { return reembed(cmd, s, args[0], o) })
		},
	}
	a.AddServer(cmd)
	fl := cmd.Flags()
	fl.StringVar(&o.embedder, "embedder", "", "what makes the embeddings, as provider/model, such as static/glove (needed)")
	fl.StringVar(&o.metric, "metric", "", "how they are compared: ip, cosine or l2; as now if left out")
	fl.BoolVar(&o.detach, "detach", false, "do not wait, and leave the job to the server")
	return cmd
}

func reembed(cmd *cobra.Command, s *store.Store, database string, o reembedFlags) error {
	if s.File != nil && o.detach {
		return flags.Usage("--detach leaves the job to a server: name it with --server")
	}
	if o.embedder == "" {
		return flags.Usage("name the embedder with --embedder provider/model")
	}
	ref, err := domain.ParseEmbedderRef(o.embedder)
	if err != nil {
		return flags.Usage("%v", err)
	}
	j, err := s.StartReembed(cmd.Context(), database, api.Embedder{Provider: ref.Provider, Model: ref.Model}, &api.ReembedOptions{Metric: api.Metric(o.metric)})
	if err != nil {
		return err
	}
	if o.detach {
		fmt.Fprintf(cmd.OutOrStdout(), "job %d re-embeds %q by %s\n", j.ID, database, ref)
		return nil
	}
	if j, err = await(cmd, s, j, leave); err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%q re-embedded by %s in %v\n", database, ref, j.EndedAt.Sub(j.StartedAt).Round(time.Millisecond))
	return nil
}
