// Package foreign opens the stores of others that `memista import --from` reads, under one
// form: a Store has Collections, each with rows for an import and what it says about itself.
package foreign

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/memista/memista/api"
	"github.com/memista/memista/cmd/memista/internal/flags"
	"github.com/memista/memista/internal/app/config"
	"github.com/memista/memista/internal/app/importer"
	"github.com/memista/memista/internal/domain"
)

// Store is a server, a file or a directory with collections.
type Store interface {
	// Collections returns the names of those that there are.
	Collections(ctx context.Context) ([]string, error)
	// Collection returns one of them.
	Collection(ctx context.Context, name string) (Collection, error)
	Close() error
}

// Collection is what is imported into one database.
type Collection struct {
	Name string // in its store
	Rows importer.Source
	// Metric and Dims are those of a database for it; Metric is "" if memista has none like it,
	// which is then called Distance, and Dims 0 if they are not known.
	Metric   api.Metric
	Distance string
	Dims     int
	Sparse   map[string]api.SparseSettings // that its records may have; nil: none
	Notes    []string                      // what is left out, for people
	Close    func() error
}

// From are the flags that say what to import from another store.
type From struct {
	Kind       string // "": no other store
	Collection string
	All        bool

	vector, textField, tenant, database string

	again func(why string, wait time.Duration) // is told of requests that are made again
}

// opener opens the store at an address or a path. named is the collection that the address
// names, if any.
type opener func(ctx context.Context, f *From, where string, key domain.Secret) (s Store, named string, err error)

var kinds = map[string]opener{"qdrant": openQdrant, "chroma": openChroma, "chromem": openChromem, "sqlite-vec": openSQLiteVec}

// Kinds returns the names of the kinds of stores, in order.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Add adds the flags to a command.
func (f *From) Add(cmd *cobra.Command) {
	f.again = func(why string, wait time.Duration) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s; trying again in %v\n", why, wait.Round(100*time.Millisecond))
	}
	fl := cmd.Flags()
	fl.StringVar(&f.Kind, "from", "", "kind of store that SOURCE is: "+strings.Join(Kinds(), ", "))
	fl.StringVar(&f.Collection, "collection", "", "collection or table of SOURCE; needed if it has several")
	fl.BoolVar(&f.All, "all", false, "every collection of SOURCE, each into a database of its name")
	fl.StringVar(&f.vector, "vector", "", "name of the vector of each record; needed if it has several")
	fl.StringVar(&f.textField, "text-field", "", "field with the text (the first of document, page_content, content, contents and text)")
	fl.StringVar(&f.tenant, "chroma-tenant", "", "tenant of Chroma (default_tenant)")
	fl.StringVar(&f.database, "chroma-database", "", "database of Chroma (default_database)")
	_ = cmd.RegisterFlagCompletionFunc("from", cobra.FixedCompletions(Kinds(), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}

// Check refuses flags that cannot be meant together, and kinds that do not exist.
func (f *From) Check() error {
	switch {
	case f.Kind == "" && (f.Collection != "" || f.All || f.vector != "" || f.textField != "" || f.tenant != "" || f.database != ""):
		return flags.Usage("--collection, --all, --vector, --text-field, --chroma-tenant and --chroma-database are for --from")
	case f.Kind == "":
		return nil
	case kinds[f.Kind] == nil:
		return flags.Usage("unknown kind of store %q: --from takes %s", f.Kind, strings.Join(Kinds(), ", "))
	case f.All && f.Collection != "":
		return flags.Usage("give either --collection or --all")
	case f.Kind != "chroma" && (f.tenant != "" || f.database != ""):
		return flags.Usage("--chroma-tenant and --chroma-database are for --from chroma")
	case f.vector != "" && f.Kind != "qdrant" && f.Kind != "sqlite-vec":
		return flags.Usage("--vector is for --from qdrant and --from sqlite-vec")
	case f.textField != "" && f.Kind != "qdrant" && f.Kind != "sqlite-vec":
		return flags.Usage("--text-field is for --from qdrant and --from sqlite-vec: records of %s have a text", f.Kind)
	}
	return nil
}

// Open opens the store at where and returns the names of the collections to import.
func (f *From) Open(ctx context.Context, where string, key domain.Secret) (Store, []string, error) {
	s, named, err := kinds[f.Kind](ctx, f, where, key)
	if err != nil {
		return nil, nil, err
	}
	names, err := f.choose(ctx, s, named)
	if err != nil {
		_ = s.Close() // nothing was read
		return nil, nil, err
	}
	return s, names, nil
}

// Place tells imports from where apart: two of the same records have the same.
func (f *From) Place(where string) string {
	if !strings.Contains(where, "://") {
		if abs, err := filepath.Abs(where); err == nil {
			where = abs
		}
	}
	return strings.Join([]string{f.Kind, where, f.tenant, f.database, f.vector, f.textField}, "\x00")
}

// choose returns the collections that are meant.
func (f *From) choose(ctx context.Context, s Store, named string) ([]string, error) {
	if f.Collection != "" {
		named = f.Collection
	}
	if named != "" {
		return []string{named}, nil
	}
	all, err := s.Collections(ctx)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, errors.New("it has no collections that can be imported")
	case len(all) > 1 && !f.All:
		return nil, flags.Usage("it has several collections: name one with --collection, or import them with --all: %s", strings.Join(all, ", "))
	}
	return all, nil
}

// hint says where keys come from.
const hint = "the key is taken from " + config.ImportKeyVariable

// metric returns m as callers know it.
func metric(m domain.Metric) api.Metric { return api.Metric(m) }

// closed is the Close of collections that hold nothing open.
func closed() error { return nil }
