package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// refFlags name the chunks that a command is about: by ids as arguments, or by --key.
type refFlags struct{ keys []string }

func (f *refFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.keys, "key", nil, "name a chunk by its key instead of its id")
}

// refs returns the chunks that ids and --key name, at least one.
func (f *refFlags) refs(ids []string) ([]app.Ref, error) {
	if (len(ids) > 0) == (len(f.keys) > 0) {
		return nil, usage("give either ids or --key")
	}
	refs := make([]app.Ref, 0, len(ids)+len(f.keys))
	for _, text := range ids {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id < 1 {
			return nil, usage("%q is not the id of a chunk", text)
		}
		refs = append(refs, app.Ref{ID: id})
	}
	for _, key := range f.keys {
		if key == "" {
			return nil, usage("--key cannot be empty")
		}
		refs = append(refs, app.Ref{Key: key})
	}
	return refs, nil
}

// one returns the one chunk that ids and --key name.
func (f *refFlags) one(ids []string) (app.Ref, error) {
	refs, err := f.refs(ids)
	if err == nil && len(refs) != 1 {
		err = usage("name one chunk, not %d", len(refs))
	}
	if err != nil {
		return app.Ref{}, err
	}
	return refs[0], nil
}

func newGet(g *global) *cobra.Command {
	var f refFlags
	var embedding bool
	cmd := &cobra.Command{
		Use:     "get DATABASE {ID … | --key KEY}",
		Short:   "Print chunks as JSON lines",
		Example: "  memista get my_app 17\n  memista get my_app --key doc-1/2 --embedding",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			refs, err := f.refs(args[1:])
			if err != nil {
				return err
			}
			return g.with(cmd.Context(), false, func(s store) error {
				for _, ref := range refs {
					c, err := s.Chunk(cmd.Context(), args[0], ref)
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
	g.addServer(cmd)
	f.add(cmd)
	cmd.Flags().BoolVar(&embedding, "embedding", false, "print the embedding, too")
	return cmd
}

// printChunk prints c as one line, which without its chunk_id and expires_at is a line for
// insert.
func printChunk(cmd *cobra.Command, c domain.Chunk, withEmbedding bool) error {
	m, err := metadataJSON(c.Metadata)
	if err != nil {
		return err
	}
	if !withEmbedding {
		c.Embedding = nil
	}
	return printJSON(cmd.OutOrStdout(), struct {
		ID        int64           `json:"chunk_id"`
		Key       string          `json:"key,omitempty"`
		Text      string          `json:"text"`
		Metadata  json.RawMessage `json:"metadata"`
		Embedding []float32       `json:"embedding,omitempty"`
		ExpiresAt time.Time       `json:"expires_at,omitzero"`
	}{c.ID, c.Key, c.Text, m, c.Embedding, c.ExpiresAt})
}

func newDelete(g *global) *cobra.Command {
	var f refFlags
	var filter filterFlag
	cmd := &cobra.Command{
		Use:     "delete DATABASE {ID … | --key KEY | --filter JSON}",
		Short:   "Delete chunks",
		Long:    "delete removes the chunks that are named, one after the other. One that is not there is an\nerror in the end; the others are removed all the same.",
		Example: "  memista delete my_app 17 18\n  memista delete my_app --key doc-1/2\n  memista delete my_app --filter '{\"page\": {\"$gte\": 3}}'",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if filter.f != nil {
				return g.deleteWhere(cmd, args, f, filter.f)
			}
			refs, err := f.refs(args[1:])
			if err != nil {
				return err
			}
			return g.with(cmd.Context(), false, func(s store) error { return deleteAll(cmd, s, args[0], refs) })
		},
	}
	g.addServer(cmd)
	f.add(cmd)
	filter.add(cmd)
	return cmd
}

func deleteAll(cmd *cobra.Command, s store, database string, refs []app.Ref) error {
	var missing []error
	deleted := 0
	for _, ref := range refs {
		n, err := deleteOne(cmd.Context(), s.api().Database(database), ref)
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

func deleteOne(ctx context.Context, d *api.Database, ref app.Ref) (int, error) {
	if ref.ID != 0 {
		return d.Delete(ctx, ref.ID)
	}
	return d.DeleteKeys(ctx, ref.Key)
}
