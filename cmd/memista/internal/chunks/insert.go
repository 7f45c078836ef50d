package chunks

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/adapters/importfile/source"
	"github.com/memista/memista/internal/domain"
)

// insertFlags are the flags of `memista insert`.
type insertFlags struct {
	parts         partFlags
	key, conflict string
	ttl           time.Duration
}

func newInsert(a *store.Access) *cobra.Command {
	var f insertFlags
	cmd := &cobra.Command{
		Use:   "insert DATABASE [VECTOR]",
		Short: "Insert a chunk, or chunks from the standard input",
		Long: "insert stores one chunk with the vector on the command line (a JSON array or numbers, after --\n" +
			"if one is negative), or without a vector all chunks from the standard input: JSON lines of the form\n" +
			`{"embedding":[…],"text":"…","metadata":…,"key":"…","ttl_seconds":…,"sparse":{"name":{"indices":[…],` + "\n" +
			`"values":[…]}},"vectors":{"name":[…]}}, in one batch that is stored` + "\n" +
			"whole or not at all. It prints their ids, one to a line. For large files there is import.",
		Example: "  memista insert my_app --text 'a text' --key doc-1/2 0.1 0.2\n  memista insert my_app --on-conflict skip <chunks.jsonl",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			put, check, err := f.read(cmd, args[0], args[1:])
			if err == nil && check != nil {
				err = a.Rehearse(cmd, check)
			}
			if err != nil {
				return err
			}
			return a.WithNew(cmd, func(s *store.Store) error {
				if check != nil {
					if err := check(s); err != nil {
						return err
					}
				}
				ids, err := put(s)
				for _, id := range ids {
					fmt.Fprintln(cmd.OutOrStdout(), id)
				}
				return err
			})
		},
	}
	a.AddServer(cmd)
	f.parts.add(cmd)
	cmd.Flags().StringVar(&f.key, "key", "", "your own id of the chunk")
	cmd.Flags().DurationVar(&f.ttl, "ttl", 0, "how long the chunk lives, such as 24h (as the database says)")
	cmd.Flags().StringVar(&f.conflict, "on-conflict", string(api.Replace), "what to do with a key that exists: replace, error or skip")
	return cmd
}

// read returns what inserts the chunk that the command line describes, or those in the
// standard input, and what is to be checked before; nil: nothing.
func (f *insertFlags) read(cmd *cobra.Command, database string, numbers []string) (put func(*store.Store) ([]int64, error), check func(*store.Store) error, err error) {
	if err := flags.CheckDatabase(database); err != nil {
		return nil, nil, err
	}
	o := &api.InsertOptions{OnConflict: api.OnConflict(f.conflict)}
	switch o.OnConflict {
	case api.Replace, api.Refuse, api.Skip:
	default:
		return nil, nil, flags.Usage("--on-conflict must be replace, error or skip, not %q", f.conflict)
	}
	if cmd.Flags().Changed("ttl") && flags.BadTTL(f.ttl) {
		return nil, nil, flags.Usage("--ttl must be a whole number of seconds, at least 1s, got %v", f.ttl)
	}
	if len(numbers) == 0 {
		rows, without, err := rowsFrom(cmd)
		if without > 0 {
			check = func(s *store.Store) error { return checkOptional(cmd, s, database, without) }
		}
		return func(s *store.Store) ([]int64, error) { return s.InsertRows(cmd.Context(), database, rows, o) }, check, err
	}
	c := api.Chunk{Key: f.key, TTL: f.ttl, Text: f.parts.text}
	if c.Metadata, err = f.parts.parsed(cmd); err != nil {
		return nil, nil, err
	}
	if c.Embedding, err = flags.Vector(numbers, cmd.InOrStdin()); err != nil {
		return nil, nil, err
	}
	return func(s *store.Store) ([]int64, error) {
		return s.Insert(cmd.Context(), database, []api.Chunk{c}, o)
	}, nil, nil
}

// checkOptional refuses a line without an embedding where each chunk has to have one.
func checkOptional(cmd *cobra.Command, s *store.Store, database string, line int64) error {
	optional, err := s.EmbeddingsOptional(cmd.Context(), database)
	if err == nil && !optional {
		err = fmt.Errorf("line %d: %w", line, source.ErrNoEmbedding)
	}
	return err
}

// rowsFrom reads the chunks in the standard input; without is as source.ReadLines has it.
func rowsFrom(cmd *cobra.Command) (rows []domain.Chunk, without int64, err error) {
	for _, name := range []string{"text", "metadata", "key", "ttl"} {
		if cmd.Flags().Changed(name) {
			return nil, 0, flags.Usage("--%s needs a vector on the command line; chunks from the standard input have their own", name)
		}
	}
	rows, without, err = source.ReadLines(cmd.InOrStdin())
	if err == nil && len(rows) == 0 {
		err = flags.UsageError{Err: errors.New("there are no chunks in the standard input, and no vector on the command line")}
	}
	return rows, without, err
}
