package chunks

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

func newGet(a *store.Access) *cobra.Command {
	var f flags.Refs
	var embedding bool
	cmd := &cobra.Command{
		Use:     "get DATABASE {ID … | --key KEY}",
		Short:   "Print chunks as JSON lines",
		Example: "  memista get my_app 17\n  memista get my_app --key doc-1/2 --embedding",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			refs, err := f.All(args[1:])
			if err != nil {
				return err
			}
			return a.With(cmd, func(s *store.Store) error {
				for _, ref := range refs {
					c, err := get(cmd.Context(), s.Database(args[0]), ref)
					if err == nil {
						err = printChunk(cmd, c, embedding)
					}
					if err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	a.AddServer(cmd)
	f.Add(cmd)
	cmd.Flags().BoolVar(&embedding, "embedding", false, "print the embedding, the sparse and the named vectors, too")
	return cmd
}

func get(ctx context.Context, d *api.Database, ref domain.Ref) (api.Chunk, error) {
	if ref.ID != 0 {
		return d.Get(ctx, ref.ID)
	}
	return d.GetByKey(ctx, ref.Key)
}
