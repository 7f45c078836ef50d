package flags

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/memista/memista/internal/domain"
)

// Refs name the chunks that a command is about: by ids as arguments, or by --key.
type Refs struct{ Keys []string }

// Add adds the flag to a command.
func (f *Refs) Add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.Keys, "key", nil, "name a chunk by its key instead of its id")
}

// All returns the chunks that ids and --key name, at least one.
func (f *Refs) All(ids []string) ([]domain.Ref, error) {
	if (len(ids) > 0) == (len(f.Keys) > 0) {
		return nil, Usage("give either ids or --key")
	}
	refs := make([]domain.Ref, 0, len(ids)+len(f.Keys))
	for _, text := range ids {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id < 1 {
			return nil, Usage("%q is not the id of a chunk", text)
		}
		refs = append(refs, domain.Ref{ID: id})
	}
	for _, key := range f.Keys {
		if key == "" {
			return nil, Usage("--key cannot be empty")
		}
		refs = append(refs, domain.Ref{Key: key})
	}
	return refs, nil
}

// One returns the one chunk that ids and --key name.
func (f *Refs) One(ids []string) (domain.Ref, error) {
	refs, err := f.All(ids)
	if err == nil && len(refs) != 1 {
		err = Usage("name one chunk, not %d", len(refs))
	}
	if err != nil {
		return domain.Ref{}, err
	}
	return refs[0], nil
}
