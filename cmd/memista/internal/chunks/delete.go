package chunks

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

func newDelete(a *store.Access) *cobra.Command {
	var f flags.Refs
	var filter flags.Filter
	cmd := &cobra.Command{
		Use:     "delete DATABASE {ID … | --key KEY | --filter JSON}",
		Short:   "Delete chunks",
		Long:    "delete removes the chunks that are named, one after the other. One that is not there is an\nerror in the end; the others are removed all the same.",
		Example: "  memista delete my_app 17 18\n  memista delete my_app --key doc-1/2\n  memista delete my_app --filter '{\"page\": {\"$gte\": 3}}'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if filter.Given != nil {
				if len(args) > 1 || len(f.Keys) > 0 {
					return flags.Usage("give either ids, --key or --filter")
				}
				if filter.All {
					return flags.Usage("the filter cannot be empty: memista drop removes everything")
				}
				return a.With(cmd, func(s *store.Store) error { return deleteWhere(cmd, s.Database(args[0]), filter.Given) })
			}
			refs, err := f.All(args[1:])
			if err != nil {
				return err
			}
			return a.With(cmd, func(s *store.Store) error { return deleteAll(cmd, s.Database(args[0]), refs) })
		},
	}
	a.AddServer(cmd)
	f.Add(cmd)
	filter.Add(cmd)
	return cmd
}

func deleteWhere(cmd *cobra.Command, d *api.Database, f *api.Filter) error {
	n, err := d.DeleteWhere(cmd.Context(), f)
	if err == nil {
		fmt.Fprintf(cmd.OutOrStdout(), "%d deleted\n", n)
	}
	return err
}

func deleteAll(cmd *cobra.Command, d *api.Database, refs []domain.Ref) error {
	var missing []error
	deleted := 0
	for _, ref := range refs {
		n, err := deleteOne(cmd.Context(), d, ref)
		if err != nil {
			return fmt.Errorf("%w; %d deleted before", err, deleted)
		}
		if deleted += n; n == 0 {
			missing = append(missing, ref.NotFound())
		}
	}
	if deleted > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "%d deleted\n", deleted)
	}
	return errors.Join(missing...)
}

func deleteOne(ctx context.Context, d *api.Database, ref domain.Ref) (int, error) {
	if ref.ID != 0 {
		return d.Delete(ctx, ref.ID)
	}
	return d.DeleteKeys(ctx, ref.Key)
}
