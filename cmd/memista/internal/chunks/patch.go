package chunks

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

// patchFlags are the flags of `memista patch`.
type patchFlags struct {
	parts  partFlags
	ref    flags.Refs
	filter flags.Filter
	vector string
	ttl    time.Duration
}

func newPatch(a *store.Access) *cobra.Command {
	var f patchFlags
	cmd := &cobra.Command{
		Use:   "patch DATABASE {ID | --key KEY | --filter JSON}",
		Short: "Change parts of a chunk, or fields of many",
		Long: "patch replaces the text and the embedding of a chunk by those that are given, merges metadata\n" +
			"into the stored (null removes a field), leaves the rest as it is and prints the chunk. With\n" +
			"--filter it changes metadata and --ttl of all chunks that the filter selects.",
		Example: `  memista patch my_app 17 --metadata '{"seen":true,"draft":null}'` + "\n  memista patch my_app --key doc-1/2 --text 'a new text' --embedding '[0.1,0.2]'" +
			"\n  memista patch my_app --filter '{\"source\":\"readme\"}' --metadata '{\"seen\":true}'",
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := f.read(cmd)
			if err != nil {
				return err
			}
			if f.filter.Given != nil {
				return f.patchWhere(cmd, a, args, p)
			}
			if len(args) == 1 && len(f.ref.Keys) == 0 {
				return flags.Usage("name the chunk by its id or --key, or many with --filter")
			}
			which, err := f.ref.One(args[1:])
			if err != nil {
				return err
			}
			return a.With(cmd, func(s *store.Store) error {
				c, err := patch(cmd.Context(), s.Database(args[0]), which, p)
				if err != nil {
					return err
				}
				return printChunk(cmd, c, false)
			})
		},
	}
	a.AddServer(cmd)
	f.parts.add(cmd)
	f.ref.Add(cmd)
	f.filter.Add(cmd)
	cmd.Flags().StringVar(&f.vector, "embedding", "", "a JSON array or numbers")
	cmd.Flags().DurationVar(&f.ttl, "ttl", 0, "how long the chunk lives from now on, such as 24h; 0 is for ever")
	return cmd
}

// read returns what the flags that were given say.
func (f *patchFlags) read(cmd *cobra.Command) (p api.Patch, err error) {
	changed := cmd.Flags().Changed
	if changed("text") {
		p.Text = &f.parts.text
	}
	if p.Metadata, err = f.parts.parsed(cmd); err != nil {
		return p, err
	}
	if changed("embedding") {
		if p.Embedding, err = flags.Vector([]string{f.vector}, cmd.InOrStdin()); err != nil {
			return p, err
		}
	}
	if changed("ttl") {
		p.TTL = &f.ttl
	}
	if f.ttl != 0 && flags.BadTTL(f.ttl) {
		return p, flags.Usage("--ttl must be a whole number of seconds, or 0 for ever, got %v", f.ttl)
	}
	if f.filter.Given == nil && p.Text == nil && p.Metadata.IsZero() && p.Embedding == nil && p.TTL == nil {
		return p, flags.Usage("give --text, --metadata, --embedding or --ttl")
	}
	return p, nil
}

func (f *patchFlags) patchWhere(cmd *cobra.Command, a *store.Access, args []string, p api.Patch) error {
	switch {
	case len(args) > 1 || len(f.ref.Keys) > 0:
		return flags.Usage("give either an id, --key or --filter")
	case f.filter.All:
		return flags.Usage("the filter cannot be empty")
	case p.Text != nil || p.Embedding != nil:
		return flags.Usage("--text and --embedding are for one chunk: give its id or --key")
	case p.Metadata.IsZero() && p.TTL == nil:
		return flags.Usage("give --metadata or --ttl")
	case !p.Metadata.IsZero() && !strings.HasPrefix(strings.TrimSpace(f.parts.metadata), "{"):
		return flags.Usage("--metadata for many chunks must be an object, whose fields are merged into theirs")
	}
	return a.With(cmd, func(s *store.Store) error {
		n, err := s.Database(args[0]).PatchWhere(cmd.Context(), f.filter.Given, p)
		if err == nil {
			fmt.Fprintf(cmd.OutOrStdout(), "%d changed\n", n)
		}
		return err
	})
}

func patch(ctx context.Context, d *api.Database, ref domain.Ref, p api.Patch) (api.Chunk, error) {
	if ref.ID != 0 {
		return d.Patch(ctx, ref.ID, p)
	}
	return d.PatchByKey(ctx, ref.Key, p)
}
