package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/adapters/importfile/source"
	"github.com/memista/memista/internal/app"
	"github.com/memista/memista/internal/domain"
)

// chunkFlags are the parts of a chunk on the command line.
type chunkFlags struct{ text, metadata string }

func (f *chunkFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.text, "text", "", "text of the chunk")
	cmd.Flags().StringVar(&f.metadata, "metadata", "", "metadata of the chunk: a JSON object or string, or null")
}

// parsed returns the metadata, nil if none was given.
func (f *chunkFlags) parsed(cmd *cobra.Command) (*domain.Metadata, error) {
	if !cmd.Flags().Changed("metadata") {
		return nil, nil
	}
	text := strings.TrimSpace(f.metadata)
	if text == "null" {
		return &domain.Metadata{}, nil
	}
	m, err := metadataOf([]byte(text))
	if err != nil || m.Form == domain.NoMetadata {
		return nil, usage("--metadata must be a JSON object, a JSON string or null")
	}
	return &m, nil
}

func newInsert(g *global) *cobra.Command {
	var f chunkFlags
	var key, conflict string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use:   "insert DATABASE [VECTOR]",
		Short: "Insert a chunk, or chunks from the standard input",
		Long: "insert stores one chunk with the vector on the command line (a JSON array or numbers, after --\n" +
			"if one is negative), or without a vector all chunks from the standard input: JSON lines of the form\n" +
			`{"embedding":[…],"text":"…","metadata":…,"key":"…","ttl_seconds":…}, in one batch that is stored` + "\n" +
			"whole or not at all. It prints their ids, one to a line. For large files there is import.",
		Example: "  memista insert my_app --text 'a text' --key doc-1/2 0.1 0.2\n  memista insert my_app --on-conflict skip <chunks.jsonl",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in := app.Insert{Database: args[0]}
			if err := domain.CheckID(in.Database); err != nil {
				return usageError{err}
			}
			var ok bool
			if in.OnConflict, ok = conflicts[conflict]; !ok {
				return usage("--on-conflict must be replace, error or skip, not %q", conflict)
			}
			var err error
			if cmd.Flags().Changed("ttl") && badTTL(ttl) {
				return usage("--ttl must be a whole number of seconds, at least 1s, got %v", ttl)
			}
			if len(args) > 1 {
				in.Chunks, err = oneChunk(cmd, f, domain.Chunk{Key: key, TTL: ttl}, args[1:])
			} else {
				in.Chunks, err = chunksFrom(cmd)
			}
			if err != nil {
				return err
			}
			return g.with(cmd.Context(), true, func(s store) error {
				ids, err := s.Insert(cmd.Context(), in)
				for _, id := range ids {
					fmt.Fprintln(cmd.OutOrStdout(), id)
				}
				return err
			})
		},
	}
	g.addServer(cmd)
	f.add(cmd)
	cmd.Flags().StringVar(&key, "key", "", "your own id of the chunk")
	cmd.Flags().DurationVar(&ttl, "ttl", 0, "how long the chunk lives, such as 24h (as the database says)")
	cmd.Flags().StringVar(&conflict, "on-conflict", "replace", "what to do with a key that exists: replace, error or skip")
	return cmd
}

var conflicts = map[string]domain.Conflict{"replace": domain.Replace, "error": domain.Refuse, "skip": domain.Skip}

// badTTL reports whether a chunk cannot live for ttl, which servers take in seconds.
func badTTL(ttl time.Duration) bool {
	return ttl < time.Second || ttl%time.Second != 0 || domain.CheckTTL(ttl) != nil
}

// oneChunk returns the chunk that the command line describes, beginning with c.
func oneChunk(cmd *cobra.Command, f chunkFlags, c domain.Chunk, numbers []string) ([]domain.Chunk, error) {
	c.Text = f.text
	m, err := f.parsed(cmd)
	if err != nil {
		return nil, err
	}
	if m != nil {
		c.Metadata = *m
	}
	if c.Embedding, err = readVector(numbers, cmd.InOrStdin()); err != nil {
		return nil, usageError{err}
	}
	return []domain.Chunk{c}, nil
}

// chunksFrom reads the chunks in the standard input.
func chunksFrom(cmd *cobra.Command) ([]domain.Chunk, error) {
	for _, name := range []string{"text", "metadata", "key", "ttl"} {
		if cmd.Flags().Changed(name) {
			return nil, usage("--%s needs a vector on the command line; chunks from the standard input have their own", name)
		}
	}
	chunks, err := source.ReadLines(cmd.InOrStdin())
	if err == nil && len(chunks) == 0 {
		err = usage("there are no chunks in the standard input, and no vector on the command line")
	}
	return chunks, err
}

func newPatch(g *global) *cobra.Command {
	var f chunkFlags
	var ref refFlags
	var vector string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use:   "patch DATABASE {ID | --key KEY}",
		Short: "Change parts of a chunk",
		Long: "patch replaces the text and the embedding of a chunk by those that are given, merges metadata\n" +
			"into the stored (null removes a field), leaves the rest as it is and prints the chunk.",
		Example: `  memista patch my_app 17 --metadata '{"seen":true,"draft":null}'` + "\n  memista patch my_app --key doc-1/2 --text 'a new text' --embedding '[0.1,0.2]'",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			which, err := ref.one(args[1:])
			if err != nil {
				return err
			}
			var p app.Patch
			if cmd.Flags().Changed("text") {
				p.Text = &f.text
			}
			if p.Metadata, err = f.parsed(cmd); err != nil {
				return err
			}
			if cmd.Flags().Changed("embedding") {
				if p.Embedding, err = readVector([]string{vector}, cmd.InOrStdin()); err != nil {
					return usageError{err}
				}
			}
			if cmd.Flags().Changed("ttl") {
				p.TTL = &ttl
			}
			if ttl != 0 && badTTL(ttl) {
				return usage("--ttl must be a whole number of seconds, or 0 for ever, got %v", ttl)
			}
			if p.Text == nil && p.Metadata == nil && p.Embedding == nil && p.TTL == nil {
				return usage("give --text, --metadata, --embedding or --ttl")
			}
			return g.with(cmd.Context(), false, func(s store) error {
				c, err := s.Patch(cmd.Context(), args[0], which, p)
				if err != nil {
					return err
				}
				return printChunk(cmd, c, false)
			})
		},
	}
	g.addServer(cmd)
	f.add(cmd)
	ref.add(cmd)
	cmd.Flags().StringVar(&vector, "embedding", "", "a JSON array or numbers")
	cmd.Flags().DurationVar(&ttl, "ttl", 0, "how long the chunk lives from now on, such as 24h; 0 is for ever")
	return cmd
}
