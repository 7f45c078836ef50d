package transfer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/cmd/memista/internal/output"
	"github.com/memista/memista/cmd/memista/internal/store"
	"github.com/memista/memista/internal/domain"
)

// wanted are the settings of a database that is made for a collection.
func (f *importFlags) wanted(cmd *cobra.Command, c planned) api.Settings {
	want := api.Settings{Metric: c.Metric, Dims: c.Dims, FullText: f.fullText, Engine: flags.Engine(cmd), OptionalEmbeddings: true}
	if f.metric != "" {
		want.Metric = api.Metric(f.metric)
	}
	if len(c.Sparse)+len(f.sparse) > 0 {
		want.Sparse = map[string]api.SparseSettings{}
		maps.Copy(want.Sparse, c.Sparse)
		maps.Copy(want.Sparse, f.sparse)
	}
	return want
}

// prepare makes the database for a collection. One that is there is used as it is, if it
// fits.
func (f *importFlags) prepare(cmd *cobra.Command, s *store.Store, c planned) error {
	there, err := f.fits(cmd, s, c)
	if err != nil || there {
		return err
	}
	want := f.wanted(cmd, c)
	_, err = s.Create(cmd.Context(), c.database, &want)
	return err
}

// fits reports whether the database for a collection is there. It is ErrConflict if that
// measures otherwise than the collection does, or cannot keep what its records have.
func (f *importFlags) fits(cmd *cobra.Command, s *store.Store, c planned) (there bool, err error) {
	have, err := s.Describe(cmd.Context(), c.database)
	if errors.Is(err, api.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	want, name := f.wanted(cmd, c), output.OneLine(c.Name)
	switch {
	case have.Metric != want.Metric:
		return true, domain.Errorf(domain.ErrConflict, "Database '%s' measures by %s, and %s by %s: import into another database, or choose --metric %s", c.database, have.Metric, name, want.Metric, have.Metric)
	case have.Dims != 0 && want.Dims != 0 && have.Dims != want.Dims:
		return true, domain.Errorf(domain.ErrConflict, "Database '%s' has embeddings of %d numbers, and %s of %d: import into another database", c.database, have.Dims, name, want.Dims)
	case want.FullText != "" && have.FullText != want.FullText, want.Engine != "" && have.Engine != want.Engine:
		return true, domain.Errorf(domain.ErrConflict, "Database '%s' exists with another full text or engine: leave the flags out, or import into another database", c.database)
	}
	for _, sparse := range slices.Sorted(maps.Keys(want.Sparse)) {
		if _, ok := have.Sparse[sparse]; !ok {
			maps.Copy(want.Sparse, have.Sparse)
			return true, domain.Errorf(domain.ErrConflict, "Database '%s' does not declare the sparse vector %q of %s: declare it by memista alter %s%s, or import into another database", c.database, sparse, name, c.database, sparseFlags(want.Sparse))
		}
	}
	return true, nil
}

// sparseFlags are the flags that declare sparse vectors.
func sparseFlags(sparse map[string]api.SparseSettings) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sparse)) {
		fmt.Fprintf(&text, " --sparse %q", name+"="+string(sparse[name].Modifier))
	}
	return text.String()
}
