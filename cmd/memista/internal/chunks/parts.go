package chunks

import (
	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
)

// partFlags are the parts of a chunk on the command line.
type partFlags struct{ text, metadata string }

func (f *partFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.text, "text", "", "text of the chunk")
	cmd.Flags().StringVar(&f.metadata, "metadata", "", "metadata of the chunk: a JSON object or string, or null")
}

// parsed returns the metadata, the zero value if none was given.
func (f *partFlags) parsed(cmd *cobra.Command) (m api.Metadata, err error) {
	if !cmd.Flags().Changed("metadata") {
		return m, nil
	}
	m, ok := flags.Metadata(f.metadata)
	if !ok {
		err = flags.Usage("--metadata must be a JSON object, a JSON string or null")
	}
	return m, err
}

// printChunk prints c as one line, which without its chunk_id and expires_at is a line for
// insert.
func printChunk(cmd *cobra.Command, c api.Chunk, withEmbedding bool) error {
	if !withEmbedding {
		c.Embedding, c.Sparse, c.Vectors = nil, nil, nil
	}
	return output.JSON(cmd.OutOrStdout(), c)
}
