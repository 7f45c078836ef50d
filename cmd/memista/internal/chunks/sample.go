package chunks

import (
	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
)

func newSample(a *store.Access) *cobra.Command {
	var filter flags.Filter
	var n int
	var embedding bool
	cmd := &cobra.Command{
		Use:     "sample DATABASE",
		Short:   "Print chunks at random as JSON lines",
		Long:    "sample prints chunks at random, of all or of those that a filter selects: each as likely as any\nother, none twice.",
		Example: `  memista sample my_app -n 3 --filter '{"source": "readme"}'`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if n < 1 { // 0 would stand for the default
				return flags.Usage("--number must be at least 1")
			}
			o := api.SampleOptions{Filter: filter.Given}
			if embedding {
				o.Include = []api.Part{api.PartText, api.PartMetadata, api.PartEmbedding, api.PartSparse}
			}
			return a.With(cmd, func(s *store.Store) error {
				list, err := s.Sample(cmd.Context(), args[0], n, &o)
				for i := range list {
					if err == nil {
						err = printChunk(cmd, list[i], embedding)
					}
				}
				return err
			})
		},
	}
	a.AddServer(cmd)
	filter.Add(cmd)
	cmd.Flags().IntVarP(&n, "number", "n", 10, "how many chunks")
	cmd.Flags().BoolVar(&embedding, "embedding", false, "print the embeddings and sparse vectors, too")
	return cmd
}
